import Domain
import Foundation
import Primitives

/// A picture's inside and what its heights mean. Lengths are units of the SVG's viewBox.
struct PlotFrame {
    static let width = 960.0
    static let left = 84.0
    static let right = 16.0
    static let top = 14.0
    static let bottom = 30.0

    let height: Double
    let low: Double
    let high: Double
    /// The heights with a line and a label.
    let ticks: [Double]
    /// The step between two ticks.
    let step: Double
    /// Room kept free at the right for labels.
    let aside: Double

    /// A scale that holds `values`, with ends on round numbers. Where all are equal, or there is
    /// none, it keeps room around them.
    init(
        height: Double, low: Double, high: Double, about ticksWanted: Int = 5, aside: Double = 0
    ) {
        self.height = height
        self.aside = aside
        var (low, high) = (min(low, high), max(low, high))
        if !(low.isFinite && high.isFinite) { (low, high) = (0, 1) }
        if high - low <= 1e-9 * max(low.magnitude, high.magnitude, 1e-6) {
            let room = max(low.magnitude * 0.01, 1e-6)
            (low, high) = (low - room, high + room)
        }
        let step = Self.roundStep((high - low) / Double(max(1, ticksWanted)))
        let first = (low / step).rounded(.down)
        let count = Int(((high / step).rounded(.up) - first).rounded())
        self.step = step
        self.low = first * step
        self.high = (first + Double(count)) * step
        ticks = (0...max(1, min(count, 50))).map { (first + Double($0)) * step }
    }

    var innerWidth: Double { Self.width - Self.left - Self.right - aside }
    var floor: Double { height - Self.bottom }

    /// `part` 0 is the left end, 1 the right.
    func x(_ part: Double) -> Double { Self.left + part * innerWidth }

    func y(_ value: Double) -> Double {
        Self.top + (high - value) / (high - low) * (floor - Self.top)
    }

    /// The smallest of 1, 2, 5 × 10^n that is not below `step`.
    static func roundStep(_ step: Double) -> Double {
        guard step > 0, step.isFinite else { return 1 }
        let power = pow(10, log10(step).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= step * 0.999_999 { return factor * power }
        return 10 * power
    }

    /// A tick's label, with as many digits as tell the ticks apart.
    func label(_ value: Double) -> String {
        let digits = step >= 1 ? 0 : min(9, Int((-log10(step)).rounded(.up)))
        return Humane.number(value == 0 ? 0 : value, digits: digits)
    }
}

/// A coordinate: one digit after the point is a tenth of a pixel.
func svg(_ value: Double) -> String {
    guard let tenths = Int(exactly: (value * 10).rounded()) else { return "0" }
    return tenths % 10 == 0
        ? String(tenths / 10)
        : "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
}

/// The indices that draw the same picture as all of `values` on `columns` columns: of each column
/// the first, the smallest, the largest and the last, so that no peak and no trough is lost.
func envelope(_ values: [Double], columns: Int) -> [Int] {
    let columns = max(1, columns)
    guard values.count > 4 * columns else { return Array(values.indices) }
    var kept: [Int] = []
    for column in 0..<columns {
        let first = column * values.count / columns
        let end = (column + 1) * values.count / columns
        var (smallest, largest) = (first, first)
        for index in first..<end {
            if values[index] < values[smallest] { smallest = index }
            if values[index] > values[largest] { largest = index }
        }
        for index in [first, min(smallest, largest), max(smallest, largest), end - 1]
        where kept.last.map({ index > $0 }) ?? true {
            kept.append(index)
        }
    }
    return kept
}

/// The horizontal axis of the curves: one step per snapshot, so that nights and weekends take no
/// room. Times between two snapshots lie between their places.
struct TimeAxis {
    /// Sorted.
    let times: [Timestamp]

    init(_ times: [Timestamp]) { self.times = times }

    func part(index: Int) -> Double {
        times.count > 1 ? Double(index) / Double(times.count - 1) : 0.5
    }

    /// 0 ... 1; times outside stand at the ends.
    func part(of time: Timestamp) -> Double {
        guard let first = times.first, let last = times.last, first < last else { return 0.5 }
        if time <= first { return 0 }
        if time >= last { return 1 }
        var (low, high) = (0, times.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle } else { high = middle }
        }
        let span = (times[high] - times[low]).seconds
        let within = span > 0 ? (time - times[low]).seconds / span : 0
        return (Double(low) + within) / Double(times.count - 1)
    }

    /// Places with labels, at the first snapshots of years, months, days or hours, whichever
    /// is the first to give some, and at most `most` of them.
    func ticks(most: Int = 9) -> [(part: Double, label: String)] {
        guard times.count > 1 else {
            return times.map { (0.5, String(Humane.time($0).prefix(16))) }
        }
        var starts: [Int] = []
        var unit = Unit.year
        for candidate in Unit.allCases {
            unit = candidate
            starts = times.indices.dropFirst().filter {
                candidate.key(times[$0]) != candidate.key(times[$0 - 1])
            }
            if starts.count >= 3 { break }
        }
        if starts.first != 0, starts.first.map({ part(index: $0) > 0.09 }) ?? true {
            starts.insert(0, at: 0)
        }
        let step = (starts.count + most - 1) / most
        return starts.enumerated().filter { $0.offset % step == 0 }.map { _, index in
            (part(index: index), unit.label(times[index]))
        }
    }

    private enum Unit: CaseIterable {
        case year, month, day, minute

        /// What the unit's label begins with, of an RFC 3339 time.
        private var length: Int {
            switch self {
            case .year: 4
            case .month: 7
            case .day: 10
            case .minute: 16
            }
        }

        func key(_ time: Timestamp) -> Substring { time.description.prefix(length) }

        func label(_ time: Timestamp) -> String {
            let text = Humane.time(time)
            return self == .minute
                ? String(text.prefix(16).suffix(11)) : String(text.prefix(length))
        }
    }
}
