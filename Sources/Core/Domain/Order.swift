package enum OrderSide: String, Sendable, Codable, CaseIterable {
    case buy, sell
    /// +1 for buy, -1 for sell.
    package var sign: Int64 { self == .buy ? 1 : -1 }
    package var opposite: OrderSide { self == .buy ? .sell : .buy }
}

package enum OrderType: Sendable, Equatable, Codable {
    case market
    case limit(Price)
    case stop(Price)

    package var name: String {
        switch self {
        case .market: "market"
        case .limit: "limit"
        case .stop: "stop"
        }
    }

    package var price: Price? {
        switch self {
        case .market: nil
        case .limit(let price), .stop(let price): price
        }
    }
}

package enum TimeInForce: String, Sendable, Codable { case day, gtc }

/// Ours, made from the decision's cause: the same decision always gives the same id (S33).
/// At most 48 of `A-Z a-z 0-9 -`.
package struct ClientOrderID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package let text: String

    package init?(_ text: String) {
        guard (1...48).contains(text.utf8.count),
            text.utf8.allSatisfy({
                ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A)
                    || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D
            })
        else { return nil }
        self.text = text
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = ClientOrderID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a client order id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (a: ClientOrderID, b: ClientOrderID) -> Bool { a.text < b.text }
    package var description: String { text }
}

/// What an order is for.
package enum OrderRole: Sendable, Equatable, Codable {
    case entry
    case exit(TradeReason)
    /// Rests at the broker beside the entry named by `parent`.
    case protectiveStop(parent: ClientOrderID)

    package var isEntry: Bool { self == .entry }
}

/// A decision to trade, durable before anything is sent.
package struct OrderIntent: Sendable, Equatable {
    package let id: ClientOrderID
    /// Unique per decision: a second intent for the same cause cannot be stored.
    package let decisionKey: String
    package let signalID: String
    package let symbol: Symbol
    package let side: OrderSide
    package let quantity: Quantity
    package let type: OrderType
    package let timeInForce: TimeInForce
    package let role: OrderRole
    package let createdAt: Timestamp
    /// Not to be sent after this instant.
    package let expiresAt: Timestamp
    /// The price the decision was made at.
    package let referencePrice: Price
    /// Risk budget held until the order is terminal.
    package let reservation: Money
    /// Of what would be sent; a retry must carry the same (invariant 22).
    package let bodyHash: String

    package init(
        id: ClientOrderID, decisionKey: String, signalID: String, symbol: Symbol, side: OrderSide,
        quantity: Quantity, type: OrderType, timeInForce: TimeInForce, role: OrderRole,
        createdAt: Timestamp, expiresAt: Timestamp, referencePrice: Price, reservation: Money,
        bodyHash: String
    ) {
        self.id = id
        self.decisionKey = decisionKey
        self.signalID = signalID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.type = type
        self.timeInForce = timeInForce
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.referencePrice = referencePrice
        self.reservation = reservation
        self.bodyHash = bodyHash
    }
}

/// Where an order stands. Unknown is never terminal.
package enum OrderStatus: String, Sendable, Codable, CaseIterable {
    /// Durable, nothing on the wire.
    case intent = "INTENT"
    /// The commit before the first byte; after a crash it reads as unknown.
    case submitting = "SUBMITTING"
    /// Nobody knows yet.
    case unknown = "UNKNOWN"
    /// The broker has it; it may be partly filled.
    case acked = "ACKED"
    case filled = "FILLED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case rejected = "REJECTED"
    case replaced = "REPLACED"
    /// Proven never to have reached the broker.
    case notPlaced = "NOT_PLACED"
    /// Ran out of time here, never sent.
    case expiredLocal = "EXPIRED_LOCAL"

    package var isTerminal: Bool {
        switch self {
        case .intent, .submitting, .unknown, .acked: false
        case .filled, .canceled, .expired, .rejected, .replaced, .notPlaced, .expiredLocal: true
        }
    }
}

/// One step of an order's life, for the journal.
package struct OrderTransition: Sendable, Equatable {
    package let id: ClientOrderID
    package let from: OrderStatus
    package let to: OrderStatus
    package let at: Timestamp
    package let brokerOrderID: String?
    package let reason: String?

    package init(
        id: ClientOrderID, from: OrderStatus, to: OrderStatus, at: Timestamp,
        brokerOrderID: String? = nil, reason: String? = nil
    ) {
        self.id = id
        self.from = from
        self.to = to
        self.at = at
        self.brokerOrderID = brokerOrderID
        self.reason = reason
    }
}

extension OrderTransition {
    /// The reason of a step that leaves the status as it is: the rest of an entry is to be
    /// canceled because its position is to be left. Durable before the cancel is asked for.
    package static func leaving(_ reason: TradeReason) -> String { "leave: \(reason.rawValue)" }

    /// The reason of a step that leaves the status as it is: the order is to be canceled. Durable
    /// before the first request for it leaves, and once for each order.
    package static let cancelWanted = "cancel: asked for"

    package var isCancelWanted: Bool { from == to && reason == Self.cancelWanted }
}

/// Shares that changed hands, once per execution id.
package struct Fill: Sendable, Equatable {
    package let executionID: String
    package let orderID: ClientOrderID
    package let symbol: Symbol
    /// The order's side, also of a fill that takes back another.
    package let side: OrderSide
    /// Negative for a fill that takes back another.
    package let quantity: Quantity
    package let price: Price
    package let fee: Money
    /// When it happened at the venue.
    package let at: Timestamp
    /// The execution that this one takes back, whole.
    package let reverses: String?
    /// The reconciliation that found it, where the broker's report never came.
    package let foundBy: String?

    package init(
        executionID: String, orderID: ClientOrderID, symbol: Symbol, side: OrderSide,
        quantity: Quantity, price: Price, fee: Money, at: Timestamp, reverses: String? = nil,
        foundBy: String? = nil
    ) {
        self.executionID = executionID
        self.orderID = orderID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.fee = fee
        self.at = at
        self.reverses = reverses
        self.foundBy = foundBy
    }
}

/// What a broker says of one of our orders.
package struct BrokerReport: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        case accepted(brokerOrderID: String)
        case rejected(reason: String)
        case fill(executionID: String, quantity: Quantity, price: Price, fee: Money)
        case canceled(reason: String)
        case expired
        /// The order lives on under another id of the broker.
        case replaced(by: String)
        /// Not one byte of the request left: sending it again is safe.
        /// - `attempt`: the one of the ticket that did not leave.
        case notSent(reason: String, attempt: Int)
        /// The request left, and nobody knows what became of it.
        case ambiguous(reason: String)
        /// The broker has an order of this id already: it is to be adopted.
        case duplicate
        /// An execution that was reported is taken back.
        case busted(executionID: String)
        /// An execution that was reported has other terms.
        case corrected(executionID: String, quantity: Quantity, price: Price)
        /// A word this version does not know: the order has to be read.
        case unrecognised(String)
    }

    package let orderID: ClientOrderID
    package let at: Timestamp
    package let event: Event
    /// The order's filled quantity after the event, where the broker says it: more than what was
    /// booked means that a fill is missing.
    package let filledTotal: Quantity?

    package init(
        orderID: ClientOrderID, at: Timestamp, event: Event, filledTotal: Quantity? = nil
    ) {
        self.orderID = orderID
        self.at = at
        self.event = event
        self.filledTotal = filledTotal
    }
}
