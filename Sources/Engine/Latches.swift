// The machine's own judgement that it does badly: after losses beyond a limit, a row of lost round
// trips, or orders that fail, it keeps to reducing what it holds until a person has looked at it.

import Domain
import Execution
import Portfolio
import Primitives
import Risk

/// What is counted for it; all of it survives a restart in the checkpoint.
struct LatchCounters: Sendable, Equatable {
    /// Round trips lost in a row.
    var losingStreak = 0
    /// The latest orders, newest lowest, 1 for one that failed; above them a 1 that only says how
    /// many there are. Zero: none.
    var orderFailures: Int64 = 0
    /// Σ P&L of the trades of round trips that are not over.
    var roundTrips: [Symbol: Money] = [:]

    private static let window = 20

    init() {}

    init(restoring checkpoint: Checkpoint) {
        losingStreak = max(0, checkpoint.losingStreak)
        let most = Int64(1) << (Self.window + 1)
        orderFailures = (0..<most).contains(checkpoint.orderFailures) ? checkpoint.orderFailures : 0
        roundTrips = checkpoint.roundTrips
    }

    mutating func count(order isFailure: Bool) {
        var bits = max(1, orderFailures) << 1 | (isFailure ? 1 : 0)
        let mark = Int64(1) << Self.window
        if bits >= mark << 1 { bits = bits & (mark - 1) | mark }
        orderFailures = bits
    }

    /// An order that was taken came to nothing after all: the newest that counts as good is it, or
    /// one as good as it.
    mutating func turn() {
        let newest = (~orderFailures).trailingZeroBitCount
        if newest < orders { orderFailures |= 1 << newest }
    }

    var orders: Int { orderFailures > 0 ? 63 - orderFailures.leadingZeroBitCount : 0 }
    var failures: Int { max(0, orderFailures.nonzeroBitCount - 1) }
}

extension TradingEngine {
    /// At the end of an instant, and where an entry was refused for it.
    mutating func judgeLosses(_ effects: inout [Effect]) {
        let equity = portfolio.equity
        if gate.isDayLost(from: tracker.lossStart, to: equity) {
            latch(.dailyLoss, from: tracker.lossStart, &effects)
        }
        if gate.isDrawnDown(from: tracker.drawdownStart, to: equity) {
            latch(.drawdown, from: tracker.drawdownStart, &effects)
        }
    }

    private mutating func latch(
        _ cause: HoldCause, from start: Money?, _ effects: inout [Effect]
    ) {
        guard holds.first(cause) == nil, !isUnmarked, let start else { return }
        hold(cause, .reduceOnly, "equity is \(portfolio.equity), from \(start)", &effects)
    }

    /// Reads from what an event recorded how orders fared and which round trips came to their end.
    mutating func judgeOutcomes(_ effects: inout [Effect], from start: Int) {
        var ended: [SymbolID] = []
        for index in start..<effects.count {
            guard case .record(let entry) = effects[index] else { continue }
            switch entry {
            case .transition(let step): count(step)
            case .fill(let fill):
                // Shares given back at what they cost end a round trip without a trade.
                guard let id = symbols.id(of: fill.symbol), portfolio.quantity(id).isZero,
                    latches.roundTrips[fill.symbol] != nil
                else { continue }
                if !ended.contains(id) { ended.append(id) }
            case .closedTrade(let trade):
                guard let id = symbols.id(of: trade.symbol) else { continue }
                let sum = latches.roundTrips[trade.symbol] ?? .zero
                latches.roundTrips[trade.symbol] = (try? sum.adding(trade.pnl)) ?? sum
                if !ended.contains(id), isOver(trade, id) { ended.append(id) }
            default: break
            }
        }
        for id in ended { endRoundTrip(id) }
        judgeCounters(&effects)
    }

    private func isOver(_ trade: ClosedTrade, _ id: SymbolID) -> Bool {
        let held = portfolio.quantity(id)
        return held.isZero || held.isNegative == (trade.side == .buy)
    }

    private mutating func endRoundTrip(_ id: SymbolID) {
        guard let pnl = latches.roundTrips.removeValue(forKey: symbols[id]) else { return }
        latches.losingStreak = pnl.isNegative ? latches.losingStreak + 1 : 0
    }

    /// An order counts once, by its first step after it was sent, or as failed when it was taken
    /// and is rejected after all. A protective stop travels with its entry and is no order of its
    /// own.
    private mutating func count(_ step: OrderTransition) {
        let isFirst = step.from == .submitting && step.to != .submitting
        let isTurned = step.from == .acked && step.to == .rejected
        guard isFirst || isTurned else { return }
        if case .protectiveStop = execution.known(step.id)?.intent.role { return }
        if isTurned { return latches.turn() }
        switch step.to {
        case .rejected, .notPlaced, .unknown: latches.count(order: true)
        default: latches.count(order: false)
        }
    }

    private mutating func judgeCounters(_ effects: inout [Effect]) {
        if let limit = config.risk.losingStreakMax, latches.losingStreak >= limit,
            holds.first(.losingStreak) == nil
        {
            hold(
                .losingStreak, .reduceOnly, "\(latches.losingStreak) round trips lost in a row",
                &effects)
        }
        let (orders, failures) = (latches.orders, latches.failures)
        if let share = config.risk.orderFailuresShareMax, orders >= 10,
            Double(failures) >= share * Double(orders), holds.first(.errorRate) == nil
        {
            hold(
                .errorRate, .reduceOnly, "\(failures) of the latest \(orders) orders failed",
                &effects)
        }
    }
}
