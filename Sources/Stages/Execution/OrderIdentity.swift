import Domain
import Primitives

/// Ids that are functions of their causes: re-deciding after a crash gives the same id, and the
/// second order cannot exist (S33).
enum OrderIdentity {
    /// The decision's key: environment and installation, signal and leg.
    static func decisionKey(prefix: String, signalID: String, leg: String) -> String {
        var hash = StableHash()
        hash.combine(prefix)
        hash.combine(signalID)
        hash.combine(leg)
        return hash.text
    }

    /// `prefix-` and the 26 characters of the decision key; nil for a prefix of more than 21 bytes.
    static func clientOrderID(prefix: String, decisionKey: String) -> ClientOrderID? {
        ClientOrderID(start(prefix: prefix) + decisionKey)
    }

    /// What every id of this installation begins with.
    static func start(prefix: String) -> String { prefix + "-" }

    /// Whether the id is one of those that begin so. Another installation's prefix may begin like
    /// ours: what follows ours is a decision key and nothing else.
    static func isOurs(_ id: String, start: String) -> Bool {
        guard id.hasPrefix(start) else { return false }
        let key = id.utf8.dropFirst(start.utf8.count)
        return key.count == 26 && !key.contains(UInt8(ascii: "-"))
    }

    /// Of everything that would go on the wire but the id.
    static func bodyHash(
        symbol: Symbol, side: OrderSide, quantity: Quantity, type: OrderType,
        timeInForce: TimeInForce, stop: Price?
    ) -> String {
        var hash = StableHash()
        hash.combine(symbol.name)
        hash.combine(side.rawValue)
        hash.combine(quantity.units)
        hash.combine(type.name)
        hash.combine(type.price?.units ?? 0)
        hash.combine(timeInForce.rawValue)
        hash.combine(stop?.units ?? 0)
        return hash.text
    }
}
