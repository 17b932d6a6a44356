import Foundation
import Primitives

/// One random case of a property: a source of values that prefers the edges of their range.
///
/// Its description names the seed, so that a failure can be repeated:
/// `#expect(a == b, "\(draw)")`.
package struct Draw: CustomStringConvertible {
    package let seed: UInt64
    package let index: Int
    package var random: SeededRandom

    package init(seed: UInt64, index: Int) {
        self.seed = seed
        self.index = index
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(index)
        random = SeededRandom(seed: hash.value64)
    }

    package var description: String {
        "case \(index) of seed \(seed); BELLWETHER_SEED=\(seed) repeats it"
    }
}

/// Runs `body` on `count` cases. They are the same on every run, unless the environment variable
/// `BELLWETHER_SEED` gives another seed, a number or `random`.
package func forAll(_ count: Int = 1_000, _ body: (inout Draw) throws -> Void) rethrows {
    let seed = propertySeed
    for index in 0..<count {
        var draw = Draw(seed: seed, index: index)
        try body(&draw)
    }
}

/// The seed of this test process.
package let propertySeed: UInt64 = {
    switch ProcessInfo.processInfo.environment["BELLWETHER_SEED"] {
    case "random": UInt64.random(in: .min ... .max)
    case let text?: UInt64(text) ?? 20_240_102
    case nil: 20_240_102
    }
}()

/// Chance for a test that draws a few values; the seed of this test process repeats it.
package var propertyRandom: SeededRandom { SeededRandom(seed: propertySeed) }

extension Draw {
    /// True with probability `probability`.
    package mutating func chance(_ probability: Double) -> Bool { random.unit() < probability }

    package mutating func element<C: RandomAccessCollection>(of values: C) -> C.Element {
        values[values.index(values.startIndex, offsetBy: random.below(values.count))]
    }

    /// Within `range`; its ends, their neighbours and the numbers around zero come often.
    package mutating func int(in range: ClosedRange<Int>) -> Int {
        if chance(0.25) {
            let (low, high) = (range.lowerBound, range.upperBound)
            let edges = [low, high, low &+ 1, high &- 1, -1, 0, 1].filter(range.contains)
            return element(of: edges)
        }
        return Int.random(in: range, using: &random)
    }

    /// Any `Int64`: the ends of the range, powers of two and of ten and their neighbours come
    /// often, and numbers of every length are about as frequent.
    package mutating func int64() -> Int64 {
        switch random.below(8) {
        case 0: return element(of: [.min, .min + 1, .max, .max - 1, -1, 0, 1])
        case 1: return (Int64(1) << random.below(63)) &+ Int64(random.below(3) - 1)
        case 2:
            var power: Int64 = 1
            for _ in 0..<random.below(19) { power *= 10 }
            return (chance(0.5) ? power : -power) &+ Int64(random.below(3) - 1)
        default: return Int64(bitPattern: random.next()) >> random.below(64)
        }
    }

    /// Finite, of every sign and magnitude, zero and one more often.
    package mutating func double() -> Double {
        if chance(0.1) { return element(of: [0, -0.0, 1, -1, 0.5, .ulpOfOne, 1e300, -1e300]) }
        let value = Double(bitPattern: random.next())
        return value.isFinite ? value : random.unit()
    }

    /// Text of `alphabet`, at most `count` characters, often empty or as long as allowed.
    package mutating func text(of alphabet: String, upTo count: Int) -> String {
        let letters = Array(alphabet)
        let length = int(in: 0...count)
        var text = ""
        for _ in 0..<length { text.append(element(of: letters)) }
        return text
    }
}
