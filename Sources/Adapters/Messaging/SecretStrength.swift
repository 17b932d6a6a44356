import Glibc

/// Tells secrets that somebody could guess from those that came from a random source.
package enum SecretStrength {
    package static let bytesMin = 32
    package static let bytesMax = 4096
    /// What the frequencies of the bytes must carry at least; 32 random bytes carry about 157.
    static let bitsMin = 128.0

    /// What is wrong with the secret, as the end of a sentence; nil when nothing is.
    package static func weakness(_ secret: [UInt8]) -> String? {
        let count = secret.count
        guard count >= bytesMin else {
            return "has \(count) bytes, at least \(bytesMin) are needed"
        }
        guard count <= bytesMax else {
            return "has \(count) bytes, at most \(bytesMax) are taken"
        }
        if let period = period(secret) {
            return "repeats \(period == 1 ? "one byte" : "the same \(period) bytes")"
        }
        if counts(secret) { return "is a sequence" }
        let bits = bits(secret)
        if bits < bitsMin {
            return "has too few different bytes (\(Set(secret).count) in \(count)): it carries at "
                + "most \(Int(bits)) bits, \(Int(bitsMin)) are needed"
        }
        return nil
    }

    /// The length of what is repeated from the beginning to the end.
    private static func period(_ secret: [UInt8]) -> Int? {
        (1...secret.count / 2).first { period in
            secret.indices.dropFirst(period).allSatisfy { secret[$0] == secret[$0 - period] }
        }
    }

    /// Whether most bytes are as far from the one before as most others are: `0123…`, `zyxw…`.
    private static func counts(_ secret: [UInt8]) -> Bool {
        var steps = [Int](repeating: 0, count: 256)
        for (a, b) in zip(secret, secret.dropFirst()) { steps[Int(b &- a)] += 1 }
        return (steps.max() ?? 0) * 2 > secret.count
    }

    /// Shannon's entropy of the frequencies, over the whole length: an upper bound.
    private static func bits(_ secret: [UInt8]) -> Double {
        var frequencies = [Int](repeating: 0, count: 256)
        for byte in secret { frequencies[Int(byte)] += 1 }
        let count = Double(secret.count)
        return frequencies.reduce(0.0) { sum, frequency in
            frequency == 0
                ? sum : sum - Double(frequency) * log2(Double(frequency) / count)
        }
    }
}
