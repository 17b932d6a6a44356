import Domain
import Execution
import Primitives

/// An order as the broker keeps it.
struct ExchangeOrder {
    let id: ClientOrderID
    let brokerOrderID: String
    let symbolID: SymbolID
    let symbol: Symbol
    let side: OrderSide
    let quantity: Quantity
    let type: OrderType
    let timeInForce: TimeInForce
    /// For a leg: the order that it protects.
    let parent: ClientOrderID?
    let submittedAt: Timestamp
    /// Look-ups and lists do not know it before then.
    let visibleAt: Timestamp
    var status = BrokerOrder.Status.open
    var filled = Quantity.zero
    var changedAt: Timestamp
    var isTriggered = false
    /// Somebody else's, or the broker's own: it has no id of ours.
    var isForeign = false
    var publicID: String?

    var isOpen: Bool { status == .open }

    var shown: BrokerOrder {
        BrokerOrder(
            clientOrderID: publicID ?? id.text, brokerOrderID: brokerOrderID, symbol: symbol,
            side: side,
            quantity: quantity, type: type, timeInForce: timeInForce, status: status,
            filled: filled, submittedAt: submittedAt)
    }
}

/// The account at the broker and the market it trades on: the truth that books are compared with.
struct Exchange {
    private(set) var orders: [ClientOrderID: ExchangeOrder] = [:]
    /// In the order of their arrival.
    private(set) var arrivals: [ClientOrderID] = []
    private(set) var openIDs: [ClientOrderID] = []
    /// Signed shares, by `SymbolID.index`.
    private(set) var positions: [Quantity]
    private(set) var cash: Money
    private(set) var fills: [BrokerFill] = []
    /// Every execution that ever was, and its order.
    private(set) var everFilled: [String: ClientOrderID] = [:]
    /// Those that were taken back or got another price.
    private(set) var everRevised: Set<String> = []
    private(set) var prices: [Price]
    /// Of the executions that were reported.
    private var executionCount = 0
    /// Whole shares that others hold in the account.
    private(set) var foreignHoldings: [Symbol: Int64] = [:]
    /// Answers on the stream, oldest first; the network takes them.
    var reports: [BrokerReport] = []
    /// Orders whose cancel takes hours.
    var stuck: Set<ClientOrderID> = []
    /// Orders that may fill now.
    var ready: [ClientOrderID] = []
    var isOpen = false
    let symbols: [Symbol]
    static let fee = Money(units: 350_000_000)

    init(symbols: [Symbol], prices: [Price], cash: Money) {
        self.symbols = symbols
        self.prices = prices
        self.cash = cash
        positions = Array(repeating: .zero, count: symbols.count)
    }

    // MARK: - Requests

    enum Answer: Equatable {
        case accepted(brokerOrderID: String)
        case rejected(String)
        case duplicate
    }

    mutating func submit(_ ticket: OrderTicket, at now: Timestamp, visibleAt: Timestamp) -> Answer {
        if orders[ticket.id] != nil { return .duplicate }
        if let reason = refusal(of: ticket) { return .rejected(reason) }
        let number = arrivals.count + 1
        let order = ExchangeOrder(
            id: ticket.id, brokerOrderID: "b\(number)", symbolID: ticket.symbolID,
            symbol: ticket.symbol, side: ticket.side, quantity: ticket.quantity,
            type: ticket.type, timeInForce: ticket.timeInForce, parent: nil, submittedAt: now,
            visibleAt: visibleAt, changedAt: now)
        insert(order)
        if let stop = ticket.protectiveStop {
            insert(
                ExchangeOrder(
                    id: stop.id, brokerOrderID: "b\(number)s", symbolID: ticket.symbolID,
                    symbol: ticket.symbol, side: ticket.side.opposite, quantity: ticket.quantity,
                    type: .stop(stop.price), timeInForce: .gtc, parent: ticket.id,
                    submittedAt: now, visibleAt: visibleAt, changedAt: now))
        }
        if case .market = ticket.type, isOpen { ready.append(ticket.id) }
        return .accepted(brokerOrderID: order.brokerOrderID)
    }

    private mutating func insert(_ order: ExchangeOrder) {
        orders[order.id] = order
        arrivals.append(order.id)
        openIDs.append(order.id)
    }

