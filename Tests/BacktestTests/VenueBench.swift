import Backtest
import Domain
import Primitives
import Testing

@testable import Execution

/// A venue that is told what happens in lines of text and answers in lines of text.
///
/// - `order a buy 100 market`, `order a sell 50 limit 101 gtc`, `order a buy 100 protect 95`:
///   sent at the venue's time; ids are single letters, the protective stop of `a` is `a-stop`.
/// - `bar 14:00 100 101 99 100 1000`: start, open, high, low, close, volume; known a minute later.
/// - `cancel a`, `close 20:00` (of a session), `time 14:05`, `restart`.
///
/// All of it happens on 2025-06-10 UTC, where a day has hours beyond 24.
struct VenueBench {
    static let symbol = Symbol("TEST")!
    static let id = SymbolID(index: 0)

    private(set) var venue: SimulatedVenue
    private(set) var now = time("13:30")
    /// All answers, oldest first.
    private(set) var reports: [BrokerReport] = []
    private var orders: [String: Known] = [:]
    private var sent: [String] = []
    private var newestBar: Timestamp?
    var knowsCloses = true

    /// What a ledger would know of an order.
    struct Known {
        var open: LedgerState.OpenOrder
        var ticket: OrderTicket
    }

    init(_ config: VenueConfig) {
        venue = SimulatedVenue(config)
        venue.register(count: 1)
    }

    static func time(_ text: String) -> Timestamp {
        let parts = text.split(separator: ":").compactMap { Int64($0) }
        precondition(parts.count == 2, "\(text) is no time of day")
        let midnight = Timestamp(rfc3339: "2025-06-10T00:00:00Z")!
        return midnight + Span(seconds: parts[0] * 3_600 + parts[1] * 60)
    }

    static func show(_ time: Timestamp) -> String {
        let minutes = (time - Self.time("0:00")).nanoseconds / 60_000_000_000
        return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    }

    mutating func play(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        switch words[0] {
        case "order": order(words)
        case "bar": take(words)
        case "cancel": venue.cancel(ClientOrderID(words[1])!, at: now)
        case "time": now = Self.time(words[1])
        case "close":
            now = Self.time(words[1])
            venue.closeSession(at: now, expiresUnseen: knowsCloses)
        case "restart": restart()
        default: preconditionFailure("\(line) is no line of the bench")
        }
        listen()
    }

    private mutating func order(_ words: [String]) {
        let name = words[1]
        var type = OrderType.market
        var stop: Price?
        for (word, next) in zip(words, words.dropFirst()) {
            switch word {
            case "limit": type = .limit(decimal(next))
            case "stop": type = .stop(decimal(next))
            case "protect": stop = decimal(next)
            default: break
            }
        }
        let side: OrderSide = words[2] == "buy" ? .buy : .sell
        let force: TimeInForce = words.contains("gtc") ? .gtc : .day
        let main = intent(name, side, decimal(words[3]), type, force, .entry)
        let protection = stop.map {
            OrderTicket.ProtectiveStop(id: ClientOrderID("\(name)-stop")!, price: $0)
        }
        remember(main, protection)
        if let protection {
            remember(
                intent(
                    "\(name)-stop", side.opposite, main.quantity, .stop(protection.price), .gtc,
                    .protectiveStop(parent: main.id)), nil)
        }
        venue.submit(OrderTicket(main, symbolID: Self.id, protectiveStop: protection), at: now)
    }

    private func intent(
        _ name: String, _ side: OrderSide, _ quantity: Quantity, _ type: OrderType,
        _ force: TimeInForce, _ role: OrderRole
    ) -> OrderIntent {
        OrderIntent(
            id: ClientOrderID(name)!, decisionKey: name, signalID: name, symbol: Self.symbol,
            side: side, quantity: quantity, type: type, timeInForce: force, role: role,
            createdAt: now, expiresAt: now, referencePrice: Price(whole: 100), reservation: .zero,
            bodyHash: name)
    }

