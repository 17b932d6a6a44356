/// What the engine wants to know of its broker.
package enum BrokerQuery: Sendable, Equatable {
    case order(ClientOrderID)
    /// Orders that are open or were changed since, executions since, positions, cash.
    case account(AccountQuery)
}

package struct AccountQuery: Sendable, Equatable {
    /// Of the reconciliation that asks.
    package let run: String
    package let since: Timestamp

    package init(run: String, since: Timestamp) {
        self.run = run
        self.since = since
    }
}

/// An order as the broker shows it, ours or not.
package struct BrokerOrder: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case open, filled, canceled, expired
        case rejected(reason: String)
        case replaced(by: String)
        /// A word this version does not know.
        case unrecognised(String)
    }

    /// As the broker gives it back: a foreign order's need not have our form.
    package let clientOrderID: String
    package let brokerOrderID: String
    package let symbol: Symbol
    package let side: OrderSide
    package let quantity: Quantity
    /// Nil for a type that we never send.
    package let type: OrderType?
    package let timeInForce: TimeInForce?
    package let status: Status
    package let filled: Quantity
    package let submittedAt: Timestamp

    package init(
        clientOrderID: String, brokerOrderID: String, symbol: Symbol, side: OrderSide,
        quantity: Quantity, type: OrderType?, timeInForce: TimeInForce?, status: Status,
        filled: Quantity, submittedAt: Timestamp
    ) {
        self.clientOrderID = clientOrderID
        self.brokerOrderID = brokerOrderID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.type = type
        self.timeInForce = timeInForce
        self.status = status
        self.filled = filled
        self.submittedAt = submittedAt
    }
}

/// An execution as the broker lists it.
package struct BrokerFill: Sendable, Equatable {
    package let executionID: String
    package let clientOrderID: String
    package let symbol: Symbol
    package let side: OrderSide
    package let quantity: Quantity
    package let price: Price
    package let fee: Money
    package let at: Timestamp

    package init(
        executionID: String, clientOrderID: String, symbol: Symbol, side: OrderSide,
        quantity: Quantity, price: Price, fee: Money, at: Timestamp
    ) {
        self.executionID = executionID
        self.clientOrderID = clientOrderID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.fee = fee
        self.at = at
    }
}

/// The answer to a question for one order.
package struct OrderAnswer: Sendable, Equatable {
    package enum Result: Sendable, Equatable {
        /// `fills`: its executions as far as the broker lists them.
        case found(BrokerOrder, fills: [BrokerFill])
        /// The broker knows no such order now; it may yet appear.
        case absent
        /// Nothing was learned.
        case failed(reason: String)
    }

    package let id: ClientOrderID
    /// When the question left: what became known after that is newer than the answer.
    package let asked: Timestamp
    package let result: Result

    package init(id: ClientOrderID, asked: Timestamp, result: Result) {
        self.id = id
        self.asked = asked
        self.result = result
    }
}

/// The broker's own view of the account.
package struct AccountReport: Sendable, Equatable {
    package struct Holding: Sendable, Equatable {
        package let symbol: Symbol
        /// Signed: negative is short.
        package let quantity: Quantity

        package init(symbol: Symbol, quantity: Quantity) {
            self.symbol = symbol
            self.quantity = quantity
        }
    }

    package let cash: Money
    package let holdings: [Holding]
    package let orders: [BrokerOrder]
    package let fills: [BrokerFill]

    package init(
        cash: Money, holdings: [Holding], orders: [BrokerOrder], fills: [BrokerFill]
    ) {
        self.cash = cash
        self.holdings = holdings
        self.orders = orders
        self.fills = fills
    }
}