    private func refusal(of ticket: OrderTicket) -> String? {
        let index = ticket.symbolID.index
        if let stop = ticket.protectiveStop, orders[stop.id] != nil {
            return "the stop's client_order_id must be unique"
        }
        let open = openIDs.compactMap { orders[$0] }.filter { $0.symbolID.index == index }
        if ticket.side == .sell {
            let held = open.filter { $0.side == .sell }
                .reduce(Int64(0)) { $0 + working($1).units }
            let available = positions[index].units - held
            if ticket.quantity.units > available {
                return "insufficient qty available for order (requested: \(ticket.quantity), "
                    + "available: \(Quantity(units: available)))"
            }
            return nil
        }
        if open.contains(where: { $0.side == .sell && $0.parent == nil }) {
            return "potential wash trade detected. use complex orders"
        }
        guard let cost = try? prices[index] * ticket.quantity, cost <= cash else {
            return "insufficient buying power"
        }
        return nil
    }

    /// Whether the order was open: if not, nothing happens.
    mutating func cancel(_ id: ClientOrderID, at now: Timestamp) {
        guard orders[id]?.isOpen == true else { return }
        end(id, .canceled, at: now, .canceled(reason: "requested"))
    }

    // MARK: - Market

    /// A new price: stops that it reaches are triggered.
    mutating func move(_ symbol: SymbolID, to price: Price) {
        prices[symbol.index] = price
        guard isOpen else { return }
        for id in openIDs {
            guard let order = orders[id], order.symbolID == symbol, !order.isTriggered,
                case .stop(let stop) = order.type, working(order).isPositive
            else { continue }
            if order.side == .sell ? price <= stop : price >= stop {
                orders[id]?.isTriggered = true
                ready.append(id)
            }
        }
    }

    mutating func open() {
        isOpen = true
        for id in openIDs where orders[id]?.type == .market || orders[id]?.isTriggered == true {
            ready.append(id)
        }
    }

    /// Day orders expire.
    mutating func close(at now: Timestamp) {
        isOpen = false
        for id in openIDs where orders[id]?.timeInForce == .day {
            end(id, .expired, at: now, .expired)
        }
    }

    /// Shares that the order may still trade; a leg as many as its parent bought.
    private func working(_ order: ExchangeOrder) -> Quantity {
        var whole = order.quantity
        if let parent = order.parent { whole = orders[parent]?.filled ?? .zero }
        return (try? whole.subtracting(order.filled)) ?? .zero
    }

    /// Fills the order at the price of now.
    /// - Parameter share: of what is left, in tenths; the rest stays open.
    /// - Returns: whether something is left to fill.
    mutating func fill(_ id: ClientOrderID, tenths share: Int, at now: Timestamp) -> Bool {
        guard let order = orders[id], order.isOpen, isOpen else { return false }
        let index = order.symbolID.index
        var most = working(order)
        if order.side == .sell { most = min(most, positions[index]) }
        guard most.isPositive else {
            end(id, .canceled, at: now, .canceled(reason: "nothing is left to sell"))
            return false
        }
        let shares = most.units / 1_000_000_000
        let part = max(1, shares * Int64(share) / 10)
        let quantity = part >= shares ? most : Quantity(whole: part)
        let points: Int64 = order.side == .buy ? 2 : -2
        let price = (try? prices[index].moved(basisPoints: points))?.onTick(.down) ?? prices[index]
        executionCount += 1
        let fill = BrokerFill(
            executionID: "x\(executionCount)", clientOrderID: id.text, symbol: order.symbol,
            side: order.side, quantity: quantity, price: price, fee: Self.fee, at: now)
        fills.append(fill)
        everFilled[fill.executionID] = id
        settle(fill, index, sign: 1)
        orders[id]?.filled = (try? order.filled.adding(quantity)) ?? order.filled
        orders[id]?.changedAt = now
        let total = orders[id]?.filled ?? quantity
        if total >= order.quantity { finish(id, .filled) }
        reports.append(
            BrokerReport(
                orderID: id, at: now,
                event: .fill(
                    executionID: fill.executionID, quantity: quantity, price: price,
                    fee: Self.fee), filledTotal: total))
        endStops(order, at: now)
        guard let left = orders[id], left.isOpen else { return false }
        return working(left).isPositive
    }

