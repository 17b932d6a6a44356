import Appliance
import ArgumentParser
import Domain
import Foundation
import Glibc
import Host
import Primitives
import Storage

/// Asks the daemon, or does it here where none runs.
struct ControlAccess {
    let configuration: Configuration
    /// Whether a folder without a ledger may get one.
    var mayCreate = false
    /// The socket of the installed daemon.
    private static let servicePath = "/run/bellwether/control.sock"

    /// - Parameter seconds: how long the daemon may take.
    func ask(_ request: ControlRequest, seconds: Double = 30) throws -> ControlAnswer {
        do throws(ControlError) {
            return try StartingDaemon.ask(request, configuration, seconds: seconds)
        } catch {
            switch error {
            case .absent: return try offline(request)
            case .pathTooLong:
                complain("bellwether: \(error)")
                throw Exit.configuration
            case .denied:
                complain("bellwether: \(error)")
                throw Exit.permission
            default:
                complain("bellwether: \(error)")
                throw Exit.tryLater
            }
        }
    }

    private func offline(_ request: ControlRequest) throws -> ControlAnswer {
        let (path, folder) = (configuration.controlPath, configuration.storage.path)
        let ledger = folder + "/" + StoreFile.ledger.rawValue
        guard mayCreate || FileManager.default.fileExists(atPath: ledger) else {
            complain("bellwether: no daemon answers at \(path) and \(folder) holds no ledger")
            if path != Self.servicePath, FileManager.default.fileExists(atPath: Self.servicePath) {
                complain(
                    "bellwether: there is a daemon's socket: --set control.path="
                        + Self.servicePath)
            }
            throw Exit.unavailable
        }
        let assembly = try Assembly(configuration)
        let access: StoreAccess
        let purpose = "bellwether \(request.verb.name)"
        var place = folder
        do {
            access = try StoreAccess(
                folder: folder, purpose: purpose, mustExist: !mayCreate,
                reserve: configuration.storage.reserve)
        } catch .denied where !request.verb.isCommand {
            // A disk that failed may be mounted read-only, and is worth a look.
            access = try StoreAccess(copyOf: folder, purpose: purpose)
            place = "a copy of \(folder), where nothing can be written"
        } catch {
            if case .locked = error {
                complain("bellwether: \(configuration.controlPath): no daemon answers there, and")
            }
            throw error
        }
        let answer = try OfflineControl(assembly, access).answer(
            request, by: "ctl:\(ControlPeer.name(of: geteuid()))")
        try access.close()
        let isWritten = request.verb.isCommand && answer.error == nil
        complain(
            "no daemon runs at \(path); "
                + (isWritten ? "written into \(folder) for its next start" : "read from \(place)"))
        return answer.offline
    }

    static func transaction() -> String {
        "ctl-" + UUID().uuidString.lowercased()
    }
}

/// Between taking its store and opening its socket the daemon checks its books, which can take long:
/// who asks meanwhile waits for it.
enum StartingDaemon {
    private static let patience = Duration.seconds(10)

    /// - Throws: `absent` where none runs, `starting` where it still does not listen after a while.
    static func ask(
        _ request: ControlRequest, _ configuration: Configuration, seconds: Double
    ) throws(ControlError) -> ControlAnswer {
        let path = configuration.controlPath
        let deadline = ContinuousClock.now + patience
        var isTold = false
        while true {
            do throws(ControlError) {
                return try ControlClient.ask(request.line, path: path, seconds: seconds)
            } catch {
                guard case .absent = error, let holder = holder(of: configuration.storage.path)
                else { throw error }
                guard ContinuousClock.now < deadline else {
                    throw .starting(path: path, holder: holder)
                }
                if !isTold {
                    complain(
                        "bellwether: bellwether run is starting (\(holder)): waiting for it, up to "
                            + "\(patience.components.seconds) s")
                }
                isTold = true
                usleep(100_000)
            }
        }
    }

    /// - Returns: `pid 4711` where a daemon has the store; nothing is made where there is none.
    private static func holder(of folder: String) -> String? {
        guard FileManager.default.fileExists(atPath: folder + "/lock") else { return nil }
        do throws(StorageError) {
            _ = try StoreLock(folder: folder, purpose: "bellwether ctl")
            return nil
        } catch {
            let mark = " (\(RunCommand.purpose))"
            guard case .locked(_, let holder) = error, holder.hasSuffix(mark) else { return nil }
            return String(holder.dropLast(mark.count))
        }
    }
}

extension ControlRequest.Verb {
    fileprivate var isCommand: Bool {
        if case .command = self { true } else { false }
    }
}

extension ControlAnswer {
    /// What a query brought, as one line.
    var dataLine: String {
        guard isOffline, case .object(let members) = data else { return data.compact }
        return OrderedJSON.object(members + [("offline", .flag(true))]).compact
    }
}

/// Ends with the code of a negative result, the refusal's code and sentence on standard error.
func demandDone(_ answer: ControlAnswer) throws {
    guard let error = answer.error else { return }
    complain("bellwether: \(error.rawValue): \(answer.message)")
    if let failure = failure(answer) { throw Exit.code(failure) }
    switch error {
    case .unavailable, .rateLimited: throw Exit.tryLater
    default: throw Exit.negative
    }
}
