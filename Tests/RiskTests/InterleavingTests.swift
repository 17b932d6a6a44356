import Domain
import Primitives
import Risk
import Testing

/// The books of a small market as the engine keeps them between judgements: an approval reserves
/// at once, a fill turns the reservation into a position, a cancel gives it back.
private struct Book {
    struct Line {
        var position = Quantity.zero
        var mark: Price
        var entry: ApprovedOrder?
        var exit: ApprovedOrder?
    }

    var lines: [Line]
    var cash: Money
    var ordersLastMinute = 0
    let config: RiskConfig
    let dayStart: Money

    init(marks: [Price], cash: Money, config: RiskConfig) {
        lines = marks.map { Line(mark: $0) }
        (self.cash, self.config, dayStart) = (cash, config, cash)
    }

    var reserved: Money {
        lines.reduce(.zero) { Money(units: $0.units + ($1.entry?.reservation.units ?? 0)) }
    }
    var marked: Money {
        lines.reduce(.zero) { Money(units: $0.units + notional($1.mark, $1.position).units) }
    }
    var equity: Money { Money(units: cash.units + marked.units) }
    var openPositions: Int { lines.count { !$0.position.isZero } }

    func setup(_ index: Int, _ reason: TradeReason, strength: Double) -> Setup {
        Setup {
            let line = lines[index]
            $0.config = config
            $0.symbol = symbol(index)
            $0.reason = reason
            $0.side = reason == .entry ? .buy : .sell
            $0.strength = strength
            $0.signalPrice = line.mark
            $0.context.price = line.mark
            $0.context.position = line.position
            $0.context.workingOrders = (line.entry == nil ? 0 : 1) + (line.exit == nil ? 0 : 1)
            $0.context.openPositions = openPositions
            $0.context.pendingEntries =
                lines.indices.count {
                    $0 != index && lines[$0].entry != nil && lines[$0].position.isZero
                }
            $0.context.exposure = Money(units: marked.units + reserved.units)
            $0.context.cash = Money(units: cash.units - reserved.units)
            $0.context.equity = equity
            $0.context.dayStartEquity = dayStart
            $0.context.equityPeak = dayStart
            $0.context.ordersLastMinute = ordersLastMinute
            $0.context.ordersToday = ordersLastMinute
            $0.context.atr = line.mark.double * 0.002
        }
    }

    /// Judges and, when approved, books the order.
    @discardableResult
    mutating func judge(_ index: Int, _ reason: TradeReason, strength: Double) -> RiskVerdict {
        let verdict = setup(index, reason, strength: strength).verdict
        if let order = verdict.order {
            ordersLastMinute += 1
            if reason == .entry {
                lines[index].entry = order
            } else {
                lines[index].exit = order
            }
        }
        return verdict
    }

    /// Fills what works in the symbol: the entry between its mark and one percent above.
    mutating func fill(_ index: Int, slippage: Int64) {
        if let order = lines[index].entry {
            let units = lines[index].mark.units
            let cost = notional(Price(units: units + units / 10_000 * slippage), order.quantity)
            cash = Money(units: cash.units - cost.units)
            lines[index].position = Quantity(
                units: lines[index].position.units + order.quantity.units)
            lines[index].entry = nil
        } else if let order = lines[index].exit {
            let proceeds = notional(lines[index].mark, order.quantity)
            cash = Money(units: cash.units + proceeds.units)
            lines[index].position = Quantity(
                units: lines[index].position.units - order.quantity.units)
            lines[index].exit = nil
        }
    }

    mutating func cancel(_ index: Int) { (lines[index].entry, lines[index].exit) = (nil, nil) }

    func expectWithinLimits(_ note: Comment) {
        let limit = Double(dayStart.units)
        #expect(cash.units - reserved.units >= 0, note)
        #expect(
            Double(marked.units + reserved.units) <= limit * (config.exposureShareMax ?? 9), note)
        let held = lines.count { !$0.position.isZero || $0.entry != nil }
        #expect(held <= config.positionsMax ?? .max, note)
        for line in lines {
            let worst =
                (line.entry?.reservation.units ?? 0) + notional(line.mark, line.position).units
            #expect(Double(worst) <= limit * (config.positionShareMax ?? 9), note)
            #expect(!line.position.isNegative, note)
        }
    }
}

