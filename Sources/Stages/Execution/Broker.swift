import Domain

/// An order that may be sent: only Execution makes one, and only from what Risk approved.
package struct OrderTicket: Sendable, Equatable {
    package let id: ClientOrderID
    package let symbolID: SymbolID
    package let symbol: Symbol
    package let side: OrderSide
    package let quantity: Quantity
    package let type: OrderType
    package let timeInForce: TimeInForce
    /// A stop that becomes live with the first share of the entry, for as many shares as were
    /// filled (one-triggers-other).
    package let protectiveStop: ProtectiveStop?
    /// Which request for this order it is, from 1: a report that it never left names it.
    package var attempt: Int

    package struct ProtectiveStop: Sendable, Equatable {
        package let id: ClientOrderID
        package let price: Price
    }

    init(
        _ intent: OrderIntent, symbolID: SymbolID,
        protectiveStop: ProtectiveStop?, attempt: Int = 1
    ) {
        self.attempt = attempt
        id = intent.id
        self.symbolID = symbolID
        symbol = intent.symbol
        side = intent.side
        self.quantity = intent.quantity
        type = intent.type
        timeInForce = intent.timeInForce
        self.protectiveStop = protectiveStop
    }
}

/// Where orders go and questions are asked. A broker outside the process answers later, through
/// the inbox; one inside has its answers ready at once.
package protocol Broker {
    /// Makes room for symbols whose ids are below `count`.
    mutating func register(count: Int)
    mutating func submit(_ ticket: OrderTicket, at: Timestamp)
    /// Asks for a cancel; the outcome is what the order's reports say.
    mutating func cancel(_ id: ClientOrderID, at: Timestamp)
    mutating func ask(_ query: BrokerQuery, at: Timestamp)
    /// What was answered on the spot and not yet taken, oldest first.
    mutating func takeAnswers() -> [InputEvent]
}
