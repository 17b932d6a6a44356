import Domain
import Execution
import Primitives
import TestSupport
import Testing

/// One account against one ledger: each rule as a row.
@Suite("Comparison of broker and books")
struct ReconciliationTests {
    static let symbol = Symbol("TEST")!
    static let since = Timestamp(rfc3339: "2025-06-10T13:30:00Z")!
    static let noon = Timestamp(rfc3339: "2025-06-10T16:00:00Z")!

    /// Ten shares bought at 100 with the order `bw-a`, alike on both sides.
    struct Sides {
        var cash = Money(whole: 99_000)
        var holdings: [AccountReport.Holding] = [
            AccountReport.Holding(symbol: symbol, quantity: Quantity(whole: 10))
        ]
        var orders: [BrokerOrder] = [Sides.order("bw-a", .filled, 10)]
        var fills: [BrokerFill] = [Sides.fill("x1", "bw-a", 10)]
        var books = LedgerExtract()
        var position = Quantity(whole: 10)
        var booksCash = Money(whole: 99_000)
        var isBusy = false
        var known: Set<String> = []

        init() {
            books.orders = [Sides.row("bw-a", .filled, 10)]
            books.fills = [Sides.booked("x1", "bw-a", 10)]
        }

        /// The rows write `bw-a` for an id of the whole length.
        static func full(_ id: String) -> String {
            guard id.hasPrefix("bw-"), !id.dropFirst(3).contains("-") else { return id }
            return id + String(repeating: "0", count: 29 - id.count)
        }

        static func order(
            _ id: String, _ status: BrokerOrder.Status, _ filled: Int64
        ) -> BrokerOrder {
            BrokerOrder(
                clientOrderID: full(id), brokerOrderID: "b", symbol: symbol, side: .buy,
                quantity: Quantity(whole: 10), type: .market, timeInForce: .day, status: status,
                filled: Quantity(whole: filled), submittedAt: noon)
        }

        static func fill(
            _ id: String, _ order: String, _ shares: Int64, _ price: Int64 = 100
        ) -> BrokerFill {
            BrokerFill(
                executionID: id, clientOrderID: full(order), symbol: symbol, side: .buy,
                quantity: Quantity(whole: shares), price: Price(whole: price), fee: .zero,
                at: noon)
        }

        static func row(
            _ id: String, _ status: OrderStatus, _ filled: Int64
        ) -> LedgerExtract.Order {
            LedgerExtract.Order(
                id: ClientOrderID(full(id))!, symbol: symbol, status: status,
                quantity: Quantity(whole: 10), filled: Quantity(whole: filled))
        }

        static func booked(
            _ id: String, _ order: String, _ shares: Int64, reverses: String? = nil
        ) -> Fill {
            Fill(
                executionID: id, orderID: ClientOrderID(full(order))!, symbol: symbol, side: .buy,
                quantity: Quantity(whole: shares), price: Price(whole: 100), fee: .zero, at: noon,
                reverses: reverses)
        }

        var findings: ReconciliationFindings {
            var input = ReconciliationInput(
                report: AccountReport(
                    cash: cash, holdings: holdings, orders: orders, fills: fills),
                books: books, since: since, prefix: "bw-", cashTolerance: Money(units: 10_000_000))
            if !position.isZero { input.positions[symbol] = position }
            input.cash = booksCash
            input.knownExecutions = known
            if isBusy { input.busy = [symbol] }
            return Reconciliation.compare(input)
        }
    }

    struct Row: CustomStringConvertible, Sendable {
        let description: String
        let change: @Sendable (inout Sides) -> Void
        /// `kind subject outcome`, in order.
        let lines: [String]
        var suspends = false
        var isUndecided = false
    }

