/// A 128-bit hash whose value never changes between runs, machines or versions: ids are made
/// from it. Two FNV-1a lanes with different offsets and a final avalanche; not for secrets.
///
/// Source: the FNV-1a definition of RFC 9923; the finaliser is SplitMix64's.
package struct StableHash: Sendable {
    private var a: UInt64 = 0xCBF2_9CE4_8422_2325
    private var b: UInt64 = 0x8422_2325_CBF2_9CE4

    package init() {}

    package mutating func combine(_ byte: UInt8) {
        a = (a ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        b = (b ^ UInt64(byte &+ 0x5B)) &* 0x0000_0100_0000_01B3
    }

    /// Length first, so that ("ab", "c") and ("a", "bc") differ.
    package mutating func combine(_ text: String) {
        combine(UInt64(text.utf8.count))
        for byte in text.utf8 { combine(byte) }
    }

    package mutating func combine(_ value: some FixedWidthInteger) {
        let bits = UInt64(truncatingIfNeeded: value)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            combine(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }

    private func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The first lane, for in-memory sets.
    package var value64: UInt64 { mixed(a ^ (b << 1)) }

    /// 26 characters of Crockford's base 32 in lower case: 128 bits.
    package var text: String {
        let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
        var bits = UInt128(mixed(a)) << 64 | UInt128(mixed(b))
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in (0..<26).reversed() {
                buffer[index] = alphabet.utf8Start[Int(bits & 31)]
                bits >>= 5
            }
            return 26
        }
    }
}