    private mutating func remember(
        _ intent: OrderIntent, _ stop: OrderTicket.ProtectiveStop?
    ) {
        guard orders[intent.id.text] == nil else { return }
        sent.append(intent.id.text)
        orders[intent.id.text] = Known(
            open: LedgerState.OpenOrder(
                intent: intent, status: .submitting, brokerOrderID: nil, filledQuantity: .zero,
                lastExecutionID: nil),
            ticket: OrderTicket(intent, symbolID: Self.id, protectiveStop: stop))
    }

    private mutating func take(_ words: [String]) {
        let start = Self.time(words[1])
        now = max(now, start + Span(seconds: 60))
        venue.take(
            Bar(
                symbol: Self.id, start: start, open: decimal(words[2]), high: decimal(words[3]),
                low: decimal(words[4]), close: decimal(words[5]),
                volume: Volume(shares: Int64(words[6])!)), at: now)
        newestBar = max(newestBar ?? start, start)
    }

    mutating func take(_ bar: Bar) {
        now = max(now, bar.start + Span(seconds: 60))
        venue.take(bar, at: now)
        newestBar = max(newestBar ?? bar.start, bar.start)
        listen()
    }

    /// A new venue that knows what the ledger knows.
    private mutating func restart() {
        venue = SimulatedVenue(venue.config)
        venue.register(count: 1)
        var held = Quantity.zero
        for order in orders.values {
            let sign = order.open.intent.side.sign
            held = try! held.adding(
                Quantity(units: order.open.filledQuantity.units * sign))
        }
        for name in sent {
            guard let order = orders[name], !order.open.status.isTerminal else { continue }
            var protecting: Quantity?
            var parent: ClientOrderID?
            if case .protectiveStop(let entry) = order.open.intent.role {
                protecting = held.magnitude
                parent = orders[entry.text]?.open.status.isTerminal == false ? entry : nil
            }
            venue.restore(
                order.ticket, from: order.open, protecting: protecting, parent: parent,
                newestBar: newestBar, at: now)
        }
    }

    private mutating func listen() {
        for report in venue.reports {
            reports.append(report)
            note(report)
        }
        venue.reports = []
    }

    private mutating func note(_ report: BrokerReport) {
        let name = report.orderID.text
        guard var order = orders[name] else { return }
        switch report.event {
        case .accepted: order.open.status = .acked
        case .rejected, .duplicate: break
        case .fill(let execution, let quantity, _, _):
            order.open.filledQuantity = try! order.open.filledQuantity.adding(quantity)
            order.open.lastExecutionID = execution
            if order.open.filledQuantity >= order.open.intent.quantity {
                order.open.status = .filled
            }
        case .canceled: order.open.status = .canceled
        case .expired: order.open.status = .expired
        default: Issue.record("the paper venue never says \(report.event)")
        }
        orders[name] = order
    }

    func known(_ name: String) -> LedgerState.OpenOrder? { orders[name]?.open }

    /// The answers but for plain acknowledgements.
    var lines: [String] {
        reports.compactMap { report in
            let id = report.orderID
            switch report.event {
            case .accepted: return nil
            case .duplicate: return "\(id) duplicate"
            case .rejected(let reason): return "\(id) rejected: \(reason)"
            case .canceled(let reason): return "\(id) canceled: \(reason)"
            case .expired: return "\(id) expired \(Self.show(report.at))"
            case .fill(_, let quantity, let price, let fee):
                let costs = fee.isZero ? "" : " fee \(fee)"
                return "\(id) \(quantity) at \(price) \(Self.show(report.at))\(costs)"
            default: return "\(id) \(report.event)"
            }
        }
    }
}

/// Text of a test as a number.
func decimal<Value: FixedDecimal>(_ text: String) -> Value {
    guard let value = try? Value(parsing: text) else {
        preconditionFailure("\(text) is not a decimal")
    }
    return value
}
