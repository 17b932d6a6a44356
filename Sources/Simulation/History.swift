import Domain
import Primitives

/// The run as it went: a hash of everything, and the newest events as text where asked for.
final class History {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var steps = 0
    /// Nil: none is kept.
    private var lines: RingBuffer<String>?

    /// - Parameter lines: of the trace; 0: none.
    init(lines: Int) { self.lines = lines > 0 ? RingBuffer(capacity: lines) : nil }

    var value: UInt64 {
        var z = hash
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    var trace: [String] { lines.map { Array($0) } ?? [] }

    func step() { steps += 1 }

    /// - Parameters:
    ///   - code: what kind of thing it is.
    ///   - text: read only where the text is kept.
    func note(
        _ code: UInt8, _ at: Timestamp, _ subject: String = "", _ number: Int64 = 0,
        _ text: @autoclosure () -> String
    ) {
        combine(UInt64(code))
        combine(UInt64(bitPattern: at.nanoseconds))
        for byte in subject.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        combine(UInt64(bitPattern: number))
        guard lines != nil else { return }
        let text = text()
        if !text.isEmpty { lines?.append("\(at) #\(steps) \(text)") }
    }

    private func combine(_ value: UInt64) {
        var value = value
        for _ in 0..<8 {
            hash = (hash ^ (value & 0xFF)) &* 0x0000_0100_0000_01B3
            value >>= 8
        }
    }
}