    static let rows = [
        Row(description: "both alike", change: { _ in }, lines: []),
        Row(
            description: "a fill at the broker that is missing here",
            change: {
                $0.books.fills = []
                $0.books.orders = [Sides.row("bw-a", .acked, 0)]
                $0.position = .zero
                $0.booksCash = Money(whole: 100_000)
            }, lines: ["fill x1 repaired", "order bw-a repaired"]),
        Row(
            description: "the same, in memory already",
            change: {
                $0.books.fills = []
                $0.known = ["x1"]
            }, lines: []),
        Row(
            description: "an order of ours that is missing here",
            change: {
                $0.books = LedgerExtract()
                $0.position = .zero
                $0.booksCash = Money(whole: 100_000)
            }, lines: ["order bw-a repaired", "fill x1 repaired"]),
        Row(
            description: "a stranger's order",
            change: { $0.orders.append(Sides.order("web-7", .open, 0)) },
            lines: ["order web-7 noted"]),
        Row(
            description: "an order of an installation whose prefix begins like ours",
            change: {
                $0.orders.append(
                    Sides.order("bw-" + "two-" + String(repeating: "a", count: 26), .open, 0))
                $0.orders.append(
                    Sides.order("bw-" + "2-" + String(repeating: "a", count: 24), .open, 0))
                $0.fills.append(
                    Sides.fill("z", "bw-" + "2-" + String(repeating: "a", count: 24), 1))
            },
            lines: [
                "order bw-2-aaaaaaaaaaaaaaaaaaaaaaaa noted",
                "order bw-two-aaaaaaaaaaaaaaaaaaaaaaaaaa noted",
            ]),
        Row(
            description: "working here, canceled there",
            change: {
                $0.orders.append(Sides.order("bw-b", .canceled, 0))
                $0.books.orders.append(Sides.row("bw-b", .acked, 0))
            }, lines: ["order bw-b repaired"]),
        Row(
            description: "unknown here, open there",
            change: {
                $0.orders.append(Sides.order("bw-b", .open, 0))
                $0.books.orders.append(Sides.row("bw-b", .unknown, 0))
            }, lines: ["order bw-b repaired"]),
        Row(
            description: "ended here, open there",
            change: {
                $0.orders.append(Sides.order("bw-b", .open, 0))
                $0.books.orders.append(Sides.row("bw-b", .notPlaced, 0))
            }, lines: ["order bw-b unexplained"], suspends: true),
        Row(
            description: "never sent by us, and there",
            change: {
                $0.orders.append(Sides.order("bw-b", .open, 0))
                $0.books.orders.append(Sides.row("bw-b", .intent, 0))
            }, lines: ["order bw-b unexplained"], suspends: true),
        Row(
            description: "acknowledged here, not listed there",
            change: { $0.books.orders.append(Sides.row("bw-b", .acked, 0)) },
            lines: ["order bw-b unexplained"], suspends: true),
        Row(
            description: "unknown here, not listed there: proves nothing",
            change: { $0.books.orders.append(Sides.row("bw-b", .unknown, 0)) }, lines: []),
        Row(
            description: "a fill here that the broker does not list",
            change: { $0.fills = [] }, lines: ["fill x1 unexplained"]),
        Row(
            description: "a fill that was taken back here is asked of nobody",
            change: {
                $0.books.fills.append(Sides.booked("x1-busted", "bw-a", -10, reverses: "x1"))
                $0.fills = []
                $0.holdings = []
                $0.position = .zero
                $0.cash = Money(whole: 100_000)
                $0.booksCash = Money(whole: 100_000)
            }, lines: []),
        Row(
            description: "a fill that has other terms there",
            change: {
                $0.fills = [Sides.fill("x1", "bw-a", 10, 101)]
                $0.cash = Money(whole: 98_990)
            }, lines: ["fill x1 repaired"]),
        Row(
            description: "other terms there, and something happened here meanwhile",
            change: {
                $0.fills = [Sides.fill("x1", "bw-a", 10, 101)]
                $0.isBusy = true
            }, lines: [], isUndecided: true),
        Row(
            description: "more shares than the order asked for",
            change: {
                $0.fills.append(Sides.fill("x2", "bw-a", 1))
            }, lines: ["fill x2 unexplained"], suspends: true),
        Row(
            description: "other shares held",
            change: { $0.position = Quantity(whole: 9) },
            lines: ["position TEST unexplained"], suspends: true),
        Row(
            description: "an account that shows nothing is not flat",
            change: { $0.holdings = [] },
            lines: ["position TEST unexplained"], suspends: true),
        Row(
            description: "cash within the tolerance",
            change: { $0.cash = Money(units: 99_000_010_000_000) }, lines: ["cash cash noted"]),
        Row(
            description: "cash beyond it",
            change: { $0.cash = Money(units: 99_000_010_000_001) },
            lines: ["cash cash unexplained"]),
        Row(
            description: "other shares held, while the symbol trades",
            change: {
                $0.isBusy = true
                $0.position = Quantity(whole: 9)
                $0.booksCash = Money(whole: 99_100)
            }, lines: [], isUndecided: true),
        Row(
            description: "alike, while the symbol trades", change: { $0.isBusy = true }, lines: []),
    ]

    @Test("S37: each difference, repaired, noted or unexplained", arguments: rows)
    func compare(_ row: Row) {
        var sides = Sides()
        row.change(&sides)
        let findings = sides.findings
        #expect(
            findings.lines.map { line in
                let subject = line.subject.replacing(String(repeating: "0", count: 25), with: "")
                return "\(line.kind.rawValue) \(subject) \(line.outcome.rawValue)"
            } == row.lines)
        #expect(findings.suspects == (row.suspends ? [Self.symbol] : []))
        #expect(findings.isUndecided == row.isUndecided)
    }

    @Test("S37: a record has at most 200 lines; what weighs most stays")
    func shortened() {
        var lines = (0..<500).map {
            ReconciliationLine(
                kind: .order, subject: "o\($0)", books: "", broker: "", outcome: .noted)
        }
        lines.append(
            ReconciliationLine(
                kind: .cash, subject: "cash", books: "", broker: "", outcome: .unexplained))
        let short = Reconciliation.shortened(lines)
        #expect(short.count == 200)
        #expect(short.first?.subject == "cash")
        #expect(short.last?.broker == "302")
        #expect(Reconciliation.shortened(Array(lines.prefix(200))).count == 200)
    }

    @Test("Property: the order of the broker's rows changes nothing")
    func order() {
        forAll(200) { draw in
            var sides = Sides()
            for index in 0..<draw.int(in: 0...6) {
                sides.orders.append(
                    Sides.order("bw-\(index)", draw.chance(0.5) ? .open : .canceled, 0))
                sides.fills.append(Sides.fill("y\(index)", "bw-\(index)", 1))
            }
            var other = sides
            other.orders.reverse()
            other.fills.reverse()
            #expect(sides.findings == other.findings)
        }
    }
}
