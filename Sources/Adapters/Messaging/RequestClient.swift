// Asks a daemon one thing over MQTT and waits for its answer: for a person at a terminal.
//
// MQTT 5: the answer comes to a topic of our own, with what we gave to know it by. MQTT 3.1.1, for
// brokers that know no other: it comes where all can read it and is known by its transaction.
import Foundation
import Synchronization

/// Why there is no answer.
package enum RequestClientError: Error, Sendable, Equatable, CustomStringConvertible {
    case setup(MessagingError)
    case unreachable(host: String, port: Int, reason: String)
    case refused(reason: String)
    /// The broker's access list.
    case denied(topic: String)
    /// The broker knows nobody who takes this appliance's requests.
    case absent(topic: String)
    /// The request may have been carried out all the same.
    case silent(seconds: Double)
    case broken(reason: String)

    package var description: String {
        switch self {
        case .setup(let error): return error.description
        case .unreachable(let host, let port, let reason):
            return "the MQTT broker \(host):\(port) is not reached: \(reason)"
        case .refused(let reason): return "the MQTT broker refuses the connection: \(reason)"
        case .denied(let topic): return "the MQTT broker's access list does not allow \(topic)"
        case .absent(let topic):
            return "no daemon takes requests at \(topic): it is not connected, or has another id "
                + "or base"
        case .silent(let seconds):
            return "no answer within \(Int(seconds)) s; the request may have been carried out"
        case .broken(let reason):
            return "the connection to the MQTT broker broke: \(reason); the request may have been "
                + "carried out"
        }
    }
}

package enum RequestClient {
    /// - Parameters:
    ///   - config: whom to ask, and how to get there; of whom it is to be is ignored.
    ///   - transaction: of the payload; by it the answer is known.
    ///   - seconds: for all of it.
    ///   - wire: nil: MQTT 5, and 3.1.1 where the broker knows no other.
    /// - Returns: the answer's payload.
    package static func ask(
        _ config: MessagingConfig, verb: String, payload: String, transaction: String,
        seconds: Double, wire: MessagingStatus.Wire? = nil
    ) throws(RequestClientError) -> [UInt8] {
        do throws(MessagingError) {
            try MessagingLibrary.check()
            try config.check()
            guard MessagingLibrary.isReady else { throw .setup("the library does not start") }
        } catch { throw .setup(error) }
        let result = Mutex<Result<[UInt8], RequestClientError>?>(nil)
        let box = Waiting(result: result)
        let deadline = ContinuousClock.now + .seconds(seconds)
        // Looking up a name and connecting cannot be ended from outside: they are left behind.
        let thread = Thread {
            let outcome = Result<[UInt8], RequestClientError> { () throws(RequestClientError) in
                let wanted = Wanted(
                    verb: verb, payload: payload, transaction: transaction, deadline: deadline,
                    seconds: seconds)
                if let wire { return try RequestExchange(config, wanted, wire).run() }
                do throws(RequestClientError) {
                    return try RequestExchange(config, wanted, .mqtt5).run()
                } catch {
                    guard case .refused(RequestExchange.oldBroker) = error else { throw error }
                    return try RequestExchange(config, wanted, .mqtt311).run()
                }
            }
            box.result.withLock { $0 = outcome }
            box.done.signal()
        }
        thread.name = "mqtt-request"
        thread.start()
        guard box.done.wait(timeout: .now() + seconds + 0.5) == .success,
            let outcome = box.result.withLock({ $0 })
        else {
            throw .unreachable(
                host: config.host, port: config.port,
                reason: "nothing came within "
                    + "\(Int(seconds)) s")
        }
        return try outcome.get()
    }

    struct Wanted: Sendable {
        let verb: String
        let payload: String
        let transaction: String
        let deadline: ContinuousClock.Instant
        let seconds: Double
    }

    private final class Waiting: Sendable {
        let result: Mutex<Result<[UInt8], RequestClientError>?>
        let done = DispatchSemaphore(value: 0)

        init(result: consuming Mutex<Result<[UInt8], RequestClientError>?>) {
            self.result = result
        }
    }
}