    /// A leg with nothing to protect goes with its parent, and one that has sold everything ends.
    private mutating func endStops(_ changed: ExchangeOrder, at now: Timestamp) {
        for id in openIDs {
            guard let leg = orders[id], let parent = leg.parent,
                parent == changed.id || id == changed.id,
                orders[parent]?.isOpen == false, !working(leg).isPositive
            else { continue }
            let reason = leg.filled.isZero ? "nothing to protect" : "every share held was sold"
            end(id, .canceled, at: now, .canceled(reason: reason))
        }
        guard changed.parent != nil, !working(orders[changed.id] ?? changed).isPositive else {
            return
        }
        // More may be bought by an entry that is still open: then the stop is live again.
        orders[changed.id]?.isTriggered = false
    }

    private mutating func settle(_ fill: BrokerFill, _ index: Int, sign: Int64) {
        let shares = Quantity(units: fill.quantity.units * fill.side.sign * sign)
        positions[index] = (try? positions[index].adding(shares)) ?? positions[index]
        if let cost = try? fill.price * fill.quantity {
            let flow = Money(units: -(cost.units * fill.side.sign * sign) - fill.fee.units * sign)
            cash = (try? cash.adding(flow)) ?? cash
        }
    }

    private mutating func finish(_ id: ClientOrderID, _ status: BrokerOrder.Status) {
        orders[id]?.status = status
        openIDs.removeAll { $0 == id }
    }

    private mutating func end(
        _ id: ClientOrderID, _ status: BrokerOrder.Status, at now: Timestamp,
        _ event: BrokerReport.Event
    ) {
        guard let order = orders[id], order.isOpen else { return }
        orders[id]?.changedAt = now
        finish(id, status)
        reports.append(
            BrokerReport(orderID: id, at: now, event: event, filledTotal: order.filled))
        endStops(order, at: now)
    }

    // MARK: - Mischief

    /// An execution of an entry whose shares are all still held; nil where there is none.
    func reversible(_ random: inout SeededRandom) -> BrokerFill? {
        let some = fills.suffix(40).filter { fill in
            guard let id = ClientOrderID(fill.clientOrderID), let order = orders[id] else {
                return false
            }
            return fill.side == .buy && positions[order.symbolID.index] >= fill.quantity
        }
        return some.isEmpty ? nil : some[random.below(some.count)]
    }

    /// The exchange takes an execution back.
    mutating func bust(_ fill: BrokerFill, at now: Timestamp) {
        guard let place = fills.firstIndex(where: { $0.executionID == fill.executionID }),
            let id = ClientOrderID(fill.clientOrderID), let order = orders[id]
        else { return }
        fills.remove(at: place)
        everRevised.insert(fill.executionID)
        settle(fill, order.symbolID.index, sign: -1)
        orders[id]?.filled = (try? order.filled.subtracting(fill.quantity)) ?? .zero
        orders[id]?.changedAt = now
        reports.append(
            BrokerReport(
                orderID: id, at: now, event: .busted(executionID: fill.executionID),
                filledTotal: orders[id]?.filled))
        if order.status == .filled, place % 3 == 0 { executeAnew(fill, id, at: now) }
    }

    /// As exchanges mend a trade: the same shares at the price of now, under a new id.
    private mutating func executeAnew(_ old: BrokerFill, _ id: ClientOrderID, at now: Timestamp) {
        guard let order = orders[id] else { return }
        let index = order.symbolID.index
        executionCount += 1
        let fill = BrokerFill(
            executionID: "x\(executionCount)", clientOrderID: old.clientOrderID,
            symbol: old.symbol, side: old.side, quantity: old.quantity, price: prices[index],
            fee: old.fee, at: now)
        fills.append(fill)
        everFilled[fill.executionID] = id
        settle(fill, index, sign: 1)
        orders[id]?.filled = (try? order.filled.adding(fill.quantity)) ?? order.filled
        reports.append(
            BrokerReport(
                orderID: id, at: now,
                event: .fill(
                    executionID: fill.executionID, quantity: fill.quantity, price: fill.price,
                    fee: fill.fee), filledTotal: orders[id]?.filled))
    }

