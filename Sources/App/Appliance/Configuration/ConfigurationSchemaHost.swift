import Domain

/// The machine around the daemon.
extension ConfigurationSchema {
    static let host: [ConfigurationKey] = [
        ConfigurationKey(
            "control.path", \.control.path, Codec.absolutePath.or("auto"),
            "The socket for commands; \"auto\" is in /run/bellwether, or beside the store."),
        ConfigurationKey(
            "clock.gate", \.clock.gate, .choice(),
            "Whether orders wait while the machine's clock cannot be trusted."),
    ]
}

extension Codec where T == String {
    /// The part of an order's id that tells installations apart.
    static var installation: Codec {
        Codec(
            "1 to 8 of a-z and 0-9",
            match: { value in
                guard case .string(let text) = value, (1...8).contains(text.utf8.count),
                    text.utf8.allSatisfy({
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                    }), text != "auto"
                else { return nil }
                return text
            }, write: quoted)
    }
}

extension Codec where T == Int64 {
    /// A whole number with its unit: `kB`, `MB` or `GB`, of 1024 each.
    static func bytes(_ range: ClosedRange<Int64>) -> Codec {
        Codec(
            "a size from \(text(range.lowerBound)) to \(text(range.upperBound)), like \"64MB\"",
            match: { value in
                guard case .string(let given) = value else { return nil }
                for (unit, shift) in units where given.hasSuffix(unit) {
                    let digits = given.dropLast(unit.utf8.count)
                    guard (1...9).contains(digits.utf8.count),
                        digits.utf8.allSatisfy({ $0 &- 48 < 10 }), let count = Int64(digits)
                    else { return nil }
                    let bytes = count << shift
                    return range.contains(bytes) ? bytes : nil
                }
                return nil
            }, write: { quoted(text($0)) })
    }

    private static var units: [(name: String, shift: Int64)] {
        [("GB", 30), ("MB", 20), ("kB", 10)]
    }

    /// In the largest unit that leaves nothing over.
    private static func text(_ bytes: Int64) -> String {
        for (unit, shift) in units where bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes >> 10)kB"
    }
}
