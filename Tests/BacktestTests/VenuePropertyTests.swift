import Backtest
import Domain
import Primitives
import TestSupport
import Testing

/// What holds for any orders on any bars.
@Suite struct VenuePropertyTests {
    /// A random day: orders, cancels, bars and closes as lines of the bench.
    static func story(_ draw: inout Draw) -> [String] {
        var lines: [String] = []
        var minute = 14 * 60
        var price = 100.0
        for index in 0..<draw.int(in: 3...40) {
            for _ in 0..<draw.random.below(3) {
                lines.append(order(&draw, "o\(index)x\(lines.count)", around: price))
            }
            if draw.chance(0.1) { lines.append("cancel \(orders(lines).randomElement(&draw))") }
            lines.append(bar(&draw, minute, &price))
            // Sometimes the same bar again, or one of the past.
            if draw.chance(0.05) { lines.append(bar(&draw, minute, &price)) }
            if draw.chance(0.05) { lines.append(bar(&draw, minute - 3, &price)) }
            minute += draw.chance(0.1) ? 7 : 1
            if draw.chance(0.04) {
                minute += 60
                lines.append("close \(minute / 60):\(minute % 60)")
            }
        }
        return lines
    }

    private static func orders(_ lines: [String]) -> [String] {
        lines.filter { $0.hasPrefix("order") }.map { String($0.split(separator: " ")[1]) } + [
            "none"
        ]
    }

    private static func order(_ draw: inout Draw, _ name: String, around price: Double) -> String {
        let isBuy = draw.chance(0.5)
        func near() -> String { cents(price * (0.97 + 0.06 * draw.random.unit())) }
        var line = "order \(name) \(isBuy ? "buy" : "sell") \(draw.int(in: 1...300))"
        switch draw.random.below(4) {
        case 0: line += " limit \(near())"
        case 1: line += " stop \(near())"
        case 2: line += " protect \(cents(price * (isBuy ? 0.98 : 1.02)))"
        default: break
        }
        return draw.chance(0.4) ? line + " gtc" : line
    }

    private static func bar(_ draw: inout Draw, _ minute: Int, _ price: inout Double) -> String {
        let open = price * (0.99 + 0.02 * draw.random.unit())
        let close = open * (0.99 + 0.02 * draw.random.unit())
        let high = max(open, close) * (1 + 0.01 * draw.random.unit())
        let low = min(open, close) * (1 - 0.01 * draw.random.unit())
        price = close
        let figures = [open, high, low, close].map(cents).joined(separator: " ")
        return "bar \(minute / 60):\(minute % 60) \(figures) \(draw.int(in: 0...2_000))"
    }

    private static func cents(_ value: Double) -> String {
        "\(Price(units: Int64(value * 100) * 10_000_000))"
    }

    static func config(_ draw: inout Draw) -> VenueConfig {
        var config = VenueConfig()
        config.slippageBasisPoints = Int64(draw.int(in: 0...50))
        config.participation = draw.chance(0.2) ? nil : draw.element(of: [0, 0.01, 0.1, 0.5, 1])
        config.feePerOrder = Money(whole: Int64(draw.random.below(2)))
        config.feeBasisPoints = Int64(draw.random.below(20))
        return config
    }

    @Test("S35: any orders on any bars: quantities, prices, volumes and ends keep their bounds")
    func bounds() {
        var fills = 0
        forAll(300) { draw in
            let config = Self.config(&draw)
            let lines = Self.story(&draw)
            var bench = VenueBench(config)
            var counted = Tally()
            for line in lines {
                let before = bench.reports.count
                bench.play(line)
                counted.take(
                    bench.reports[before...], bar: Tally.Span(line), slippage: config)
                for problem in counted.problems {
                    Issue.record("\(problem) at “\(line)”; \(draw)")
                }
                if !counted.problems.isEmpty { return }
            }
            for (name, filled) in counted.filled.sorted(by: { $0.key < $1.key }) {
                let quantity = bench.known(name)?.intent.quantity ?? .zero
                #expect(filled <= quantity, "\(name) filled \(filled) of \(quantity); \(draw)")
            }
            // What is not done is still in the book: nothing is forgotten, nothing is left over.
            let open = counted.accepted.filter { name in
                !counted.ended.contains(name)
                    && counted.filled[name] != bench.known(name)?.intent.quantity
            }
            #expect(bench.venue.openOrderCount == open.count, "\(draw)")
            fills += counted.filled.count
        }
        #expect(fills > 1_000, "the stories are too dull to show anything")
    }

    @Test("S33: execution ids are unique, and the same story gives the same answers")
    func determinism() {
        forAll(200) { draw in
            let config = Self.config(&draw)
            let lines = Self.story(&draw)
            func play() -> [BrokerReport] {
                var bench = VenueBench(config)
                for line in lines { bench.play(line) }
                return bench.reports
            }
            let reports = play()
            #expect(reports == play(), "\(draw)")
            let ids = reports.compactMap { report -> String? in
                if case .fill(let id, _, _, _) = report.event { id } else { nil }
            }
            #expect(Set(ids).count == ids.count, "\(draw)")
        }
    }
}

extension Array {
    fileprivate func randomElement(_ draw: inout Draw) -> Element { draw.element(of: self) }
}

/// Counts what a venue answers and says what cannot be.
private struct Tally {
    /// The part of a line about a bar that bounds its fills.
    struct Span {
        let low: Double
        let high: Double
        let volume: Double

        init?(_ line: String) {
            let words = line.split(separator: " ")
            guard words[0] == "bar", let low = Double(words[4]), let high = Double(words[3]),
                let volume = Double(words[6])
            else { return nil }
            (self.low, self.high, self.volume) = (low, high, volume)
        }
    }

    var accepted: Set<String> = []
    var ended: Set<String> = []
    var filled: [String: Quantity] = [:]
    var problems: [String] = []

    mutating func take(
        _ reports: ArraySlice<BrokerReport>, bar: Span?, slippage config: VenueConfig
    ) {
        var shares = 0.0
        for report in reports {
            let name = report.orderID.text
            if ended.contains(name) { problems.append("\(name) goes on after its end") }
            switch report.event {
            case .accepted:
                if !accepted.insert(name).inserted { problems.append("\(name) accepted twice") }
            case .rejected: problems.append("\(name) was rejected")
            case .canceled, .expired: ended.insert(name)
            case .fill(_, let quantity, let price, let fee):
                shares += quantity.double
                filled[name] = (try? (filled[name] ?? .zero).adding(quantity)) ?? .zero
                guard let bar else {
                    problems.append("\(name) filled without a bar")
                    continue
                }
                let slip = Double(config.slippageBasisPoints) / 10_000 + 1e-9
                if price.double < bar.low * (1 - slip) || price.double > bar.high * (1 + slip) {
                    problems.append("\(name) filled at \(price)")
                }
                if !quantity.isPositive || fee.isNegative { problems.append("\(name): \(report)") }
            default: problems.append("\(name): \(report)")
            }
        }
        if let share = config.participation, let bar, shares > bar.volume * share + 1e-9 {
            problems.append("\(shares) shares of \(bar.volume) were filled")
        }
    }
}