    /// The exchange gives an execution another price.
    mutating func correct(_ fill: BrokerFill, to price: Price, at now: Timestamp) {
        guard let place = fills.firstIndex(where: { $0.executionID == fill.executionID }),
            let id = ClientOrderID(fill.clientOrderID), let order = orders[id]
        else { return }
        settle(fill, order.symbolID.index, sign: -1)
        let new = BrokerFill(
            executionID: fill.executionID, clientOrderID: fill.clientOrderID,
            symbol: fill.symbol, side: fill.side, quantity: fill.quantity, price: price,
            fee: fill.fee, at: fill.at)
        fills[place] = new
        everRevised.insert(fill.executionID)
        settle(new, order.symbolID.index, sign: 1)
        orders[id]?.changedAt = now
        reports.append(
            BrokerReport(
                orderID: id, at: now,
                event: .corrected(
                    executionID: fill.executionID, quantity: fill.quantity, price: price),
                filledTotal: order.filled))
    }

    func hasSale(of symbol: Symbol) -> Bool {
        openIDs.contains { id in
            guard let order = orders[id], order.symbol == symbol else { return false }
            return order.side == .sell && (order.parent == nil || working(order).isPositive)
        }
    }

    // MARK: - Others

    /// Somebody trades by hand in the same account, in another symbol.
    mutating func tradeByHand(_ number: Int, symbol: Symbol, at now: Timestamp) {
        guard let id = ClientOrderID("by-hand-\(number)"), orders[id] == nil else { return }
        var order = ExchangeOrder(
            id: id, brokerOrderID: "h\(number)", symbolID: SymbolID(index: 0), symbol: symbol,
            side: .buy, quantity: Quantity(whole: 5), type: .market, timeInForce: .gtc,
            parent: nil, submittedAt: now, visibleAt: now, changedAt: now)
        order.isForeign = true
        order.status = number % 2 == 0 ? .open : .filled
        if number % 2 != 0 { foreignHoldings[symbol, default: 0] += 5 }
        orders[id] = order
        arrivals.append(id)
    }

    /// The broker puts another order in the place of this one, as after a split.
    mutating func replace(_ id: ClientOrderID, at now: Timestamp) -> ClientOrderID? {
        guard let old = orders[id], old.isOpen, old.filled.isZero,
            let other = ClientOrderID("broker-\(arrivals.count)")
        else { return nil }
        var order = ExchangeOrder(
            id: other, brokerOrderID: old.brokerOrderID + "r", symbolID: old.symbolID,
            symbol: old.symbol, side: old.side, quantity: old.quantity, type: old.type,
            timeInForce: old.timeInForce, parent: old.parent, submittedAt: now, visibleAt: now,
            changedAt: now)
        order.isForeign = true
        orders[id]?.changedAt = now
        finish(id, .replaced(by: order.brokerOrderID))
        reports.append(
            BrokerReport(
                orderID: id, at: now, event: .replaced(by: order.brokerOrderID),
                filledTotal: old.filled))
        insert(order)
        return other
    }

    /// A stop that may be replaced: it rests, for a position that is held whole.
    func replaceable(_ random: inout SeededRandom) -> ClientOrderID? {
        let some = openIDs.filter { id in
            guard let order = orders[id], let parent = order.parent, !order.isForeign else {
                return false
            }
            return orders[parent]?.isOpen == false && order.filled.isZero && !order.isTriggered
        }
        return some.isEmpty ? nil : some[random.below(some.count)]
    }

    // MARK: - Questions

    func answer(_ id: ClientOrderID, at now: Timestamp) -> OrderAnswer.Result {
        guard let order = orders[id], order.visibleAt <= now else { return .absent }
        return .found(order.shown, fills: fills.filter { $0.clientOrderID == id.text })
    }

    func report(since: Timestamp, at now: Timestamp) -> AccountReport {
        var shown: [BrokerOrder] = []
        for id in arrivals {
            guard let order = orders[id], order.visibleAt <= now,
                order.isOpen || order.submittedAt >= since || order.changedAt >= since
            else { continue }
            shown.append(order.shown)
        }
        let holdings = positions.enumerated().filter { !$0.element.isZero }
            .map { AccountReport.Holding(symbol: symbols[$0.offset], quantity: $0.element) }
        let others = foreignHoldings.keys.sorted().map {
            AccountReport.Holding(symbol: $0, quantity: Quantity(whole: foreignHoldings[$0] ?? 0))
        }
        return AccountReport(
            cash: cash, holdings: holdings + others, orders: shown,
            fills: fills.filter { $0.at >= since })
    }
}
