import Appliance
import Backtest
import Calendar
import Domain
import Engine
import Execution
import Learning
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals
import Testing

@Suite struct TradingDayTests {
    private static func day() throws -> TradingDay {
        var venue = VenueConfig()
        venue.slippageBasisPoints = 0
        venue.feePerOrder = Money(whole: 1)
        return TradingDay(
            date: CivilDate("2024-03-11")!, calendar: .xnys(try newYorkZone()), venue: venue)
    }

    /// Sentiment and trend vote; ten shares an order; a stop one dollar away; short waits.
    private static func config() throws -> EngineConfig {
        var config = EngineConfig(calendar: try day().calendar)
        config.signals.sentiment.minItems = 1
        config.signals.trend.emaFast = 2
        config.signals.trend.emaSlow = 4
        config.signals.trend.rsiPeriod = 2
        config.signals.trend.warmup = 3
        config.signals.reversion.enabled = false
        config.signals.atrPeriod = 2
        config.risk.sizing.mode = .fixed
        config.risk.sizing.quantity = Quantity(whole: 10)
        config.risk.sizing.stopATR = 2
        config.risk.sessionEdgeOpen = Span(seconds: 60)
        config.risk.cooldown = Span(seconds: 300)
        config.risk.priceAgeMax = Span(seconds: 600)
        config.execution.takeProfitShare = 0.01
        config.learning.samplesMin = 1
        return config
    }

    @Test("A01 S09: a day from the open to the close, the whole log")
    func wholeDay() throws {
        let table = """
            09:30 session open
                book cash 100000.00, capital -100000.00
                weights sentiment 0.6250 trend 0.3750 reversion 0.0000
            09:31 bar AAPL 130.00 130.20 129.90 130.10 12000
            09:31:30 news AAPL "Apple beats profit estimates and raises full-year outlook"
                reading AAPL positive 0.75 confidence 0.74
                signal AAPL buy entry at 130.10 votes sentiment +0.75: refused WARMING_UP
            09:32 bar AAPL 130.10 130.40 130.00 130.30 12000
            09:33 bar AAPL 130.30 130.40 130.10 130.30 12000
            09:34 bar AAPL 130.30 130.50 130.20 130.40 12000
                signal AAPL buy entry at 130.40 votes sentiment +0.75: 10
                order AAPL entry buy 10
                order AAPL stop sell 10 @ 129.75
                send AAPL entry
                AAPL entry SUBMITTING
                AAPL stop SUBMITTING
                AAPL entry ACKED
                AAPL stop ACKED
            09:35 bar AAPL 130.50 130.60 129.00 129.20 12000
                AAPL entry FILLED
                fill AAPL entry buy 10 @ 130.50
                book cash -1306.00, securities:AAPL 1305.00, fees 1.00
                AAPL stop FILLED
                fill AAPL stop sell 10 @ 129.75
                book cash 1296.50, securities:AAPL -1305.00, realized 7.50, fees 1.00
                closed AAPL 10 for -9.50 stop
                weights sentiment 0.6250 trend 0.3750 reversion 0.0000
            09:36 bar AAPL 129.20 129.60 129.10 129.50 12000
                signal AAPL buy entry at 129.50 votes sentiment +0.75: refused COOLDOWN
            09:38 bar AAPL 129.50 129.90 129.40 129.80 12000
            09:41 bar AAPL 129.80 130.00 129.60 129.90 12000
                signal AAPL buy entry at 129.90 votes sentiment +0.75 trend +1.00: 10
                order AAPL entry buy 10
                order AAPL stop sell 10 @ 128.89
                send AAPL entry
                AAPL entry SUBMITTING
                AAPL stop SUBMITTING
                AAPL entry ACKED
                AAPL stop ACKED
            09:42 bar AAPL 129.90 130.20 129.80 130.10 12000
                AAPL entry FILLED
                fill AAPL entry buy 10 @ 129.90
                book cash -1300.00, securities:AAPL 1299.00, fees 1.00
            09:43 bar AAPL 130.10 131.60 130.00 131.50 12000
                signal AAPL sell take-profit at 131.50: 10
                order AAPL exit sell 10
                cancel AAPL stop
                AAPL stop CANCELED: requested
                send AAPL exit
                AAPL exit SUBMITTING
                AAPL exit ACKED
            09:44 bar AAPL 131.60 131.80 131.40 131.70 12000
                AAPL exit FILLED
                fill AAPL exit sell 10 @ 131.60
                book cash 1315.00, securities:AAPL -1299.00, realized -17.00, fees 1.00
                closed AAPL 10 for 15.00 take-profit
                weights sentiment 0.6233 trend 0.3767 reversion 0.0000
                signal AAPL buy entry at 131.70 votes sentiment +0.75: refused COOLDOWN
            15:50 bar AAPL 131.70 131.90 131.60 131.80 12000
                signal AAPL buy entry at 131.80 votes sentiment +0.75: refused SESSION_EDGE
            15:50:10 news AAPL "Apple wins major contract, stock jumps"
                reading AAPL positive 0.71 confidence 0.71
            16:00 bar AAPL 131.80 131.90 131.70 131.90 12000
            16:00 session close
                session equity 100005.50 cash 100005.50 positions 0
                day 5.50
            """
        expectTable(try Self.day().play(table, Self.config()), table)
    }

