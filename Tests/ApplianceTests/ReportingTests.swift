import Appliance
import Backtest
import Domain
import Foundation
import Portfolio
import Primitives
import Testing

@Suite struct ReportingTests {
    @Test("The machine format of a small run, byte by byte")
    func bytes() throws {
        var report = try ReportingFixture.run()
        report.metrics = [
            Metric("total_pnl", .money(try ReportingFixture.money("5.25")), "final - \"first\""),
            Metric("total_pnl_pct", .ratio(0.00525), "part"), Metric("fills", .count(2), "n"),
            Metric("hold_seconds_avg", .seconds(5400), "mean"), Metric("sharpe", .none, "n/a"),
        ]
        let time = #""entry_time":"2024-03-04T14:31:00Z","entry_price":"100.05","exit_time":"#
        let expected = #"""
            {
            "run":{
            "seed":20240102,
            "interval":60.0
            },
            "summary":{
            "total_pnl":{"value":"5.25","formula":"final - \"first\""},
            "total_pnl_pct":{"value":0.00525,"formula":"part"},
            "fills":{"value":2,"formula":"n"},
            "hold_seconds_avg":{"value":5400.0,"formula":"mean"},
            "sharpe":{"value":null,"formula":"n/a"}
            },
            "equity":[
            ["2024-03-04T21:00:00Z","1008.50"],
            ["2024-03-05T21:00:00Z","1005.25"]
            ],
            "trades":[
            {"symbol":"AAPL","side":"buy","quantity":"10",\#(time)\#
            "2024-03-04T16:01:00Z","exit_price":"101.00","costs":"1.00","pnl":"8.50",\#
            "exit_reason":"flip","entry_order":"bw-entry-1","exit_order":"bw-exit-1",\#
            "hold_seconds":5400.0}
            ],
            "weights":[
            {"time":"2024-03-04T14:30:00Z","version":0,"weights":{"sentiment":0.5,"trend":0.25,\#
            "reversion":0.25},"cause":null,"credits":{"sentiment":null,"trend":null,\#
            "reversion":null}},
            {"time":"2024-03-04T16:01:00Z","version":1,"weights":{"sentiment":0.5,"trend":0.375,\#
            "reversion":0.125},"cause":"e1+x1","credits":{"sentiment":0.25,"trend":0.0,\#
            "reversion":-0.5}}
            ],
            "refusals":{
            "COOLDOWN":3
            },
            "defects":[
            "bars.csv:7: high below low: AAPL,…"
            ]
            }

            """#
        #expect(report.json() == expected)
    }

    @Test("The same report gives the same bytes in every form")
    func deterministic() throws {
        let (one, other) = (try ReportingFixture.run(), try ReportingFixture.run())
        #expect(one.json() == other.json())
        #expect(one.html() == other.html())
        #expect(one.text(width: 80, colour: true) == other.text(width: 80, colour: true))
    }

    @Test("S01: what is undefined is null for tools and n/a for people, never zero")
    func undefined() throws {
        let report = ReportingFixture.empty()
        let summary = try summary(report)
        for key in ["win_rate", "sharpe", "daily_pnl", "hold_seconds_avg", "max_drawdown"] {
            let figure = try #require(summary[key] as? [String: Any])
            #expect(figure["value"] is NSNull, "\(key)")
        }
        let text = report.text(width: 80, colour: false)
        #expect(text.contains(/Win rate +n\/a/))
        #expect(text.contains(/Sharpe +n\/a/))
        #expect(text.contains("No trade was closed."))
        #expect(report.html().contains("<td class=\"num\">n/a</td>"))
    }

    @Test("S08: a capital of zero has no ratio to it")
    func zeroCapital() throws {
        let closes = [try ReportingFixture.snapshot("2024-03-04T21:00:00Z", "0")]
        let report = ReportingFixture.report(
            title: "Zero", capital: .zero, closes: closes, trades: [], weights: [])
        let figure = try #require(try summary(report)["total_pnl_pct"] as? [String: Any])
        #expect(figure["value"] is NSNull)
        #expect(report.text(width: 80, colour: false).contains(/Total P&L % +n\/a/))
        #expect(!report.html().contains("nan"))
    }

    @Test("S07: daily and total P&L are two figures with two formulas")
    func dailyAndTotal() throws {
        let summary = try summary(ReportingFixture.run())
        let daily = try #require(summary["daily_pnl"] as? [String: String])
        let total = try #require(summary["total_pnl"] as? [String: String])
        #expect(daily["value"] == "-3.25")
        #expect(total["value"] == "5.25")
        #expect(daily["formula"] != total["formula"])
    }

    @Test("Every figure appears in every form, one without a place of its own too")
    func everyMetric() throws {
        var report = try ReportingFixture.run()
        report.metrics.append(Metric("brand_new", .count(4_711), "a <new> figure"))
        let (html, text) = (report.html(), report.text(width: 80, colour: false))
        let summary = try summary(report)
        #expect(summary.count == report.metrics.count)
        for metric in report.metrics {
            #expect(summary[metric.key] != nil)
            let code = "<code>\(metric.key)</code>"
            #expect(html.components(separatedBy: code).count == 2, "\(metric.key)")
        }
        #expect(text.contains(/Brand new +4,711/))
        #expect(html.contains("a &lt;new&gt; figure"))
    }

    @Test("A terminal's width is kept, and colour is only where it was asked for")
    func width() throws {
        var report = try ReportingFixture.run()
        report.run.append(("files", .list((1...20).map { .text("data/bars/file-\($0).csv") })))
        for line in report.text(width: 80, colour: false).split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
        #expect(!report.text(width: 80, colour: false).contains("\u{1B}"))
        #expect(report.text(width: 80, colour: true).contains("\u{1B}[1mBacktest\u{1B}[0m"))
    }

    @Test("Text from outside is shown, never obeyed")
    func hostile() throws {
        let hostile = ReportingFixture.hostile
        var report = try ReportingFixture.run()
        report.title = hostile
        report.run = [(hostile, .text(hostile)), ("files", .values([(hostile, .integer(1))]))]
        report.metrics.append(Metric(hostile, .count(1), hostile))
        report.refusals = [(hostile, 1)]
        report.defects = [hostile]
        let html = report.html()
        #expect(!html.contains("<script"))
        #expect(html.components(separatedBy: "</style>").count == 2)
        #expect(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"))
        for text in [html, report.text(width: 80, colour: false)] {
            let control = text.unicodeScalars.contains {
                ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value)
                    || $0.value == 0x202E
            }
            #expect(!control)
        }
        let defects = try object(report)["defects"] as? [String]
        #expect(defects == [hostile])
    }

    @Test("The page needs nothing but itself")
    func selfContained() throws {
        let html = try ReportingFixture.run().html()
        for word in [
            "http:", "https:", "//", "src=", "href=", "url(", "@import", "<script", "<link",
        ] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(html.contains("default-src 'none'"))
        #expect(html.contains("prefers-color-scheme: dark"))
        for id in ["equity", "drawdown", "periods", "histogram", "weights"] {
            #expect(html.contains("<title id=\"\(id)-t\">"), "\(id)")
            #expect(html.contains("<desc id=\"\(id)-d\">"), "\(id)")
        }
    }

    @Test("The page is well formed", arguments: [0, 1, 20, 700])
    func wellFormed(count: Int) throws {
        var report = count == 0 ? ReportingFixture.empty() : try ReportingFixture.run()
        report.trades = try (0..<count).map { index in
            try ReportingFixture.trade(
                index + 1, symbol: "S\(index % 30)", pnl: "\(index % 7 - 3).5")
        }
        let html = report.html().replacing("<!DOCTYPE html>", with: "")
            .replacing("<br>", with: "<br/>")
            .replacing(/<meta ([^>]*)>/) { "<meta \($0.output.1)/>" }
        #expect(Self.isBalanced(html))
        #expect(!Self.isBalanced(html.replacing("</h1>", with: "")))
        let rows = html.components(separatedBy: "bw-exit-").count - 1
        #expect(rows == min(count, 500))
        #expect(html.contains("200 older trades are left out.") == (count == 700))
        if count == 700 {
            #expect(html.contains("bw-exit-700<"))
            #expect(!html.contains("bw-exit-200<"))
        }
    }

    @Test("Many symbols are cut to the best and the worst on a terminal")
    func manySymbols() throws {
        var report = try ReportingFixture.run()
        report.trades = try (0..<60).map { index in
            try ReportingFixture.trade(index + 1, symbol: "S\(index)", pnl: "\(index - 30).25")
        }
        let text = report.text(width: 80, colour: false)
        #expect(text.contains("The 10 best and the 10 worst of 60."))
        #expect(text.contains("First 5 of 60 trades"))
        #expect(text.contains(/S59 +1\b/))
        #expect(!text.contains(/S30 +1\b/))
    }

    private func object(_ report: RunReport) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(report.json().utf8))
        return try #require(value as? [String: Any])
    }

    private func summary(_ report: RunReport) throws -> [String: Any] {
        try #require(try object(report)["summary"] as? [String: Any])
    }

    /// Whether every element is closed by its own end tag.
    private static func isBalanced(_ html: String) -> Bool {
        var open: [Substring] = []
        for match in html.matches(of: /<(\/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>/) {
            let name = match.output.2
            if match.output.3.hasSuffix("/") { continue }
            if match.output.1.isEmpty {
                open.append(name)
            } else if open.popLast() != name {
                return false
            }
        }
        return open.isEmpty
    }

    @Test("A backtest without a bar in its range knows the capital and no figure")
    func noBar() throws {
        var configuration = Configuration()
        configuration.market.simulation.days = 2
        configuration.portfolio.capital = Money(whole: 5_000)
        var session = try BacktestSession(configuration)
        session.runner.from = .distantFuture
        let outcome = try session.run()
        #expect(!outcome.hasBars)
        let report = outcome.report
        #expect(report.capital == Money(whole: 5_000))
        #expect(!report.metrics.isEmpty && report.metrics.allSatisfy { $0.value == .none })
        #expect(report.text(width: 80, colour: false).contains("5,000.00"))
        session.runner.from = .distantPast
        #expect(try session.run().hasBars)
    }
}
