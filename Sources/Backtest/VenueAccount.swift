import Domain
import Execution
import Primitives

/// The venue's own account: what its fills came to, summed up apart from the engine's books, and
/// its orders and fills of late. Kept where fills are made; a bar that fills nothing costs nothing.
struct VenueAccount: Sendable {
    private(set) var cash = Money.zero
    /// By `SymbolID.index`.
    private var positions: [(symbol: Symbol, quantity: Quantity)?] = []
    /// An amount left its range: nothing that is said of the account would be true.
    private var isBroken = false
    private var fills = RingBuffer<BrokerFill>(capacity: 4_096)
    private var ended = RingBuffer<(order: BrokerOrder, at: Timestamp)>(capacity: 2_048)
    /// Those in `ended`.
    private var endedIDs: Set<String> = []
    /// The newest of what the rings had to let go.
    private var forgotten = Timestamp.distantPast

    mutating func deposit(_ amount: Money) { add(amount, .zero) }

    mutating func hold(_ symbol: Symbol, _ index: Int, _ quantity: Quantity) {
        while positions.count <= index { positions.append(nil) }
        guard let sum = try? (positions[index]?.quantity ?? .zero).adding(quantity) else {
            isBroken = true
            return
        }
        positions[index] = (symbol, sum)
    }

    mutating func take(_ fill: BrokerFill, _ index: Int) {
        let signed = Quantity(units: fill.quantity.units &* fill.side.sign)
        hold(fill.symbol, index, signed)
        guard let paid = try? (fill.price * signed).negated() else {
            isBroken = true
            return
        }
        add(paid, fill.fee)
        if let old = fills.append(fill) { forgotten = max(forgotten, old.at) }
    }

    private mutating func add(_ amount: Money, _ fee: Money) {
        guard let sum = try? cash.adding(amount).subtracting(fee) else {
            isBroken = true
            return
        }
        cash = sum
    }

    mutating func end(_ order: BrokerOrder, at now: Timestamp) {
        endedIDs.insert(order.clientOrderID)
        guard let old = ended.append((order, now)) else { return }
        endedIDs.remove(old.order.clientOrderID)
        forgotten = max(forgotten, old.at)
    }

    func hasEnded(_ id: String) -> Bool { endedIDs.contains(id) }

    func endedOrder(_ id: String) -> BrokerOrder? {
        ended.last { $0.order.clientOrderID == id }?.order
    }

    func fills(of id: String) -> [BrokerFill] { fills.filter { $0.clientOrderID == id } }

    func report(since: Timestamp, open: [BrokerOrder]) -> AccountAnswer.Result {
        if isBroken { return .failed(reason: "an amount left the range of the account") }
        if forgotten >= since {
            return .failed(reason: "more orders and fills than the venue remembers")
        }
        let holdings = positions.compactMap { $0 }.filter { !$0.quantity.isZero }
        return .account(
            AccountReport(
                cash: cash,
                holdings: holdings.map {
                    AccountReport.Holding(symbol: $0.symbol, quantity: $0.quantity)
                },
                orders: open + ended.filter { $0.at >= since }.map(\.order),
                fills: fills.filter { $0.at >= since }))
    }
}

extension SimulatedVenue.Order {
    /// As the venue shows it. A protective stop is shown for the whole quantity of its entry.
    func shown(_ status: BrokerOrder.Status) -> BrokerOrder {
        BrokerOrder(
            clientOrderID: id.text, brokerOrderID: "paper-" + id.text, symbol: ticket.symbol,
            side: side, quantity: ticket.quantity, type: type,
            timeInForce: isProtective ? .gtc : ticket.timeInForce, status: status, filled: filled,
            submittedAt: submittedAt)
    }
}

extension SimulatedVenue {
    /// Answers at once; the answer waits in `takeAnswers`.
    package mutating func ask(_ query: BrokerQuery, at now: Timestamp) {
        switch query {
        case .order(let id):
            let open = books.lazy.joined().first { $0.id == id }?.shown(.open)
            let result: OrderAnswer.Result =
                if let order = open ?? account.endedOrder(id.text) {
                    .found(order, fills: account.fills(of: id.text))
                } else { .absent }
            answers.append(.order(OrderAnswer(id: id, asked: now, result: result)))
        case .account(let query):
            let open = books.joined().map { $0.shown(.open) }
            answers.append(
                .account(
                    AccountAnswer(
                        query: query, asked: now,
                        result: account.report(since: query.since, open: open))))
        }
    }

    /// The account goes on from what the books say after a restart: the ledger is its memory.
    mutating func open(cash: Money, holdings: [(id: SymbolID, symbol: Symbol, held: Quantity)]) {
        account = VenueAccount()
        account.deposit(cash)
        for holding in holdings {
            account.hold(holding.symbol, holding.id.index, holding.held)
        }
    }

    mutating func deposit(_ amount: Money) { account.deposit(amount) }
}
