import Appliance
import Backtest
import Domain
import Engine
import MarketFeeds
import Portfolio
import Primitives
import Risk
import Signals
import Testing

/// Thirty symbols whose signals come at the same instants, under limits that they press against.
@Suite struct LimitTests {
    private static let positionsMax = 4
    private static let exposureShare = 0.3

    private static func configuration(seed: UInt64) -> Configuration {
        var configuration = simulated(days: 4, symbols: 30, seed: seed, newsPerDay: 120)
        configuration.risk.positionsMax = positionsMax
        configuration.risk.exposureShareMax = exposureShare
        configuration.risk.positionShareMax = 0.1
        configuration.risk.ordersPerMinuteMax = 5
        configuration.risk.cooldown = Span(seconds: 300)
        configuration.signals.trend.warmup = 20
        configuration.portfolio.capital = Money(whole: 20_000)
        return configuration
    }

    /// Sees every event's effects before they are acted on, and keeps an account of its own from the
    /// bars, intents and fills alone.
    private final class Watch {
        struct Entry {
            let intent: OrderIntent
            var filled = Quantity.zero
            /// What the unfilled part may still cost.
            var reserved: Double {
                let open = 1 - filled.double / intent.quantity.double
                return intent.reservation.double * open
            }
        }

        var cash: Money
        var marks: [Symbol: Double] = [:]
        var held: [Symbol: Quantity] = [:]
        var working: [ClientOrderID: Entry] = [:]
        var intentTimes: [Timestamp] = []
        var refused: Set<RefusalCode> = []
        var problems: [String] = []
        var openMost = 0
        var exposureMost = 0.0

        init(cash: Money) { self.cash = cash }

        func take(_ effects: [Effect]) {
            for case .record(let entry) in effects {
                do { try take(entry) } catch { problems.append("\(error)") }
            }
            let pending = working.values.filter { held[$0.intent.symbol] == nil }.count
            openMost = max(openMost, held.count + pending)
            if held.count + pending > positionsMax {
                problems.append("\(held.count) positions and \(pending) entries")
            }
            if cash.isNegative { problems.append("cash \(cash)") }
        }

        private func take(_ entry: LedgerEntry) throws {
            switch entry {
            case .signal(_, .refused(let refusal)): refused.insert(refusal.code)
            case .intent(let intent) where intent.role.isEntry: judge(intent)
            case .transition(let step) where step.to.isTerminal: working[step.id] = nil
            case .fill(let fill): try book(fill)
            default: break
            }
        }

        private func judge(_ intent: OrderIntent) {
            let symbol = intent.symbol
            if held[symbol] != nil || working.values.contains(where: { $0.intent.symbol == symbol })
            {
                problems.append("a second entry of \(symbol) at \(intent.createdAt)")
            }
            working[intent.id] = Entry(intent: intent)
            intentTimes.append(intent.createdAt)
            let recent = intentTimes.filter { intent.createdAt - $0 < Span(seconds: 60) }
            if recent.count > 5 { problems.append("\(recent.count) entries in a minute") }
            let worth = held.reduce(0) { $0 + $1.value.double * (marks[$1.key] ?? 0) }
            let reserved = working.values.reduce(0) { $0 + $1.reserved }
            let equity = cash.double + worth
            exposureMost = max(exposureMost, (worth + reserved) / equity)
            if worth + reserved > exposureShare * equity + 0.01 {
                problems.append("\(worth) held and \(reserved) ordered of \(equity)")
            }
            if reserved > cash.double + 0.01 {
                problems.append("\(reserved) ordered with cash \(cash)")
            }
        }

        private func book(_ fill: Fill) throws {
            let amount = try fill.price * fill.quantity
            let isBuy = fill.side == .buy
            let quantity = isBuy ? fill.quantity : try fill.quantity.negated()
            let after = try (held[fill.symbol] ?? .zero).adding(quantity)
            if after.isNegative { problems.append("short after \(fill.executionID)") }
            held[fill.symbol] = after.isZero ? nil : after
            cash = isBuy ? try cash.subtracting(amount) : try cash.adding(amount)
            cash = try cash.subtracting(fill.fee)
            if let entry = working[fill.orderID] {
                working[fill.orderID]?.filled = try entry.filled.adding(fill.quantity)
            }
        }
    }

    private struct WatchJournal: EventJournal {
        let watch: Watch

        mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws {
            watch.take(effects)
        }

        mutating func took(_ bar: Bar, symbols: SymbolTable) {
            watch.marks[symbols[bar.symbol]] = bar.close.double
        }

        func extract(since: Timestamp, naming: Set<String>) -> LedgerExtract { LedgerExtract() }
    }

    @Test(
        "S44: when many signals come at once, no commit shows a limit passed",
        arguments: [1, 2, 3] as [UInt64])
    func limitsHold(_ seed: UInt64) throws {
        let configuration = Self.configuration(seed: seed)
        let assembly = try Assembly(configuration)
        let feed = try assembly.simulatedMarket(SymbolTable())
        let config = assembly.engineConfig(
            idPrefix: testPrefix, interval: feed.interval, latches: false)
        let watch = Watch(cash: configuration.portfolio.capital)
        var engine = TradingEngine(config)
        for symbol in feed.symbols.symbols { _ = engine.register(symbol) }
        var loop = TradingLoop(
            engine: engine, venue: SimulatedVenue(assembly.venue),
            journal: WatchJournal(watch: watch))
        var timeline = Timeline(
            feed: feed, news: try assembly.news().feed, calendar: assembly.calendar)
        var instant = Instant()
        while try timeline.next(&instant) {
            try loop.play(instant)
            let portfolio = loop.engine.portfolio
            #expect(portfolio.openPositionCount == watch.held.count)
            #expect(portfolio.cash == watch.cash || instant.bars.isEmpty)
        }
        #expect(watch.problems.prefix(5).joined(separator: "\n") == "", "seed \(seed)")
        // The limits were really pressed against.
        #expect(watch.openMost == Self.positionsMax)
        #expect(watch.exposureMost > Self.exposureShare * 0.75)
        #expect(watch.intentTimes.count > 20)
        #expect(!watch.refused.isDisjoint(with: [.positionCount, .exposure, .quantityZero]))
    }
}
