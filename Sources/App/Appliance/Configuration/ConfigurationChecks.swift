import Domain
import Execution
import Foundation
import Learning
import News
import Primitives
import Risk
import Sentiment
import Signals

/// What only several keys together show.
struct CrossFinding {
    /// The keys that are compared; the first of them that was set is blamed.
    let keys: [String]
    let message: String
    var isWarning = false
}

/// All findings, in the order of the schema.
func crossChecks(_ configuration: Configuration) -> [CrossFinding] {
    feedChecks(configuration) + strategyChecks(configuration) + sizeChecks(configuration)
        + learningChecks(configuration) + messagingChecks(configuration)
        + warnings(configuration)
}

private func feedChecks(_ configuration: Configuration) -> [CrossFinding] {
    let (market, news) = (configuration.market, configuration.news)
    var findings: [CrossFinding] = []
    if market.kind == .replay, market.bars.isEmpty {
        findings.append(
            CrossFinding(
                keys: ["market.bars", "market.kind"],
                message: "a replay needs bar files: name them here or with --bars"))
    }
    if news.sources.contains(.replay), news.paths.isEmpty {
        findings.append(
            CrossFinding(
                keys: ["news.paths", "news.sources"],
                message: "the source \"replay\" needs news files: name them here or with --news"))
    }
    if news.sources.contains(.simulated), market.kind != .simulated {
        findings.append(
            CrossFinding(
                keys: ["news.sources", "market.kind"],
                message: "simulated news moves a simulated market and fits no other: "
                    + "take \"simulated\" out of news.sources"))
    }
    if configuration.session.calendar == .data, configuration.risk.sessionEdgeClose > .zero {
        findings.append(
            CrossFinding(
                keys: ["session.edge_close", "session.calendar"],
                message: "must be \"0s\" with session.calendar = \"data\", which does not know a "
                    + "close before it happens"))
    }
    return findings
}

private func strategyChecks(_ configuration: Configuration) -> [CrossFinding] {
    let signals = configuration.signals
    let enabled = StrategyID.allCases.map { "strategies.\($0.rawValue).enabled" }
    let weights = StrategyID.allCases.map { "strategies.\($0.rawValue).weight" }
    var findings: [CrossFinding] = []
    if configuration.strategiesEnabled == 0 {
        findings.append(
            CrossFinding(keys: enabled, message: "at least one strategy must be enabled"))
    } else if configuration.weights == nil {
        findings.append(
            CrossFinding(
                keys: weights + enabled,
                message: "at least one enabled strategy must weigh more than 0"))
    }
    if signals.trend.emaFast >= signals.trend.emaSlow {
        findings.append(
            CrossFinding(
                keys: ["strategies.trend.ema_fast", "strategies.trend.ema_slow"],
                message: "ema_fast must be below ema_slow, is \(signals.trend.emaFast) against "
                    + "\(signals.trend.emaSlow)"))
    }
    if signals.sentiment.minItems > configuration.sentiment.window.windowItems {
        findings.append(
            CrossFinding(
                keys: ["strategies.sentiment.min_items", "sentiment.window_items"],
                message: "min_items must not be above sentiment.window_items, is "
                    + "\(signals.sentiment.minItems) against "
                    + "\(configuration.sentiment.window.windowItems)"))
    }
    if signals.exitThreshold > signals.entryThreshold {
        findings.append(
            CrossFinding(
                keys: ["ensemble.exit_threshold", "ensemble.entry_threshold"],
                message: "exit_threshold must not be above entry_threshold, is "
                    + "\(signals.exitThreshold) against \(signals.entryThreshold)"))
    }
    return findings
}