private func notional(_ price: Price, _ quantity: Quantity) -> Money {
    (try? price * quantity) ?? .zero
}

@Suite("Many signals at once")
struct InterleavingTests {
    private static func config(_ random: inout SeededRandom) -> RiskConfig {
        var config = RiskConfig()
        config.positionShareMax = 0.1 + 0.3 * random.unit()
        config.exposureShareMax = 0.2 + 0.7 * random.unit()
        config.positionsMax = 1 + random.below(6)
        config.ordersPerMinuteMax = 2 + random.below(20)
        config.cooldown = nil
        config.sizing.equityShare = 0.1 + 0.5 * random.unit()
        config.sizing.riskShare = 0.05
        config.sizing.mode = random.below(3) == 0 ? .fixed : .risk
        config.sizing.quantity = Quantity(whole: Int64(1 + random.below(200)))
        return config
    }

    private static func book(_ count: Int, _ random: inout SeededRandom) -> Book {
        Book(
            marks: (0..<count).map { _ in
                Price(units: 1_000_000 * Int64(500 + random.below(300_000)))
            },
            cash: Money(whole: Int64(1000 + random.below(200_000))), config: config(&random))
    }

    @Test(
        "S44: every order of six simultaneous entries stays within every limit",
        arguments: UInt64(1)...12)
    func everyOrder(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let start = Self.book(5, &random)
        // Two signals for the first symbol: only one of them may pass.
        let wanted = [0, 0, 1, 2, 3, 4].map { ($0, 0.2 + 0.8 * random.unit()) }
        for order in permutations(wanted.count) {
            var book = start
            for index in order {
                book.judge(wanted[index].0, .entry, strength: wanted[index].1)
                book.expectWithinLimits("seed \(seed) order \(order)")
            }
            #expect(
                book.ordersLastMinute <= start.config.ordersPerMinuteMax ?? .max,
                "seed \(seed) order \(order)")
            for line in book.lines.indices { book.fill(line, slippage: 100) }
            book.expectWithinLimits("seed \(seed) order \(order), all filled at the worst price")
        }
    }

    @Test(
        "S44: entries, exits, fills and cancels in any order leave no phantom",
        arguments: UInt64(1)...24)
    func storm(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var book = Self.book(12, &random)
        var approved = 0
        for step in 0..<400 {
            let note: Comment = "seed \(seed) step \(step)"
            let index = random.below(book.lines.count)
            let before = book.lines[index]
            switch random.below(6) {
            case 0...2:
                let entries = book.ordersLastMinute
                let verdict = book.judge(index, .entry, strength: random.unit())
                if verdict.order != nil {
                    approved += 1
                    #expect(before.position.isZero && before.entry == nil, note)
                    #expect(entries < book.config.ordersPerMinuteMax ?? .max, note)
                } else {
                    #expect(book.lines[index].entry == before.entry, note)
                }
            case 3:
                let verdict = book.judge(index, .time, strength: 0)
                if let order = verdict.order { #expect(order.quantity == before.position, note) }
            case 4: book.fill(index, slippage: Int64(random.below(101)))
            default: book.cancel(index)
            }
            book.expectWithinLimits(note)
            if step % 40 == 39 { book.ordersLastMinute = 0 }
        }
        #expect(approved > 0, "seed \(seed)")
    }
}

/// All orders of 0 ..< count (Heap's algorithm).
private func permutations(_ count: Int) -> [[Int]] {
    var result: [[Int]] = []
    var items = Array(0..<count)
    func generate(_ length: Int) {
        if length <= 1 { return result.append(items) }
        for index in 0..<length {
            generate(length - 1)
            items.swapAt(length % 2 == 0 ? index : 0, length - 1)
        }
    }
    generate(count)
    return result
}
