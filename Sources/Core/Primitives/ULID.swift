/// Makes ids that sort by time: 48 bits of milliseconds since 1970 and 80 bits that are never the
/// same, as 26 characters of Crockford's base 32.
///
/// Source: the ULID specification (github.com/ulid/spec). Nothing here is random or reads a clock:
/// the 80 bits are the caller's `origin`, which must be another one in every run, and a count.
package struct ULID: Sendable {
    private let origin: UInt64
    private var count: UInt64 = 0
    private var milliseconds: UInt64 = 0

    /// - Parameter origin: of it 40 bits count: the boot number, or a random number.
    package init(origin: UInt64) { self.origin = origin & Self.half }

    private static let half: UInt64 = (1 << 40) - 1

    /// The next id, greater than every earlier one of this maker also when the time went back.
    /// - Parameter nanoseconds: since 1970; what lies before counts as 1970.
    package mutating func next(at nanoseconds: Int64) -> String {
        milliseconds = max(milliseconds, UInt64(max(0, nanoseconds) / 1_000_000))
        count = (count + 1) & Self.half
        // After 2^40 ids of one run the time has to tell them apart.
        if count == 0 { milliseconds += 1 }
        let bits =
            UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | UInt128(origin) << 40
            | UInt128(count)
        return Self.text(bits)
    }

    private static func text(_ value: UInt128) -> String {
        let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        var bits = value
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in (0..<26).reversed() {
                buffer[index] = alphabet.utf8Start[Int(bits & 31)]
                bits >>= 5
            }
            return 26
        }
    }
}
