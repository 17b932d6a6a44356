// What the person who installs the appliance may choose, in one value.
//
// A TOML file, its drop-ins and `--set` words -> `Configuration`, or every problem at once.
// The table in `ConfigurationSchema` is the one place where a key's name, type, range and help
// stand; the default of a key is the default of the field it sets.
//
// Invariants: a `Configuration` made by `loadConfiguration` has passed every check; it holds no
// secret; the default spends nothing and needs no account, no network and no file.
import Domain
import Execution
import Learning
import News
import Portfolio
import Risk
import Sentiment
import Signals

package struct Configuration: Sendable, Equatable {
    /// Copied on every change to the stages that need the same words: short selling to the
    /// signals and the risk gate, the traded symbols to the linking of news.
    package var trading = TradingSettings() {
        didSet {
            signals.shorts = trading.shorts
            risk.shorts = trading.shorts
            news.admission.universe = Set(trading.symbols)
        }
    }
    package var portfolio = PortfolioConfig()
    package var market = MarketSettings()
    package var news = NewsSettings()
    package var session = SessionSettings()
    package var sentiment = SentimentSettings()
    /// The tables `strategies.*` and `ensemble`.
    package var signals = SignalsConfig()
    /// The tables `risk` and `sizing`, and the edges of `session`.
    package var risk = RiskConfig()
    /// The tables `exits` and `orders`.
    package var execution = ExecutionConfig()
    package var installation = InstallationSettings()
    package var broker = BrokerSettings()
    package var learning = LearningConfig()
    package var storage = StorageSettings()
    package var control = ControlSettings()
    package var clock = ClockSettings()
    package var mqtt = MQTTSettings()
    package var commands = CommandSettings()
    package var log = LogSettings()

    package init() {}

    /// The keys of the risk limits that are `"none"`, in the order of the schema. Such a
    /// configuration is for backtests; `run` refuses it.
    package var limitsOff: [String] {
        ConfigurationSchema.keys.filter { $0.isLimit && $0.show(self) == quoted("none") }.map(
            \.path)
    }

    /// The configured weights of the enabled strategies, scaled to the sum 1; version 0. Nil when
    /// no enabled strategy weighs anything, which a loaded configuration never has.
    package var weights: StrategyWeights? {
        let raw = [
            signals.sentiment.enabled ? signals.sentiment.weight : 0,
            signals.trend.enabled ? signals.trend.weight : 0,
            signals.reversion.enabled ? signals.reversion.weight : 0,
        ]
        let sum = raw.reduce(0, +)
        return sum > 0 ? StrategyWeights(version: 0, values: raw.map { $0 / sum }) : nil
    }

    /// How many strategies may vote.
    package var strategiesEnabled: Int {
        [signals.sentiment.enabled, signals.trend.enabled, signals.reversion.enabled]
            .count { $0 }
    }
}
