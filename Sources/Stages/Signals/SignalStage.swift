// Signals: bar windows, three strategies, one ensemble.
//
// bars (in order per symbol), sentiment aggregates -> ballots -> an ensemble score and a stance
//
// Invariants: windows are bounded; a corrected or late bar rebuilds indicators exactly and never
// decides; a bar on which nobody votes allocates nothing; equal bars give equal ballots, with or
// without a restart in between.

import Domain
import Indicators
import Primitives

/// What the ensemble would do with a symbol.
package enum Stance: Sendable, Equatable {
    case enterLong, enterShort
    /// Against a long or a short position.
    case exitLong, exitShort
}

package struct SignalStage: Sendable {
    package let config: SignalsConfig
    private var windows: [BarWindow] = []

    package init(_ config: SignalsConfig) { self.config = config }

    /// Makes room for symbols up to `count`.
    package mutating func register(count: Int) {
        while windows.count < count { windows.append(BarWindow(config)) }
    }

    /// Takes a bar into its symbol's window and indicators.
    package mutating func update(_ bar: Bar) -> BarOutcome {
        windows[bar.symbol.index].offer(bar, config)
    }

    package func isWarm(_ id: SymbolID) -> Bool { windows[id.index].current.isWarm(config) }
    package func newestBar(_ id: SymbolID) -> Bar? { windows[id.index].newest }
    /// In USD; nil while warming or when switched off.
    package func averageTrueRange(_ id: SymbolID) -> Double? {
        windows[id.index].current.range.value
    }

    /// - Parameters:
    ///   - isNewBar: the newest bar has just been appended; trend votes on that bar only.
    ///   - sentiment: the symbol's window, nil when empty.
    ///
    /// Mutating only in name: asked as a function, it would first get a copy of the stage.
    package mutating func ballot(
        _ id: SymbolID, isNewBar: Bool, sentiment: (value: Double, count: Int)?
    ) -> Ballot {
        var ballot = Ballot()
        if config.trend.enabled && isNewBar {
            let direction = windows[id.index].current.trendDirection(config.trend)
            if direction != 0 { ballot.cast(.trend, direction: direction, strength: 1) }
        }
        if config.reversion.enabled { castReversion(id, &ballot) }
        if let sentiment, config.sentiment.enabled, sentiment.count >= config.sentiment.minItems,
            sentiment.value.magnitude >= config.sentiment.threshold
        {
            ballot.cast(
                .sentiment, direction: sentiment.value > 0 ? 1 : -1,
                strength: sentiment.value.magnitude)
        }
        return ballot
    }

    /// Against a close far from its mean; strength 0.5 at `entryZ`, 1 at twice that.
    private mutating func castReversion(_ id: SymbolID, _ ballot: inout Ballot) {
        guard let z = windows[id.index].zScore(),
            z.magnitude >= config.reversion.entryZ
        else { return }
        ballot.cast(
            .reversion, direction: z > 0 ? -1 : 1,
            strength: z.magnitude / (2 * config.reversion.entryZ))
    }

    /// What the score asks for, given the position's sign (-1, 0, 1); nil for nothing.
    package func stance(score: Double, position: Int) -> Stance? {
        switch position {
        case 0:
            if score >= config.entryThreshold { return .enterLong }
            if config.shorts && score <= -config.entryThreshold { return .enterShort }
        case 1...:
            if score <= -config.exitThreshold { return .exitLong }
        default:
            if score >= config.exitThreshold { return .exitShort }
        }
        return nil
    }

    /// The figures behind the votes, for a signal's evidence. Values with 6 digits at most.
    package func evidence(_ id: SymbolID) -> [Figure] {
        let state = windows[id.index].current
        var figures: [Figure] = [Figure("bars", String(state.bars))]
        func add(_ name: String, _ value: Double?) {
            if let value { figures.append(Figure(name, describe(value))) }
        }
        if config.trend.enabled {
            add("ema_fast", state.fast.value)
            add("ema_slow", state.slow.value)
            add("rsi", state.strength.value)
        }
        add("atr", state.range.value)
        if config.reversion.enabled, let close = windows[id.index].newest?.close {
            add("z_score", state.moments.zScore(of: close))
        }
        return figures
    }
}

/// Six digits after the point, from integers, so that no C library's rounding shows.
private func describe(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 9e9 else { return "out of range" }
    let micro = Int64((value * 1e6).rounded(.toNearestOrEven))
    return formatFixedDecimal(micro * 1000, minimumFractionDigits: 2)
}
