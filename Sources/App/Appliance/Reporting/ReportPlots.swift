import Domain
import Primitives

/// The plots of a report. Each is nil where there is nothing to draw.
struct ReportPlots {
    private static let columns = 430
    private static let strips = 120
    private let equity: [EquitySnapshot]
    private let values: [Double]
    private let start: Money?
    private let trades: [ClosedTrade]
    private let weights: [WeightsChange]
    private let axis: TimeAxis

    init(_ report: RunReport) {
        equity = report.equity
        values = report.equity.map(\.equity.double)
        start = report.startEquity
        trades = report.trades
        weights = report.weights
        axis = TimeAxis(report.equity.map(\.at))
    }

    func equityCurve() -> String? {
        guard let start, let first = equity.first, let last = equity.last,
            let low = values.min(), let high = values.max()
        else { return nil }
        let begin = start.double
        let frame = PlotFrame(height: 300, low: min(low, begin), high: max(high, begin))
        var plot = PlotSVG(
            id: "equity", title: "Equity",
            description: "Equity from \(Humane.amount(start)) USD at the start to "
                + "\(Humane.amount(last.equity)) USD on \(Humane.time(last.at)), first snapshot "
                + "\(Humane.time(first.at)), lowest \(Humane.number(low)), highest "
                + "\(Humane.number(high)).",
            frame: frame)
        plot.heights(frame.label)
        plot.places(axis.ticks())
        plot.curve("one", points(values, frame), base: frame.low)
        let y = svg(frame.y(begin))
        plot.line("start", frame.x(0), y, frame.x(1), y)
        strips(&plot, values) { index in
            let change = values[index] - begin
            return "\(Humane.time(equity[index].at))\nEquity \(Humane.number(values[index]))\n"
                + "Since start \(Humane.number(change, signed: true))"
        }
        return plot.text
    }

    /// Of the snapshots, as a part of the highest before; nil while no peak was positive.
    func drawdown() -> String? {
        guard !equity.isEmpty, let start else { return nil }
        var peak = start.double
        var falls: [Double] = []
        for value in values {
            peak = max(peak, value)
            falls.append(peak > 0 ? (value - peak) / peak * 100 : 0)
        }
        guard peak > 0, let deepest = falls.min() else { return nil }
        let frame = PlotFrame(height: 190, low: min(deepest, -0.1), high: 0, about: 4)
        var plot = PlotSVG(
            id: "drawdown", title: "Drawdown",
            description: "Fall of the equity from its highest value before, in percent of that; "
                + "the deepest is \(Humane.number(deepest)) %.",
            frame: frame)
        plot.heights { frame.label($0) + " %" }
        plot.places(axis.ticks())
        plot.curve("fall", points(falls, frame), base: 0)
        strips(&plot, falls) { index in
            "\(Humane.time(equity[index].at))\n\(Humane.number(falls[index])) % from the peak"
        }
        return plot.text
    }

    /// P&L by day, month or year, and the word for it.
    func periods() -> (title: String, plot: String)? {
        let (length, results) = PeriodResult.results(equity, start: start)
        guard !results.isEmpty, let best = results.max(by: { $0.pnl < $1.pnl }),
            let worst = results.min(by: { $0.pnl < $1.pnl })
        else { return nil }
        let frame = PlotFrame(height: 230, low: min(0, worst.pnl), high: max(0, best.pnl))
        let title = "P&L by \(length.rawValue)"
        var plot = PlotSVG(
            id: "periods", title: title,
            description: "\(Humane.count(results.count)) bars; the best is \(best.name) with "
                + "\(Humane.number(best.pnl, signed: true)) USD, the worst \(worst.name) with "
                + "\(Humane.number(worst.pnl, signed: true)) USD.",
            frame: frame)
        plot.heights(frame.label)
        let room = frame.innerWidth / Double(results.count)
        let width = min(40, room * 0.72)
        let every = (results.count + 9) / 10
        var places: [(part: Double, label: String)] = []
        for (index, result) in results.enumerated() {
            let middle = (Double(index) + 0.5) / Double(results.count)
            if index % every == 0 { places.append((middle, result.name)) }
            plot.bar(
                result.pnl < 0 ? "loss" : "gain", x: frame.x(middle) - width / 2, width: width,
                value: result.pnl,
                hint: "\(result.name)\n\(Humane.number(result.pnl, signed: true)) USD")
        }
        plot.places(places)
        return (title, plot.text)
    }

    /// How often a closed trade ended where.
    func histogram() -> String? {
        let histogram = Histogram(trades.map(\.pnl.double))
        guard let most = histogram.counts.max(), let first = histogram.edges.first,
            let last = histogram.edges.last
        else { return nil }
        let frame = PlotFrame(
            height: 230, low: 0, high: Double(max(most, 4)), about: 4)
        var plot = PlotSVG(
            id: "histogram", title: "Trades by P&L",
            description: "\(Humane.count(trades.count)) closed trades between "
                + "\(Humane.number(first)) and \(Humane.number(last)) USD.",
            frame: frame)
        plot.heights(frame.label)
        let part = 1 / Double(histogram.counts.count)
        for (index, count) in histogram.counts.enumerated() {
            let (low, high) = (histogram.edges[index], histogram.edges[index + 1])
            let x = frame.x(Double(index) * part)
            plot.bar(
                high <= 0 ? "loss" : "gain", x: x + 1, width: max(1, frame.innerWidth * part - 2),
                value: Double(count),
                hint: "\(histogram.label(low)) to \(histogram.label(high)) USD\n"
                    + "\(Humane.count(count)) trades")
        }
        let every = (histogram.edges.count + 8) / 9
        let zero = histogram.edges.firstIndex(of: 0) ?? 0
        plot.places(
            histogram.edges.enumerated().filter { ($0.offset - zero) % every == 0 }.map {
                (Double($0.offset) * part, histogram.label($0.element))
            })
        return plot.text
    }