private func sizeChecks(_ configuration: Configuration) -> [CrossFinding] {
    let sizing = configuration.risk.sizing
    var findings: [CrossFinding] = []
    if configuration.signals.atrPeriod == 0 {
        if sizing.mode == .risk {
            findings.append(
                CrossFinding(
                    keys: ["ensemble.atr_period", "sizing.mode"],
                    message: "must be above 0 with sizing.mode = \"risk\", which sizes by it"))
        }
        if configuration.execution.protectiveStops {
            findings.append(
                CrossFinding(
                    keys: ["ensemble.atr_period", "exits.protective_stops"],
                    message: "must be above 0 with exits.protective_stops, which places stops by it"
                ))
        }
    }
    if sizing.mode == .fixed, sizing.quantity < sizing.lot {
        findings.append(
            CrossFinding(
                keys: ["sizing.quantity", "sizing.lot", "sizing.mode"],
                message: "quantity must not be below lot, is \(sizing.quantity) against "
                    + "\(sizing.lot)"))
    }
    return findings
}

private func learningChecks(_ configuration: Configuration) -> [CrossFinding] {
    let learning = configuration.learning
    let count = Double(configuration.strategiesEnabled)
    guard learning.enabled, count > 0 else { return [] }
    let enabled = StrategyID.allCases.map { "strategies.\($0.rawValue).enabled" }
    var findings: [CrossFinding] = []
    if learning.floor > learning.ceiling {
        findings.append(
            CrossFinding(
                keys: ["learning.floor", "learning.ceiling", "learning.enabled"],
                message: "floor must not be above ceiling, is \(learning.floor) against "
                    + "\(learning.ceiling)"))
    }
    if learning.floor * count > 1 {
        findings.append(
            CrossFinding(
                keys: ["learning.floor", "learning.enabled"] + enabled,
                message: "\(brief(count)) enabled strategies with a floor of \(learning.floor) "
                    + "weigh more than 1 together: lower learning.floor"))
    }
    if learning.ceiling * count < 1 {
        findings.append(
            CrossFinding(
                keys: ["learning.ceiling", "learning.enabled"] + enabled,
                message: "\(brief(count)) enabled strategies with a ceiling of "
                    + "\(learning.ceiling) cannot weigh 1 together: raise learning.ceiling, or "
                    + "set learning.enabled = false"))
    }
    return findings
}

private func warnings(_ configuration: Configuration) -> [CrossFinding] {
    var findings: [CrossFinding] = []
    func warn(_ keys: [String], _ message: String) {
        findings.append(CrossFinding(keys: keys, message: message, isWarning: true))
    }
    let (market, news) = (configuration.market, configuration.news)
    if market.kind == .replay {
        for path in market.bars where !FileManager.default.fileExists(atPath: path) {
            warn(["market.bars"], "\(path) does not exist")
        }
    } else if !market.bars.isEmpty {
        warn(["market.bars"], "is not read while market.kind = \"simulated\"")
    }
    let symbols =
        configuration.trading.symbols.isEmpty
        ? market.simulation.symbolsCount : configuration.trading.symbols.count
    if market.kind == .simulated, market.simulation.newsPerDay > 20 * Double(symbols) {
        warn(
            ["market.news_per_day"],
            "counts as \(20 * symbols): the simulation writes at most 20 headlines a symbol")
    }
    if news.sources.contains(.replay) {
        for path in news.paths where !FileManager.default.fileExists(atPath: path) {
            warn(["news.paths"], "\(path) does not exist")
        }
    } else if !news.paths.isEmpty {
        warn(["news.paths"], "is not read without \"replay\" in news.sources")
    }
    if configuration.signals.sentiment.enabled, news.sources.isEmpty {
        warn(
            ["news.sources", "strategies.sentiment.enabled"],
            "the sentiment strategy always abstains, as there is no news")
    }
    if configuration.risk.sizing.mode == .risk, let limit = configuration.risk.positionShareMax,
        configuration.risk.sizing.equityShare > limit
    {
        warn(
            ["sizing.equity_share", "risk.position_share_max"],
            "is above risk.position_share_max, which cuts every larger position to \(limit)")
    }
    for limit in configuration.limitsOff {
        warn([limit], "is \"none\": for backtests only, run refuses it")
    }
    return findings
}
