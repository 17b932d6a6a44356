import Domain
import Portfolio
import Primitives

extension RunReport {
    /// How much of each list a terminal gets to see.
    private static let symbolsMax = 20
    private static let tradesMax = 5
    private static let defectsMax = 5

    /// For people at a terminal: the facts, the figures with n/a for the undefined, tables per
    /// symbol and per exit reason, the first and the last trades.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal.
    ///   - colour: with ANSI colours.
    package func text(width: Int, colour: Bool) -> String {
        var sheet = TextSheet(width: width, colour: colour)
        sheet.line(sheet.bold(Humane.plain(title)))
        sheet.line()
        sheet.facts(run.map { ReportFigures.fact($0.key, $0.value) })
        curve(&sheet)
        for group in groupedMetrics() {
            sheet.heading(group.title)
            sheet.pairs(
                group.metrics.map { metric in
                    let text = ReportFigures.text(metric)
                    return (
                        ReportFigures.name(metric.key), TextCell(text, ReportFigures.tone(metric))
                    )
                })
        }
        sheet.line()
        sheet.paragraph(
            "Amounts in USD, times in UTC, n/a: undefined. The JSON and the HTML report give the "
                + "formula of every figure.")
        breakdowns(&sheet)
        examples(&sheet)
        asides(&sheet)
        return sheet.text
    }

    private func curve(_ sheet: inout TextSheet) {
        guard let start = startEquity, let first = equity.first, let last = equity.last else {
            return
        }
        sheet.heading("Equity")
        let values = (capital.map { [$0.double] } ?? []) + equity.map(\.equity.double)
        if values.count > 1 { sheet.line("  " + Self.sparkline(values, columns: sheet.width - 4)) }
        let change = last.equity.double - start.double
        sheet.line(
            "  \(Humane.amount(start)) to "
                + sheet.toned(
                    Humane.amount(last.equity), change > 0 ? .gain : change < 0 ? .loss : .plain)
                + ", \(Humane.time(first.at)) to \(Humane.time(last.at))")
    }

    /// One character for each column, the last value of those it stands for.
    static func sparkline(_ values: [Double], columns: Int) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let count = min(max(columns, 1), values.count)
        return String(
            (0..<count).map { column -> Character in
                let value = values[(column + 1) * values.count / count - 1]
                let level = high > low ? (value - low) / (high - low) : 0.5
                return blocks[max(0, min(7, Int(level * 8)))]
            })
    }

    private func breakdowns(_ sheet: inout TextSheet) {
        guard !trades.isEmpty else { return }
        let symbols = TradeBreakdown.bySymbol(trades)
        sheet.heading("By symbol")
        if symbols.count > Self.symbolsMax {
            let half = Self.symbolsMax / 2
            Self.table(symbols.prefix(half) + symbols.suffix(half), "Symbol", &sheet)
            sheet.line(
                "  The \(half) best and the \(half) worst of \(Humane.count(symbols.count)).")
        } else {
            Self.table(symbols, "Symbol", &sheet)
        }
        sheet.heading("By exit reason")
        Self.table(TradeBreakdown.byReason(trades), "Reason", &sheet)
    }

    private static func table(_ rows: [TradeBreakdown], _ name: String, _ sheet: inout TextSheet) {
        sheet.table(
            [
                TextColumn(name, .left), TextColumn("Trades"), TextColumn("Win rate"),
                TextColumn("P&L"), TextColumn("Mean"), TextColumn("Mean time held"),
            ],
            rows.map { row in
                [
                    TextCell(row.name), TextCell(Humane.count(row.trades)),
                    TextCell(Humane.percent(row.winRate)),
                    TextCell(
                        row.pnl.map { Humane.amount($0, signed: true) } ?? Humane.none,
                        Tone(row.pnl)),
                    TextCell(row.mean.map { Humane.amount($0, signed: true) } ?? Humane.none),
                    TextCell(Humane.duration(seconds: row.holdSeconds)),
                ]
            })
    }

    private func examples(_ sheet: inout TextSheet) {
        guard !trades.isEmpty else {
            sheet.heading("Trades")
            sheet.line("  No trade was closed.")
            return
        }
        let most = Self.tradesMax
        if trades.count <= 2 * most {
            sheet.heading("Trades")
            Self.table(trades[...], &sheet)
        } else {
            sheet.heading("First \(most) of \(Humane.count(trades.count)) trades")
            Self.table(trades.prefix(most), &sheet)
            sheet.heading("Last \(most)")
            Self.table(trades.suffix(most), &sheet)
        }
    }

    private static func table(_ trades: ArraySlice<ClosedTrade>, _ sheet: inout TextSheet) {
        sheet.table(
            [
                TextColumn("Closed", .left), TextColumn("Symbol", .left), TextColumn("Side", .left),
                TextColumn("Quantity"), TextColumn("Entry"), TextColumn("Exit"),
                TextColumn("P&L"), TextColumn("Reason", .left),
            ],
            trades.map { trade in
                [
                    TextCell(String(Humane.time(trade.exitTime).prefix(16))),
                    TextCell(trade.symbol.name),
                    TextCell(trade.sideName), TextCell(trade.quantity.description),
                    TextCell(Humane.price(trade.entryPrice)),
                    TextCell(Humane.price(trade.exitPrice)),
                    TextCell(Humane.amount(trade.pnl, signed: true), Tone(trade.pnl)),
                    TextCell(trade.reason.rawValue),
                ]
            })
    }

    private func asides(_ sheet: inout TextSheet) {
        if !refusals.isEmpty {
            sheet.heading("Refused by the risk gate")
            sheet.table(
                [TextColumn("Code", .left), TextColumn("Signals")],
                refusals.map {
                    [TextCell(Humane.plain($0.code)), TextCell(Humane.count($0.count))]
                }
            )
        }
        if !defects.isEmpty {
            sheet.heading("Rows set aside")
            for defect in defects.prefix(Self.defectsMax) {
                sheet.paragraph(Humane.plain(defect), first: "  ", indent: 4)
            }
            if defects.count > Self.defectsMax {
                sheet.line("  and \(Humane.count(defects.count - Self.defectsMax)) more lines")
            }
        }
    }
}

extension ClosedTrade {
    var sideName: String { side == .buy ? "long" : "short" }
}
