import Domain
import Primitives

/// What a request is answered with: one line of JSON.
package struct ControlAnswer: Sendable {
    /// Nil only where the request was too broken to have one.
    package let transaction: String?
    /// Nil: done.
    package let error: CommandRefusal?
    package let message: String
    package let data: OrderedJSON
    /// Given without a daemon, out of the store.
    package let isOffline: Bool

    package init(
        transaction: String?, error: CommandRefusal? = nil, message: String,
        data: OrderedJSON = .object([]), isOffline: Bool = false
    ) {
        self.transaction = transaction
        self.error = error
        self.message = message
        self.data = data
        self.isOffline = isOffline
    }

    /// The same, known to come from the store.
    package var offline: ControlAnswer {
        ControlAnswer(
            transaction: transaction, error: error, message: message, data: data, isOffline: true)
    }

    package init(_ refusal: ControlRefusal) {
        self.init(
            transaction: refusal.transaction, error: refusal.code, message: refusal.message)
    }

    package var json: OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = [
            ("status", .string(error == nil ? "ok" : "error"))
        ]
        if let error { members.append(("error", .string(error.rawValue))) }
        members.append(("message", .string(message)))
        if isOffline { members.append(("offline", .flag(true))) }
        members.append(("transaction", OrderedJSON(text: transaction)))
        members.append(("data", data))
        return .object(members)
    }

    /// Reads an answer as a client does. Nil for what is none.
    package init?(_ value: JSONValue) {
        guard case .string(let status) = value["status"],
            case .string(let message) = value["message"]
        else { return nil }
        var error: CommandRefusal?
        if status != "ok" {
            guard case .string(let code) = value["error"] else { return nil }
            // A word of a newer daemon is still a refusal.
            error = CommandRefusal(rawValue: code) ?? .unavailable
        }
        var transaction: String?
        if case .string(let text) = value["transaction"] { transaction = text }
        self.init(
            transaction: transaction, error: error, message: message,
            data: value["data"].map { OrderedJSON($0) } ?? .object([]))
    }
}
