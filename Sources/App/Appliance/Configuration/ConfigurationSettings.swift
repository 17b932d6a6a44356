import Backtest
import Domain
import News
import Sentiment

/// The table `trading`, but for the capital, which is the portfolio's.
package struct TradingSettings: Sendable, Equatable {
    /// The mode at every start.
    package var mode = TradingMode.active
    /// What is traded; empty means every symbol of the market's data.
    package var symbols: [Symbol] = []
    package var shorts = false

    package init() {}
}

/// Where bars come from.
package struct MarketSettings: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case simulated, replay }

    /// How fast recorded or simulated time passes.
    package enum Speed: Sendable, Equatable {
        /// As fast as the machine can.
        case max
        /// This many times real time; above 0.
        case factor(Double)

        /// Nil where the market does not wait for a clock.
        package var pace: Double? {
            if case .factor(let factor) = self { factor } else { nil }
        }
    }

    package enum BadRow: String, Sendable, CaseIterable { case skip, stop }

    package var kind = Kind.simulated
    /// Bar files of a replay, absolute paths.
    package var bars: [String] = []
    package var speed = Speed.factor(60)
    /// The length of a bar; nil: the smallest gap in the file, one minute when simulated.
    package var interval: Span?
    package var onBadRow = BadRow.skip
    package var simulation = SimulationSettings()

    package init() {}
}

/// The seeded market that needs no data.
package struct SimulationSettings: Sendable, Equatable {
    package var seed: UInt64 = 1
    /// The first date; the first session is on it or after it.
    package var start = CivilDate(daysSinceEpoch: 19_724)  // 2024-01-02
    /// Sessions until the market ends.
    package var days = 250
    /// Made-up companies, when `trading.symbols` names none.
    package var symbolsCount = 6
    /// Headlines a session, over all symbols, on average.
    package var newsPerDay = 12.0

    package init() {}
}

/// Where news comes from, and the stage that lets it in.
package struct NewsSettings: Sendable, Equatable {
    package enum Source: String, Sendable, CaseIterable { case replay, simulated, spool }

    /// What becomes of an item whose stamp is only a date.
    package enum DateOnly: String, Sendable, CaseIterable {
        /// Known at the next open.
        case nextOpen = "next-open"
        case drop
    }

    package var sources: [Source] = [.simulated]
    /// News files of a replay, absolute paths.
    package var paths: [String] = []
    /// The folder that is watched for dropped files.
    package var spool = "/var/lib/bellwether/spool"
    package var dateOnly = DateOnly.nextOpen
    package var admission = NewsConfig()

    package init() {}
}

/// When the market is open. The edges of a session are in `RiskConfig`.
package struct SessionSettings: Sendable, Equatable {
    package enum Calendar: String, Sendable, CaseIterable {
        /// New York Stock Exchange, by its rules.
        case xnys
        /// A session is whatever the bars cover.
        case data
    }

    package var calendar = Calendar.xnys
    package var extendedHours = false

    package init() {}
}

package struct SentimentSettings: Sendable, Equatable {
    package enum Model: String, Sendable, CaseIterable { case lexicon }

    /// Asked in this order until one is sure enough.
    package var chain: [Model] = [.lexicon]
    package var window = SentimentConfig()

    package init() {}
}

package struct BrokerSettings: Sendable, Equatable {
    /// Only the venue inside this process: no order can reach a real market (A13).
    package enum Kind: String, Sendable, CaseIterable { case paper }

    package var kind = Kind.paper
    package var venue = VenueConfig()

    package init() {}
}

/// Where the databases are, and how long history.db keeps its rows. ledger.db keeps all.
package struct StorageSettings: Sendable, Equatable {
    package var path = "/var/lib/bellwether"
    package var retentionBars = Span(seconds: 400 * 86400)
    package var retentionNews = Span(seconds: 90 * 86400)
    package var retentionReadings = Span(seconds: 90 * 86400)
    /// Of snapshots inside a session; those at its close stay.
    package var retentionEquity = Span(seconds: 30 * 86400)
    /// Bytes free on the disk below which entries stop.
    package var freeMin: Int64 = 64 << 20
    /// Bytes kept on the disk for the ledger.
    package var reserve: Int64 = 16 << 20

    package init() {}
}

/// What makes the order ids of this installation its own.
package struct InstallationSettings: Sendable, Equatable {
    /// Nil: eight characters that were made with the ledger.
    package var name: String?

    package init() {}
}

/// The local socket for commands.
package struct ControlSettings: Sendable, Equatable {
    /// Nil: see `Configuration.controlPath`.
    package var path: String?

    package init() {}
}

package struct ClockSettings: Sendable, Equatable {
    package enum Gate: String, Sendable, CaseIterable {
        /// Only where the market is the real one: a simulation has a clock of its own.
        case auto
        case on, off
    }

    package var gate = Gate.auto

    package init() {}
}
