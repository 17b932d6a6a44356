import Domain
import Foundation
import Testing

@testable import Appliance

@Suite struct ConfigurationCheckTests {
    static let onlyTrend =
        "strategies.sentiment.enabled=false strategies.reversion.enabled=false"

    struct Row: CustomTestStringConvertible, Sendable {
        let overrides: String
        /// The key blamed; nil: the configuration is good.
        let key: String?
        let words: String
        var testDescription: String { overrides }

        init(_ overrides: String, _ key: String?, _ words: String = "") {
            self.overrides = overrides
            self.key = key
            self.words = words
        }
    }

    @Test(
        "S39: what only several keys together show is found",
        arguments: [
            Row("strategies.trend.ema_fast=90", "strategies.trend.ema_fast", "90 against 90"),
            Row("strategies.trend.ema_slow=30", "strategies.trend.ema_slow", "30 against 30"),
            Row("strategies.trend.ema_fast=89", nil),
            Row("ensemble.exit_threshold=0.31", "ensemble.exit_threshold", "0.31 against 0.3"),
            Row("ensemble.exit_threshold=0.3", nil),
            Row(
                onlyTrend + " strategies.trend.enabled=false", "strategies.sentiment.enabled",
                "at least one strategy must be enabled"),
            Row(
                onlyTrend + " learning.enabled=false strategies.trend.weight=0",
                "strategies.trend.weight", "must weigh more than 0"),
            Row(onlyTrend, "strategies.sentiment.enabled", "raise learning.ceiling"),
            Row(onlyTrend + " learning.ceiling=1", nil),
            Row(onlyTrend + " learning.enabled=false", nil),
            Row("learning.floor=0.34", "learning.floor", "3 enabled strategies with a floor"),
            Row("learning.floor=0.33", nil),
            Row("learning.ceiling=0.33", "learning.ceiling", "cannot weigh 1 together"),
            Row("learning.ceiling=0.04", "learning.ceiling", "cannot weigh 1 together"),
            Row("learning.floor=0.3 learning.enabled=false learning.ceiling=0", nil),
            Row("session.calendar=data", "session.calendar", "must be \"0s\""),
            Row("session.calendar=data session.edge_close=0s", nil),
            Row(
                "ensemble.atr_period=0 exits.protective_stops=false", "ensemble.atr_period", "risk"),
            Row("ensemble.atr_period=0 sizing.mode=fixed", "ensemble.atr_period", "stops"),
            Row("ensemble.atr_period=0 sizing.mode=fixed exits.protective_stops=false", nil),
            Row("sizing.mode=fixed sizing.lot=100", "sizing.lot", "1 against 100"),
            Row("sizing.lot=100", nil),
            Row(
                "strategies.sentiment.min_items=65", "strategies.sentiment.min_items",
                "65 against 64"),
            Row("market.kind=replay market.bars=x.csv", "market.kind", "simulated news"),
            Row("market.kind=replay market.bars=x.csv news.sources=", nil),
            Row("news.sources=replay", "news.sources", "needs news files"),
        ])
    func crossed(_ row: Row) throws {
        let overrides = row.overrides.split(separator: " ").map(String.init)
        do {
            _ = try loadConfiguration(path: nil, overrides: overrides)
            #expect(row.key == nil)
        } catch {
            #expect(error.problems.map(\.key).contains(row.key), "\(error)")
            #expect("\(error)".contains(row.words), "\(error)")
        }
    }

    @Test("A key that could not be read causes no second message about what it would have been")
    func noEchoes() {
        #expect(problems(in: "[strategies.trend]\nema_fast = 90\nema_slow = \"x\"").count == 1)
    }

    @Test("S21: weights of the enabled strategies are scaled to the sum 1")
    func weights() throws {
        let loaded = try loadConfiguration(
            path: nil,
            overrides: [
                "strategies.sentiment.weight=0.9", "strategies.trend.weight=0.3",
                "strategies.reversion.enabled=false",
            ])
        let weights = try #require(loaded.configuration.weights)
        #expect((weights[.sentiment] - 0.75).magnitude < 1e-12)
        #expect((weights[.trend] - 0.25).magnitude < 1e-12)
        #expect(weights[.reversion] == 0)
        #expect(Configuration().weights != nil)
    }

    @Test("Risk limits that are none are named, and are warnings")
    func limitsOff() throws {
        let limits = ConfigurationSchema.keys.filter(\.isLimit).map(\.path)
        #expect(limits.count == 10)
        let loaded = try loadConfiguration(path: nil, overrides: limits.map { "\($0)=none" })
        #expect(loaded.configuration.limitsOff == limits)
        #expect(loaded.warnings.map(\.key) == limits)
        #expect(loaded.warnings.allSatisfy { $0.message.contains("run refuses it") })
        #expect(Configuration().limitsOff.isEmpty)
    }

    @Test(
        "What is probably not meant is a warning, not an error",
        arguments: [
            Row("news.sources=", "news.sources", "always abstains"),
            Row("news.paths=x.csv", "news.paths", "is not read"),
            Row("market.bars=x.csv", "market.bars", "is not read"),
            Row("sizing.equity_share=0.5", "sizing.equity_share", "0.2"),
            Row("market.news_per_day=121", "market.news_per_day", "counts as 120"),
            Row(
                "market.kind=replay market.bars=/no/such.csv news.sources= "
                    + "strategies.sentiment.enabled=false", "market.bars",
                "/no/such.csv does not exist"),
        ])
    func warned(_ row: Row) throws {
        let overrides = row.overrides.split(separator: " ").map(String.init)
        let warnings = try loadConfiguration(path: nil, overrides: overrides).warnings
        #expect(warnings.map(\.key) == [row.key])
        #expect(warnings.first?.message.contains(row.words) == true, "\(warnings)")
    }
}
