import Backtest
import Domain
import Engine
import Execution
import Foundation
import News
import Portfolio
import Primitives
import Risk
import Signals
import Testing

@testable import Appliance

/// A text and the only problem that it has.
struct BadConfiguration: CustomTestStringConvertible, Sendable {
    let toml: String
    let problem: String
    var testDescription: String { toml.replacingOccurrences(of: "\n", with: " | ") }

    init(_ toml: String, _ problem: String) {
        self.toml = toml
        self.problem = problem
    }
}

@Suite struct ConfigurationTests {
    @Test("A14: no file at all gives the defaults, which pass every check without a warning")
    func defaults() throws {
        let loaded = try loadConfiguration(path: nil)
        #expect(loaded.configuration == Configuration())
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.files.isEmpty)
        #expect(loaded.configuration.market.kind == .simulated)
        #expect(loaded.configuration.news.sources == [.simulated])
    }

    @Test("A13: the default fills orders in this process, and a real broker cannot be named")
    func noRealMoney() throws {
        #expect(Configuration().broker.kind == .paper)
        #expect(BrokerSettings.Kind.allCases == [.paper])
        #expect(
            problems(in: "[broker]\nkind = \"alpaca-live\"") == [
                "2: broker.kind: must be \"paper\", is \"alpaca-live\", "
                    + "which is not built into this version"
            ])
    }

    static let wrong = [
        // Missing
        BadConfiguration(
            "[market]\nkind = \"replay\"\n[news]\nsources = []",
            "2: market.kind: a replay needs bar files: name them here or with --bars"),
        BadConfiguration(
            "[news]\nsources = [\"replay\"]",
            "2: news.sources: the source \"replay\" needs news files: name them here or with --news"
        ),
        BadConfiguration(
            "[sentiment]\nchain = []",
            "2: sentiment.chain: must be a list of at least one of \"lexicon\", is an empty list"),
        BadConfiguration(
            "[storage]\npath = \"\"", "2: storage.path: must be a path of 1 to 1024 bytes, is \"\""),
        // Wrong types
        BadConfiguration(
            "\n[risk]\n\npositions_max = \"ten\"",
            "4: risk.positions_max: must be an integer from 1 to 1000 or \"none\", is \"ten\""),
        BadConfiguration(
            "[risk]\npositions_max = 10.0",
            "2: risk.positions_max: must be an integer from 1 to 1000 or \"none\", is 10.0"),
        BadConfiguration(
            "[trading]\nshorts = \"yes\"", "2: trading.shorts: must be true or false, is \"yes\""),
        BadConfiguration(
            "[trading]\nsymbols = \"AAPL\"",
            "2: trading.symbols: must be a list of at most 5000 symbols, is \"AAPL\""),
        BadConfiguration(
            "[trading]\nsymbols = [1]",
            "2: trading.symbols: must be a list of at most 5000 symbols, is a list"),
        BadConfiguration(
            "[trading]\ncapital = true",
            "2: trading.capital: must be an amount from 1 to 9000000000, is true"),
        BadConfiguration(
            "[exits]\nhold_max = 90",
            "2: exits.hold_max: must be a length of time from 1s to 3650d, like \"90s\", \"5m\", "
                + "\"2h\" or \"3d\" or \"none\", is 90"),
        BadConfiguration(
            "[market]\nstart = 12:00:00",
            "2: market.start: must be a date from 1998-01-01 to 2030-12-31, is a time of day"),
        BadConfiguration("risk = 5", "1: risk: must be a table, written [risk], is 5"),
        BadConfiguration("[[risk]]", "1: risk: must be a table, written [risk], is a list"),
        BadConfiguration(
            "[market.seed]\nx = 1",
            "1: market.seed: must be an integer from 0 to 18446744073709551615, in quotes from "
                + "2^63 on, is a table"),
        BadConfiguration(
            "[news]\naliases = [\"Apple\"]",
            "2: news.aliases: must be a table of symbols, each with a list of names, is a list"),
        BadConfiguration(
            "[news.aliases]\nAAPL = \"Apple\"",
            "2: news.aliases.AAPL: must be a list of at most 100 names of 2 to 100 bytes, "
                + "is \"Apple\""),
        // Bad words
        BadConfiguration(
            "[market]\nkind = \"alpaca\"",
            "2: market.kind: must be \"simulated\" or \"replay\", is \"alpaca\", "
                + "which is not built into this version"),
        BadConfiguration(
            "[news]\nsources = [\"simulated\", \"rss\"]",
            "2: news.sources: must be made of \"replay\", \"simulated\" or \"spool\", is \"rss\", "
                + "which is not built into this version"),
        BadConfiguration(
            "[news]\nsources = [\"spool\", \"spool\"]", "2: news.sources: names \"spool\" twice"),
        BadConfiguration(
            "[session]\ncalendar = \"XNYS\"",
            "2: session.calendar: must be \"xnys\" or \"data\", is \"XNYS\""),
        BadConfiguration(
            "[trading]\nsymbols = [\"aapl\"]",
            "2: trading.symbols: \"aapl\" is not a symbol: 1 to 15 of A-Z 0-9 . - / in capitals, "
                + "a letter or digit first"),
        BadConfiguration(
            "[trading]\nsymbols = [\"A\", \"A\"]", "2: trading.symbols: names A twice"),
        BadConfiguration(
            "[orders]\nid_prefix = \"My Box\"",
            "2: orders.id_prefix: must be 1 to 11 of a-z 0-9 -, a letter or digit first, "
                + "is \"My Box\""),
        // Cut, two of a kind would have the same ids.
        BadConfiguration(
            "[orders]\nid_prefix = \"alpaca-paper-1\"",
            "2: orders.id_prefix: must be 1 to 11 of a-z 0-9 -, a letter or digit first, "
                + "is \"alpaca-paper-1\""),
        // Out of range
        BadConfiguration(
            "[risk]\nposition_share_max = 0",
            "2: risk.position_share_max: must be a number above 0, at most 1 or \"none\", is 0"),
        BadConfiguration(
            "[market]\nspeed = 0",
            "2: market.speed: must be a number above 0, at most 1000000, or \"max\", is 0"),
        BadConfiguration(
            "[market]\nspeed = nan",
            "2: market.speed: must be a number above 0, at most 1000000, or \"max\", is nan"),
        BadConfiguration(
            "[market]\nspeed = inf",
            "2: market.speed: must be a number above 0, at most 1000000, or \"max\", is inf"),
        BadConfiguration(
            "[market]\nseed = -1",
            "2: market.seed: must be an integer from 0 to 18446744073709551615, in quotes from "
                + "2^63 on, is -1"),
        BadConfiguration(
            "[storage]\nretention_bars = \"1h\"",
            "2: storage.retention_bars: must be a length of time from 1d to 3650d, like \"90s\", "
                + "\"5m\", \"2h\" or \"3d\", is \"1h\""),
        BadConfiguration(
            "[broker]\nfee_per_order = -0.5",
            "2: broker.fee_per_order: must be an amount from 0 to 1000, is -0.5"),
        // Unknown
        BadConfiguration(
            "[risk]\npositions_maks = 3",
            "2: risk.positions_maks: unknown key, perhaps risk.positions_max is meant"),
        BadConfiguration(
            "[risk]\nslippage_bps = 3",
            "2: risk.slippage_bps: unknown key, perhaps broker.slippage_bps is meant"),
        BadConfiguration(
            "[strategy.trend]\nenabled = true",
            "1: strategy: unknown table, perhaps strategies is meant"),
        BadConfiguration(
            "[strategies.trnd]\nenabled = true",
            "1: strategies.trnd: unknown table, perhaps strategies.trend is meant"),
        BadConfiguration("colour = \"blue\"", "1: colour: unknown key"),
        BadConfiguration("[weather]", "1: weather: unknown table"),
        BadConfiguration(
            "[broker]\n\"api\\nsecret\" = \"x\"",
            "1: broker.\"api\\nsecret\": unknown key; a secret never stands in this file, "
                + "it comes from a credential"),
        BadConfiguration(
            "[broker]\nkey_id = \"x\"",
            "2: broker.key_id: unknown key; a key never stands in this file, "
                + "it comes from a credential"),
        // Not TOML
        BadConfiguration(
            "[risk]\npositions_max = 3\npositions_max = 4",
            "3: is not TOML: Error while parsing key-value pair: cannot redefine existing integer "
                + "'positions_max'"),
        BadConfiguration(
            "[risk]\nx = \"\\u0000\"", "2: a zero character in a string"),
    ]

    @Test("S39: one thing wrong is one clear message with its line", arguments: wrong)
    func oneProblem(_ row: BadConfiguration) {
        #expect(problems(in: row.toml) == [row.problem])
    }

    @Test("A09, S39: everything wrong is reported at once, in the order of the lines")
    func allAtOnce() {
        let toml = """
            [risk]
            positions_max = "ten"
            cooldown = 5
            colour = "red"
            [market]
            kind = "moon"
            on_bad_row = 7
            [strategies.trend]
            ema_fast = 90
            [news]
            symbols_max = 0
            [extra]
            """
        let found = problems(in: toml, overrides: ["session.calendar=loud", "nothing"])
        #expect(found.count == 10)
        let lines = found.compactMap { Int($0.prefix(while: \.isNumber)) }
        #expect(lines == [2, 3, 4, 6, 7, 11, 12, 9])
        #expect(
            found.filter { $0.hasPrefix("--set: ") } == [
                "--set: session.calendar: must be \"xnys\" or \"data\", is \"loud\"",
                "--set: \"nothing\" is not of the form key=value",
            ])
    }

    @Test("A09: the message is file, line, key, what must be, what is")
    func wording() throws {
        let problem = ConfigurationProblem(
            file: "/etc/bellwether/bellwether.toml", line: 12, key: "risk.positions_max",
            message: "must be an integer from 1 to 1000, is \"ten\"")
        #expect(
            "\(problem)" == "/etc/bellwether/bellwether.toml:12: risk.positions_max: "
                + "must be an integer from 1 to 1000, is \"ten\"")
        let many = (1...150).map { ConfigurationProblem(file: "f", line: $0, message: "bad") }
        #expect("\(ConfigurationErrors(many))".hasSuffix("f:100: bad\nand 50 more"))
    }

    @Test("Every value reaches the stage that needs it")
    func values() throws {
        let configuration = try load(
            """
            [trading]
            mode = "paused"
            symbols = ["AAPL", "BRK.B"]
            capital = "2500.50"
            shorts = true
            [market]
            kind = "replay"
            bars = ["a.csv", "./sub/../b.csv", "/data//c.csv"]
            speed = "max"
            interval = "5m"
            seed = "18446744073709551615"
            [news]
            sources = ["spool"]
            date_only = "drop"
            [news.aliases]
            AAPL = ["Apple"]
            "BRK.B" = ["Berkshire", "Hathaway"]
            [session]
            edge_open = "90s"
            [exits]
            take_profit = "none"
            hold_max = "3d"
            [risk]
            positions_max = "none"
            [broker]
            fee_per_order = 0.35
            participation = "none"
            """
        ).configuration
        #expect(configuration.trading.mode == .paused)
        #expect(configuration.trading.symbols == [symbol("AAPL"), symbol("BRK.B")])
        #expect(configuration.news.admission.universe == [symbol("AAPL"), symbol("BRK.B")])
        #expect(configuration.portfolio.capital == Money(units: 2_500_500_000_000))
        #expect(configuration.risk.shorts && configuration.signals.shorts)
        #expect(
            configuration.market.bars == ["/conf/a.csv", "/conf/sub/../b.csv", "/data/c.csv"])
        #expect(configuration.market.speed == .max)
        #expect(configuration.market.interval == Span(seconds: 300))
        #expect(configuration.market.simulation.seed == .max)
        #expect(configuration.news.dateOnly == .drop)
        #expect(
            configuration.news.admission.aliases == [
                symbol("AAPL"): ["Apple"], symbol("BRK.B"): ["Berkshire", "Hathaway"],
            ])
        #expect(configuration.risk.sessionEdgeOpen == Span(seconds: 90))
        #expect(configuration.execution.takeProfitShare == nil)
        #expect(configuration.execution.holdMax == Span(seconds: 3 * 86400))
        #expect(configuration.risk.positionsMax == nil)
        #expect(configuration.limitsOff == ["risk.positions_max"])
        #expect(configuration.broker.venue.feePerOrder == Money(units: 350_000_000))
        #expect(configuration.broker.venue.participation == nil)
    }

    private func symbol(_ name: String) -> Symbol? { Symbol(name) }

    struct Length: Sendable {
        let text: String
        let seconds: Int64?
    }

    @Test(
        "Lengths of time are read strictly",
        arguments: [
            Length(text: "90s", seconds: 90), Length(text: "5m", seconds: 300),
            Length(text: "2h", seconds: 7200), Length(text: "3d", seconds: 259_200),
            Length(text: "0s", seconds: 0), Length(text: "", seconds: nil),
            Length(text: "s", seconds: nil), Length(text: "5", seconds: nil),
            Length(text: "-5m", seconds: nil), Length(text: "+5m", seconds: nil),
            Length(text: "5 m", seconds: nil), Length(text: "1.5h", seconds: nil),
            Length(text: "1h30m", seconds: nil), Length(text: "5M", seconds: nil),
            Length(text: "٥m", seconds: nil), Length(text: "999999999d", seconds: nil),
            Length(text: "9999999999999999999s", seconds: nil),
            Length(text: "5m ", seconds: nil), Length(text: "5m\u{301}", seconds: nil),
        ])
    func lengths(_ row: Length) {
        let span = Span(text: row.text)
        #expect(span == row.seconds.map { Span(seconds: $0) })
        if let span { #expect(Span(text: spanText(span)) == span) }
    }

    @Test("Orders bear the configured prefix, those of tests and backtests their own")
    func prefix() throws {
        func prefix(_ toml: String, _ other: String? = nil) throws -> String {
            let assembly = try Assembly(load(toml).configuration)
            return assembly.engineConfig(idPrefix: other, interval: Span(seconds: 60))
                .execution.idPrefix
        }
        #expect(try prefix("") == "bw-paper")
        #expect(try prefix("[orders]\nid_prefix = \"box-7\"") == "box-7")
        #expect(try prefix("[orders]\nid_prefix = \"box-7\"", "bw-test") == "bw-test")
    }
}