    func weightCurves() -> String? {
        guard let last = weights.last else { return nil }
        // Under the equity where it is of the same time, else on its own.
        let covered = axis.times.last.map { last.at <= $0 } ?? false
        let axis = covered ? self.axis : TimeAxis(weights.map(\.at))
        let all = weights.flatMap(\.weights.values)
        let frame = PlotFrame(
            height: 230, low: max(0, (all.min() ?? 0) - 0.03),
            high: min(1, (all.max() ?? 1) + 0.03), aside: 130)
        let strategies = StrategyID.allCases
        let texts = strategies.map {
            "\($0.rawValue) \(Humane.number(last.weights[$0], digits: 3))"
        }
        var plot = PlotSVG(
            id: "weights", title: "Strategy weights",
            description: "\(Humane.count(weights.count)) versions of the weights; the last: "
                + "\(texts.joined(separator: ", ")).",
            frame: frame)
        plot.heights(frame.label)
        plot.places(axis.ticks())
        var labelled: [(y: Double, name: String, text: String)] = []
        for (strategy, text) in zip(strategies, texts) {
            let values = weights.map { $0.weights[strategy] }
            var steps: [(x: Double, y: Double)] = []
            for index in envelope(values, columns: Self.columns) {
                let x = frame.x(weights.count > 1 ? axis.part(of: weights[index].at) : 0)
                if let before = steps.last { steps.append((x, before.y)) }
                steps.append((x, frame.y(values[index])))
            }
            if let before = steps.last { steps.append((frame.x(1), before.y)) }
            plot.curve(strategy.rawValue, steps)
            labelled.append((frame.y(last.weights[strategy]), strategy.rawValue, text))
        }
        var free = PlotFrame.top
        for (index, label) in labelled.sorted(by: { $0.y < $1.y }).enumerated() {
            // Far enough below the one before, with room for those still to come.
            let lowest = frame.floor - Double(labelled.count - 1 - index) * 17
            let y = max(free, min(label.y, lowest))
            free = y + 17
            plot.add(
                "<text class=\"start \(label.name)\" x=\"\(svg(frame.x(1) + 8))\" y=\"\(svg(y))\" "
                    + "dy=\".35em\">\(escaped(label.text))</text>")
        }
        return plot.text
    }

    private func points(_ values: [Double], _ frame: PlotFrame) -> [(x: Double, y: Double)] {
        envelope(values, columns: Self.columns).map {
            (frame.x(axis.part(index: $0)), frame.y(values[$0]))
        }
    }

    private func strips(_ plot: inout PlotSVG, _ values: [Double], _ hint: (Int) -> String) {
        let count = min(values.count, Self.strips)
        for strip in 0..<count {
            let index = count > 1 ? strip * (values.count - 1) / (count - 1) : 0
            let x = plot.frame.x(axis.part(index: index))
            let half = plot.frame.innerWidth / Double(max(1, count - 1)) / 2
            let from = max(PlotFrame.left, x - half)
            plot.strip(
                from: from, to: min(plot.frame.x(1), x + half),
                at: (x, plot.frame.y(values[index])), hint: hint(index))
        }
    }
}

/// Values counted in bins of one round width; zero is always an edge.
struct Histogram {
    /// One more than counts; empty without a value.
    let edges: [Double]
    let counts: [Int]
    private let step: Double

    init(_ values: [Double]) {
        guard let low = values.min(), let high = values.max(), low.isFinite, high.isFinite else {
            (edges, counts, step) = ([], [], 1)
            return
        }
        // Sturges' rule, log2(n) + 1, is too coarse for a picture: four more a doubling.
        var bins = 12.0
        var size = 64
        while size < values.count, bins < 40 { (bins, size) = (bins + 4, size * 2) }
        let span = high - low
        let width = span > 0 ? span / bins : max(low.magnitude / 4, 0.01)
        let step = PlotFrame.roundStep(width)
        var first = (low / step).rounded(.down)
        var bin = Int(((high / step).rounded(.down) - first).rounded()) + 1
        bin = max(1, min(bin, 100))
        while bin < 7 { (first, bin) = (first - 1, bin + 2) }
        var counts = Array(repeating: 0, count: bin)
        for value in values {
            let place = Int(((value / step).rounded(.down) - first).rounded())
            counts[max(0, min(bin - 1, place))] += 1
        }
        self.step = step
        self.counts = counts
        edges = (0...bin).map { (first + Double($0)) * step }
    }

    func label(_ edge: Double) -> String {
        Humane.number(edge == 0 ? 0 : edge, digits: step >= 1 ? 0 : 2)
    }
}
