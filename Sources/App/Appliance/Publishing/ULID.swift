import Domain

/// Makes ids that sort by the time at which they were made: 48 bits of milliseconds and 80 of
/// chance, 26 characters. Source: github.com/ulid/spec.
///
/// Ids of one maker always grow, also within a millisecond and when the clock is set back.
package struct ULIDMaker {
    private var random: any RandomNumberGenerator
    private var millisecond: UInt64 = 0
    private var chance: UInt128 = 0

    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let chanceMax = (UInt128(1) << 80) - 1

    package init(random: any RandomNumberGenerator = SystemRandomNumberGenerator()) {
        self.random = random
    }

    /// - Parameter at: the wall time.
    package mutating func next(at: Timestamp) -> String {
        let now = UInt64(max(0, at.nanoseconds / 1_000_000))
        if now > millisecond {
            millisecond = now
            chance = UInt128(UInt16.random(in: 0...0xFFFF, using: &random)) << 64
            chance |= UInt128(UInt64.random(in: 0...UInt64.max, using: &random))
        } else if chance < Self.chanceMax {
            chance += 1
        } else {
            millisecond += 1
            chance = 0
        }
        return Self.text((UInt128(millisecond & 0xFFFF_FFFF_FFFF) << 80) | chance)
    }

    private static func text(_ value: UInt128) -> String {
        var characters = [UInt8](repeating: 0, count: 26)
        var rest = value
        for index in characters.indices.reversed() {
            characters[index] = digits[Int(rest & 31)]
            rest >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
