import Domain
import Primitives

/// An exit gives up the stop of its position to have the shares free. When it ends without
/// selling them all, the rest is protected again, at the price of before.
extension ExecutionStage {
    /// Where the stop rested that the position has no more; nil while there is one, or an exit
    /// that has yet to end, and where there never was one.
    package func lostStop(_ id: SymbolID) -> Price? {
        let slot = slots[id.index]
        guard config.protectiveStops, slot.stop == nil, slot.exit == nil else { return nil }
        return slot.stopPrice
    }

    /// What was found at the broker while another had its place takes it once that is free.
    mutating func fillPlaces(of id: SymbolID) {
        for order in openOrders where order.symbolID == id {
            switch order.intent.role {
            case .entry where slots[id.index].entry == nil:
                slots[id.index].entry = order.intent.id
            case .exit where slots[id.index].exit == nil:
                slots[id.index].exit = order.intent.id
            case .protectiveStop where slots[id.index].stop == nil:
                slots[id.index].stop = order.intent.id
                slots[id.index].stopPrice = order.intent.type.price
                lostStops[order.intent.symbol] = nil
            default: break
            }
        }
    }

    /// Makes the stop that stands alone. Its id is a function of the order that ended.
    ///
    /// - Parameters:
    ///   - exit: what ended with shares left: an exit, or a stop that was canceled from here.
    ///   - held: the shares left, signed, not zero.
    ///   - entry: the order that opened the position.
    package mutating func protect(
        _ held: Quantity, at price: Price, after exit: WorkingOrder, entry: ClientOrderID,
        now: Timestamp, effects: inout [Effect]
    ) throws(ExecutionError) {
        let cause = exit.intent
        let key = OrderIdentity.decisionKey(
            prefix: config.idPrefix, signalID: cause.id.text, leg: "stop")
        guard let id = OrderIdentity.clientOrderID(prefix: config.idPrefix, decisionKey: key)
        else { throw .prefixUnusable(config.idPrefix) }
        var signalID = cause.signalID
        // One signal has one stop.
        if case .protectiveStop = cause.role { signalID = "again-" + cause.id.text }
        let side: OrderSide = held.isNegative ? .buy : .sell
        let type = OrderType.stop(price)
        let intent = OrderIntent(
            id: id, decisionKey: key, signalID: signalID, symbol: cause.symbol, side: side,
            quantity: held.magnitude, type: type, timeInForce: .gtc,
            role: .protectiveStop(parent: entry), createdAt: now,
            expiresAt: now + lifetime(of: .exit(.stop)), referencePrice: price, reservation: .zero,
            bodyHash: OrderIdentity.bodyHash(
                symbol: cause.symbol, side: side, quantity: held.magnitude, type: type,
                timeInForce: .gtc, stop: nil))
        insert(intent, symbolID: exit.symbolID, effects: &effects)
        effects.append(.submit(id))
    }
}
