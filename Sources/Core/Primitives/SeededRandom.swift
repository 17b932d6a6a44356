/// xoshiro256**, seeded through SplitMix64: the same seed gives the same numbers on every machine.
///
/// Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (2018).
@frozen
package struct SeededRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mix = seed
        func next() -> UInt64 {
            mix &+= 0x9E37_79B9_7F4A_7C15
            var z = mix
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    @inlinable
    package mutating func next() -> UInt64 {
        let multiplied = state.1 &* 5
        let result = ((multiplied << 7) | (multiplied >> 57)) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }

    /// Uniform in [0, 1), 53 bits.
    @inlinable
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0 ..< `bound` (positive), without modulo bias.
    @inlinable
    package mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }

    /// A sample of mean 0 and variance 1, near enough to normal for a simulated market: the sum
    /// of twelve uniforms (Irwin-Hall), which needs no logarithm and never exceeds ±6.
    @inlinable
    package mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }
}
