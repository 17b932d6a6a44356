import Domain
import Portfolio

extension RunReport {
    private static let tradesMax = 500
    private static let symbolsMax = 500
    private static let defectsMax = 100

    /// One page for a browser: no script, nothing from elsewhere, light or dark as the reader
    /// prefers, made to be printed as well. Everything from outside is escaped, and the page's
    /// policy forbids whatever an oversight might let through.
    package func html() -> String {
        let title = escaped(self.title)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>
            \(ReportStyle.sheet)</style>
            </head>
            <body>
            <header>
            <h1>\(title)</h1>
            <p class="note">Amounts in USD, times in UTC; n/a: undefined.</p>
            </header>
            <main>
            \(tiles())\(plots())\(figures())\(breakdowns())\(tradeTable())\(asides())\(facts())</main>
            </body>
            </html>

            """
    }

    private func tiles() -> String {
        let keys = [
            "total_pnl", "total_pnl_pct", "max_drawdown_pct", "win_rate", "profit_factor", "sharpe",
        ]
        let tiles = keys.compactMap { key in metrics.first { $0.key == key } }.map { metric in
            "<div><dt>\(escaped(ReportFigures.name(metric.key)))</dt>"
                + "<dd\(tone(ReportFigures.tone(metric)))>\(escaped(ReportFigures.text(metric)))"
                + "</dd></div>\n"
        }
        return tiles.isEmpty ? "" : "<dl class=\"tiles\">\n\(tiles.joined())</dl>\n"
    }

    private func plots() -> String {
        let plots = ReportPlots(self)
        var text = figure(
            "Equity", plots.equityCurve(), "There is no equity snapshot.",
            "One step across for each snapshot; the dashed line is the start.")
        text += figure(
            "Drawdown", plots.drawdown(), "There is no equity snapshot.",
            "Fall from the highest value before, of the snapshots shown. The figure “Max "
                + "drawdown” also knows the prices between them.")
        let periods = plots.periods()
        text += figure(
            periods?.title ?? "P&L by day", periods?.plot, "There is no equity snapshot.",
            "Change of equity, open positions included.")
        text += figure(
            "Trades by P&L", plots.histogram(), "No trade was closed.",
            "How many closed trades ended with what P&L, after costs.")
        text += figure(
            "Strategy weights", plots.weightCurves(), "No version of the weights is known.",
            "Every change was taught by a closed trade.")
        return "<section>\n<h2>Course</h2>\n\(text)</section>\n"
    }

    private func figure(_ title: String, _ plot: String?, _ none: String, _ note: String) -> String
    {
        guard let plot else {
            return "<figure>\n<h3>\(escaped(title))</h3>\n"
                + "<p class=\"note\">\(escaped(none))</p>\n</figure>\n"
        }
        return """
            <figure>
            <figcaption><h3>\(escaped(title))</h3><p class="note">\(escaped(note))</p></figcaption>
            <div class="wide" role="region" aria-label="\(escaped(title)), plot" tabindex="0">
            \(plot)</div>
            </figure>

            """
    }

    private func figures() -> String {
        var text = "<section>\n<h2>Figures</h2>\n"
        for group in groupedMetrics() {
            let rows = group.metrics.map { metric in
                "<tr><th scope=\"row\">\(escaped(ReportFigures.name(metric.key)))"
                    + "<code>\(escaped(metric.key))</code></th>"
                    + "<td class=\"num\(tone(ReportFigures.tone(metric), within: true))\">"
                    + "\(escaped(ReportFigures.text(metric)))</td>"
                    + "<td class=\"formula\">\(escaped(metric.formula))</td></tr>\n"
            }
            text += PageTable.table(
                group.title, head: [("Figure", ""), ("Value", "num"), ("How it is computed", "")],
                rows: rows, classes: "figures")
        }
        return text + "</section>\n"
    }

    private func breakdowns() -> String {
        guard !trades.isEmpty else { return "" }
        let symbols = TradeBreakdown.bySymbol(trades)
        var text = "<section>\n<h2>Where it came from</h2>\n"
        text += breakdown("By symbol, best first", "Symbol", symbols.prefix(Self.symbolsMax))
        if symbols.count > Self.symbolsMax {
            text += PageTable.leftOut(symbols.count - Self.symbolsMax, "symbols")
        }
        text += breakdown("By exit reason", "Reason", TradeBreakdown.byReason(trades)[...])
        return text + "</section>\n"
    }

    private func breakdown(
        _ caption: String, _ name: String, _ rows: ArraySlice<TradeBreakdown>
    ) -> String {
        PageTable.table(
            caption,
            head: [
                (name, ""), ("Trades", "num"), ("Win rate", "num"), ("P&L", "num"),
                ("Mean P&L", "num"), ("Mean time held", "num"),
            ],
            rows: rows.map { row in
                "<tr><th scope=\"row\">\(escaped(row.name))</th>"
                    + PageTable.number(Humane.count(row.trades))
                    + PageTable.number(Humane.percent(row.winRate))
                    + money(row.pnl) + money(row.mean)
                    + PageTable.number(Humane.duration(seconds: row.holdSeconds)) + "</tr>\n"
            })
    }

    private func tradeTable() -> String {
        guard !trades.isEmpty else {
            return "<section>\n<h2>Trades</h2>\n<p class=\"note\">No trade was closed.</p>\n"
                + "</section>\n"
        }
        let rows = trades.suffix(Self.tradesMax).reversed().map { trade in
            "<tr><td>\(escaped(Humane.time(trade.exitTime)))</td>"
                + "<th scope=\"row\">\(escaped(trade.symbol.name))</th>"
                + "<td>\(trade.sideName)</td>"
                + PageTable.number(trade.quantity.description)
                + PageTable.number(Humane.price(trade.entryPrice))
                + PageTable.number(Humane.price(trade.exitPrice))
                + PageTable.number(Humane.amount(trade.costs)) + money(trade.pnl)
                + PageTable.number(
                    Humane.duration(seconds: (trade.exitTime - trade.entryTime).seconds))
                + "<td>\(escaped(trade.reason.rawValue))</td>"
                + "<td class=\"id\">\(escaped(trade.entryOrder.text))<br>"
                + "\(escaped(trade.exitOrder.text))</td></tr>\n"
        }
        var text = "<section>\n<h2>Trades</h2>\n"
        text += PageTable.table(
            "Closed trades, newest first",
            head: [
                ("Closed", ""), ("Symbol", ""), ("Side", ""), ("Quantity", "num"),
                ("Entry", "num"), ("Exit", "num"), ("Costs", "num"), ("P&L", "num"),
                ("Held", "num"), ("Reason", ""), ("Entry and exit order", ""),
            ], rows: rows, classes: "dense")
        if trades.count > Self.tradesMax {
            text += PageTable.leftOut(
                trades.count - Self.tradesMax, "older trades", "The JSON report has all.")
        }
        return text + "</section>\n"
    }

    private func asides() -> String {
        var text = ""
        if !refusals.isEmpty {
            text += PageTable.table(
                "Signals refused by the risk gate", head: [("Code", ""), ("Signals", "num")],
                rows: refusals.map { refusal in
                    "<tr><th scope=\"row\"><code>\(escaped(refusal.code))</code></th>"
                        + PageTable.number(Humane.count(refusal.count)) + "</tr>\n"
                })
        }
        if !defects.isEmpty {
            text += "<h3>Rows set aside</h3>\n<ul class=\"rows\">\n"
            for defect in defects.prefix(Self.defectsMax) {
                text += "<li><code>\(escaped(defect))</code></li>\n"
            }
            text += "</ul>\n"
            if defects.count > Self.defectsMax {
                text += PageTable.leftOut(defects.count - Self.defectsMax, "lines")
            }
        }
        return text.isEmpty ? "" : "<section>\n<h2>Refused and set aside</h2>\n\(text)</section>\n"
    }

    private func facts() -> String {
        guard !run.isEmpty else { return "" }
        let rows = run.map { member in
            let fact = ReportFigures.fact(member.key, member.value)
            return "<tr><th scope=\"row\">\(escaped(fact.name))</th>"
                + "<td>\(escaped(fact.text))</td></tr>\n"
        }
        return "<section>\n<h2>Run</h2>\n"
            + PageTable.table(
                "Facts about this run", head: [("Fact", ""), ("Value", "")], rows: rows,
                classes: "facts")
            + "</section>\n"
    }

    private func money(_ amount: Money?) -> String {
        let text = amount.map { Humane.amount($0, signed: true) } ?? Humane.none
        return "<td class=\"num\(tone(Tone(amount), within: true))\">\(escaped(text))</td>"
    }

    private func tone(_ tone: Tone, within: Bool = false) -> String {
        switch tone {
        case .plain: ""
        case .gain: within ? " good" : " class=\"good\""
        case .loss: within ? " bad" : " class=\"bad\""
        }
    }
}

/// Tables of the page.
enum PageTable {
    /// - Parameters:
    ///   - head: a title and the class of its column.
    ///   - rows: HTML, escaped already.
    static func table(
        _ caption: String, head: [(title: String, style: String)], rows: [String],
        classes: String = ""
    ) -> String {
        let heads = head.map { column in
            "<th scope=\"col\"\(column.style.isEmpty ? "" : " class=\"\(column.style)\"")>"
                + "\(escaped(column.title))</th>"
        }
        return """
            <div class="wide" role="region" aria-label="\(escaped(caption))" tabindex="0">
            <table\(classes.isEmpty ? "" : " class=\"\(classes)\"")>
            <caption>\(escaped(caption))</caption>
            <thead><tr>\(heads.joined())</tr></thead>
            <tbody>
            \(rows.joined())</tbody>
            </table></div>

            """
    }

    static func number(_ text: String) -> String { "<td class=\"num\">\(escaped(text))</td>" }

    static func leftOut(_ count: Int, _ what: String, _ more: String = "") -> String {
        "<p class=\"note\">\(Humane.count(count)) \(what) are left out."
            + "\(more.isEmpty ? "" : " " + more)</p>\n"
    }
}
