import Calendar
import Domain
import Engine
import Foundation
import Learning
import News
import Portfolio
import Primitives

/// What a person at the terminal sees of a run: a line per event that matters.
package final class Console {
    private let colour: Bool
    package let showsProgress: Bool
    private var lastProgress = ContinuousClock.now
    private var hasProgressLine = false
    private var shownWeights: [Double] = []

    package init(colour: Bool, showsProgress: Bool) {
        self.colour = colour
        self.showsProgress = showsProgress
    }

    package func opening(_ engine: TradingEngine, _ configuration: Configuration) {
        let market =
            switch configuration.market.kind {
            case .simulated: "a simulated market, seed \(configuration.market.simulation.seed)"
            case .replay: "a replay of \(configuration.market.bars.count) file(s)"
            }
        line("Bellwether \(version): \(market), paper venue, mode \(engine.mode.rawValue)")
        if engine.feedPosition > 0 {
            line(
                "Goes on at \(engine.now) after \(engine.feedPosition) bars: equity "
                    + "\(engine.portfolio.equity), \(engine.portfolio.openPositionCount) positions, "
                    + "\(engine.openOrders.count) orders")
        }
    }

    package func closing(_ engine: TradingEngine, isOver: Bool) {
        let counters = engine.counters
        var unread: [String] = []
        if counters.newsDuplicates > 0 { unread.append("\(counters.newsDuplicates) duplicate") }
        unread += counters.sortedNewsRefused.map { "\($0.count) refused as \($0.reason.rawValue)" }
        let headlines =
            "\(counters.news) headlines"
            + (unread.isEmpty ? "" : " (\(unread.joined(separator: ", ")))")
        line(
            (isOver ? "The market is over" : "Stopped") + " at \(engine.now): "
                + "\(counters.bars) bars, \(headlines), \(counters.intents) orders, "
                + "\(counters.fills) fills; equity \(cents(engine.portfolio.equity))")
    }

    package func show(_ notice: Notice) {
        switch notice {
        case .signal(let signal, let verdict): show(signal, verdict)
        case .fill(let fill):
            event(
                fill.at, "fill", fill.symbol,
                "\(fill.side.rawValue) \(fill.quantity) at \(fill.price)  order \(fill.orderID)",
                .plain)
        case .closed(let trade):
            event(
                trade.exitTime, "closed", trade.symbol,
                "\(trade.quantity) for \(cents(trade.pnl))  \(trade.reason.rawValue)",
                trade.pnl.isNegative ? .bad : .good)
        case .sessionClosed(let snapshot, let dailyPnL):
            event(
                snapshot.at, "session", nil,
                "equity \(cents(snapshot.equity)), day \(dailyPnL.map(cents) ?? "n/a"), "
                    + "\(snapshot.openPositions) positions",
                .strong)
        case .weights(let change):
            guard change.weights.values != shownWeights else { return }
            shownWeights = change.weights.values
            let weights = StrategyID.allCases.map {
                "\($0.rawValue) \(percent(change.weights[$0]))"
            }
            event(
                change.at, "weights", nil,
                "version \(change.weights.version): " + weights.joined(separator: ", "), .faint)
        case .alert(let alert):
            event(alert.at, "ALERT", nil, "\(alert.code): \(alert.message)", .bad)
        case .hold(.set(let hold), let mode):
            event(
                hold.since, "hold", nil,
                "\(hold.id) \(hold.cause.rawValue)\(said(hold.why)), mode \(mode.rawValue)", .bad)
        case .hold(.lifted(let id, let by, let why, let at), let mode):
            event(at, "lifted", nil, "\(id) by \(by)\(said(why)), mode \(mode.rawValue)", .good)
        case .reconciliation(let run):
            event(
                run.at, "compared", nil,
                "\(run.verdict.rawValue): \(run.orders) orders, \(run.fills) fills, "
                    + "\(run.positions) positions",
                run.verdict == .differs ? .bad : .faint)
        }
    }

    private func said(_ why: String) -> String { why.isEmpty ? "" : ": \(Humane.plain(why))" }

    private func show(_ signal: Signal, _ verdict: Verdict) {
        // Only where the news spoke for what is done.
        let spoke = signal.votes.contains {
            $0.strategy == .sentiment && $0.direction == Int(signal.side.sign)
        }
        let headline = (spoke ? signal.headlines.last : nil).map {
            "  “\(FeedDefect.shown(Array($0.headline.utf8), max: 60))”"
        }
        switch verdict {
        case .approved(let quantity, _):
            event(
                signal.at, "order", signal.symbol,
                "\(signal.side.rawValue) \(quantity) (\(signal.reason.rawValue)) near "
                    + "\(signal.price)\(headline ?? "")",
                .strong)
        case .refused(let refusal):
            event(
                signal.at, "refused", signal.symbol,
                "\(signal.side.rawValue) (\(signal.reason.rawValue)): \(refusal.code.rawValue)",
                .faint)
        }
    }

    // MARK: - Lines

    private enum Style: String {
        case plain = ""
        case strong = "1"
        case faint = "2"
        case good = "32"
        case bad = "31"
    }

    private func event(
        _ at: Timestamp, _ kind: String, _ symbol: Symbol?, _ text: String, _ style: Style
    ) {
        let head = at.description + "  " + kind.padded(8) + (symbol?.name ?? "").padded(6)
        line(
            colour && style != .plain
                ? "\(head)\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : head + text)
    }

    private func line(_ text: String) {
        clearProgress()
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// At most four times a second, on standard error, over itself.
    package func progress(_ engine: TradingEngine) {
        let now = ContinuousClock.now
        guard now - lastProgress > .milliseconds(250) else { return }
        lastProgress = now
        hasProgressLine = true
        let text =
            "\r\u{1B}[K\(engine.now)  \(engine.counters.bars) bars  equity "
            + cents(engine.portfolio.equity)
        FileHandle.standardError.write(Data(text.utf8))
    }

    package func clearProgress() {
        guard hasProgressLine else { return }
        hasProgressLine = false
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    /// Rounded half to even to two digits, for people only.
    private func cents(_ money: Money) -> String {
        let units = divideHalfEven(Int128(money.units), 10_000_000) * 10_000_000
        return formatFixedDecimal(Int64(clamping: units), minimumFractionDigits: 2)
    }

    private func percent(_ share: Double) -> String {
        "\(Int((share * 1000).rounded()) / 10).\(Int((share * 1000).rounded()) % 10) %"
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