/// What the ledger holds for the time that an account report covers.
package struct LedgerExtract: Sendable, Equatable {
    package struct Order: Sendable, Equatable {
        package let id: ClientOrderID
        package let symbol: Symbol
        package let status: OrderStatus
        package let quantity: Quantity
        package fileprivate(set) var filled: Quantity

        package init(
            id: ClientOrderID, symbol: Symbol, status: OrderStatus, quantity: Quantity,
            filled: Quantity
        ) {
            self.id = id
            self.symbol = symbol
            self.status = status
            self.quantity = quantity
            self.filled = filled
        }
    }

    /// Of orders made since then, and of those still open.
    package var orders: [Order] = []
    /// Fills since then and all those of an order that is listed, what was taken back and what
    /// takes it back included.
    package var fills: [Fill] = []

    package init() {}

    /// Rows that have been booked since it was read.
    package mutating func take(_ rows: [Fill]) {
        fills += rows
        for row in rows {
            guard let place = orders.firstIndex(where: { $0.id == row.orderID }),
                let filled = try? orders[place].filled.adding(row.quantity)
            else { continue }
            orders[place].filled = filled
        }
    }
}

package struct AccountAnswer: Sendable, Equatable {
    package enum Result: Sendable, Equatable {
        case account(AccountReport)
        /// Nothing was learned: an answer that did not come is no flat account.
        case failed(reason: String)
    }

    package let query: AccountQuery
    package let asked: Timestamp
    package let result: Result
    /// Put in by the loop, from the journal, in the moment the answer is taken.
    package var books = LedgerExtract()

    package init(query: AccountQuery, asked: Timestamp, result: Result) {
        self.query = query
        self.asked = asked
        self.result = result
    }
}

extension AccountAnswer {
    /// The client order ids that the broker's report speaks of.
    package var namedOrders: Set<String> {
        guard case .account(let report) = result else { return [] }
        return Set(report.orders.map(\.clientOrderID) + report.fills.map(\.clientOrderID))
    }
}

/// The connection to a broker outside.
package enum BrokerLink: Sendable, Equatable {
    /// Requests can be sent and the stream of reports is subscribed.
    case up
    case down(reason: String)
    /// The credentials were refused.
    case refused(reason: String)
}

/// Why broker and books were compared.
package enum ReconciliationTrigger: String, Sendable, Codable, CaseIterable {
    case start, reconnect, periodic, daily, command
}

/// One finding of a reconciliation.
package struct ReconciliationLine: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable { case order, fill, position, cash }
    package enum Outcome: String, Sendable, Codable {
        /// Proven, and set right with rows that carry the run's id.
        case repaired
        /// Not ours, or within the tolerance.
        case noted
        /// A person has to look at it.
        case unexplained
    }

    package let kind: Kind
    /// An order's or execution's id, a symbol, `cash`.
    package let subject: String
    package let books: String
    package let broker: String
    package let outcome: Outcome

    package init(
        kind: Kind, subject: String, books: String, broker: String, outcome: Outcome
    ) {
        self.kind = kind
        self.subject = subject
        self.books = books
        self.broker = broker
        self.outcome = outcome
    }
}

/// The signed-off record of one comparison. The store adds the head of the journal's hash chain.
package struct ReconciliationRun: Sendable, Equatable, Codable {
    package enum Verdict: String, Sendable, Codable {
        case matches, repaired, differs
        /// The broker did not answer, or trading went on meanwhile.
        case incomplete
    }

    /// `rec-` and a function of trigger and time.
    package let id: String
    package let trigger: ReconciliationTrigger
    package let since: Timestamp
    package let at: Timestamp
    package let verdict: Verdict
    package let orders: Int
    package let fills: Int
    package let positions: Int
    package let cashBooks: Money
    /// Nil when it was not learned.
    package let cashBroker: Money?
    /// At most 200; beyond it the last one says how many more there are.
    package let lines: [ReconciliationLine]

    package init(
        id: String, trigger: ReconciliationTrigger, since: Timestamp, at: Timestamp,
        verdict: Verdict, orders: Int, fills: Int, positions: Int, cashBooks: Money,
        cashBroker: Money?, lines: [ReconciliationLine]
    ) {
        self.id = id
        self.trigger = trigger
        self.since = since
        self.at = at
        self.verdict = verdict
        self.orders = orders
        self.fills = fills
        self.positions = positions
        self.cashBooks = cashBooks
        self.cashBroker = cashBroker
        self.lines = lines
    }
}

/// What the machine knows of its own surroundings.
package enum HostCondition: Sendable, Equatable {
    /// Nil: the clock can be trusted; else why not.
    case clock(distrust: String?)
    /// Nil: room enough on the disk of the store; else how it stands.
    case disk(shortage: String?)
}