    @Test(
        "S34: what is not active refuses the entry, and nothing reaches the venue",
        arguments: [TradingMode.reduceOnly, .paused, .halted])
    func mode(_ mode: TradingMode) throws {
        var config = try Self.config()
        config.mode = mode
        let table = """
            09:30 session open
                book cash 100000.00, capital -100000.00
                weights sentiment 0.6250 trend 0.3750 reversion 0.0000
            09:31 bar AAPL 130.00 130.20 129.90 130.10 12000
            09:32 bar AAPL 130.10 130.40 130.00 130.30 12000
            09:33 bar AAPL 130.30 130.40 130.10 130.30 12000
            09:34 bar AAPL 130.30 130.50 130.20 130.40 12000
            09:34:30 news AAPL "Apple beats profit estimates and raises full-year outlook"
                reading AAPL positive 0.75 confidence 0.74
                signal AAPL buy entry at 130.40 votes sentiment +0.75: refused MODE
            09:35 bar AAPL 130.50 130.60 130.40 130.50 12000
            16:00 bar AAPL 130.50 130.60 130.40 130.50 12000
            16:00 session close
                session equity 100000.00 cash 100000.00 positions 0
                day 0.00
            """
        expectTable(try Self.day().play(table, config), table)
    }

    @Test("S09: news on an old price is refused, and taken up with the next one")
    func stalePrice() throws {
        let table = """
            09:30 session open
                book cash 100000.00, capital -100000.00
                weights sentiment 0.6250 trend 0.3750 reversion 0.0000
            09:31 bar AAPL 130.00 130.20 129.90 130.10 12000
            09:32 bar AAPL 130.10 130.40 130.00 130.30 12000
            09:33 bar AAPL 130.30 130.40 130.10 130.30 12000
            09:34 bar AAPL 130.30 130.50 130.20 130.40 12000
            09:44:01 news AAPL "Apple beats profit estimates and raises full-year outlook"
                reading AAPL positive 0.75 confidence 0.74
                signal AAPL buy entry at 130.40 votes sentiment +0.75: refused PRICE_STALE
            09:45 bar AAPL 130.50 130.60 130.40 130.50 12000
                signal AAPL buy entry at 130.50 votes sentiment +0.75: 10
                order AAPL entry buy 10
                order AAPL stop sell 10 @ 129.85
                send AAPL entry
                AAPL entry SUBMITTING
                AAPL stop SUBMITTING
                AAPL entry ACKED
                AAPL stop ACKED
            16:00 bar AAPL 130.50 130.60 130.40 130.60 12000
            16:00 session close
                AAPL entry FILLED
                fill AAPL entry buy 10 @ 130.50
                book cash -1306.00, securities:AAPL 1305.00, fees 1.00
                session equity 100000.00 cash 98694.00 positions 1
                day 0.00
            """
        expectTable(try Self.day().play(table, Self.config()), table)
    }

    @Test("A table that differs is shown line by line")
    func difference() {
        let table = "09:30 session open\n    day 1.00\n    end\n"
        #expect(tableDifference(table, "09:30  session open\n  day  1.00\n  end") == nil)
        #expect(
            tableDifference(table, "09:30 session open\n    day 2.00\n    end\n")
                == "  09:30 session open\n-     day 2.00\n+     day 1.00\n      end\n")
    }
}
