/// The rows a feed set aside: all of them counted by kind, the first hundred kept word for word.
package struct DefectLog: Sendable, Equatable {
    package static let keptMax = 100

    package private(set) var total = 0
    /// The first `keptMax` defects in the order met.
    package private(set) var kept: [FeedDefect] = []
    private var counts: [String: Int] = [:]

    package init() {}

    /// Counts one defect of `kind` (a stable word such as `off-grid`); `make` is called only while
    /// there is room to keep the result.
    package mutating func add(kind: String, _ make: () -> FeedDefect) {
        total += 1
        counts[kind, default: 0] += 1
        if kept.count < Self.keptMax { kept.append(make()) }
    }

    package var isEmpty: Bool { total == 0 }
    package func count(of kind: String) -> Int { counts[kind] ?? 0 }

    /// Every kind met with its count, sorted by kind.
    package var countsByKind: [(kind: String, count: Int)] {
        counts.sorted { $0.key < $1.key }.map { (kind: $0.key, count: $0.value) }
    }
}

extension FeedDefect {
    /// At most `max` bytes as text for a message: broken UTF-8 and control characters replaced, so
    /// that a hostile file cannot write to the reader's terminal.
    package static func shown(_ bytes: some Collection<UInt8>, max: Int) -> String {
        let text = String(decoding: bytes.prefix(max), as: UTF8.self)
        var result = ""
        for scalar in text.unicodeScalars {
            let control = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.unicodeScalars.append(control ? "\u{FFFD}" : scalar)
        }
        return bytes.count > max ? result + "…" : result
    }
}
