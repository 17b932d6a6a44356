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
        let path = configuration.controlPath
        do {
            return try ControlClient.ask(request.line, path: path, seconds: seconds)
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
