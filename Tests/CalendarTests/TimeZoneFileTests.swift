import Calendar
import Domain
import Primitives
import Testing

@Suite struct TimeZoneFileTests {
    @Test("S22: a file cut off at any byte is refused")
    func truncation() throws {
        for bytes in [try systemZoneBytes("America/New_York"), zoneFile(footer: "UTC0")] {
            #expect(throws: Never.self) { _ = try TimeZoneRules(tzif: bytes) }
            for count in bytes.indices {
                #expect(throws: TimeZoneError.self) {
                    _ = try TimeZoneRules(tzif: Array(bytes[..<count]))
                }
            }
        }
    }

    @Test("S22: flipped bits are refused or read, never a trap")
    func flips() throws {
        let originals = [
            try systemZoneBytes("America/New_York"), try systemZoneBytes("Europe/Dublin"),
            zoneFile(
                changes: [(-1_000_000, 1), (0, 0), (1_000_000, 1)], offsets: [-3600, 7200],
                footer: "AAA1BBB-2,M3.2.0/-167,J300/167"),
        ]
        var random = SeededRandom(seed: propertySeed("flips"))
        var accepted = 0
        for round in 0..<6000 {
            var bytes = originals[round % originals.count]
            for _ in 0...random.below(4) {
                // Half of the flips hit headers and footer, where the lengths and rules are.
                let edge = random.below(bytes.count)
                let index = random.below(2) == 0 ? edge : min(edge, random.below(64))
                let fromEnd = random.below(4) == 0
                let position = fromEnd ? bytes.count - 1 - min(index, 40) : index
                bytes[position] ^= UInt8(1 << random.below(8))
            }
            guard let zone = try? TimeZoneRules(tzif: bytes) else { continue }
            accepted += 1
            exercise(zone, &random)
        }
        #expect(accepted > 0)
    }

    @Test("S22: noise with a header is refused or read, never a trap")
    func noise() {
        var random = SeededRandom(seed: propertySeed("noise"))
        let interesting: [UInt8] = [0, 1, 4, 6, 0x7F, 0x80, 0xFF, UInt8(ascii: "\n")]
        for _ in 0..<3000 {
            var bytes = Array("TZif2".utf8)
            for _ in 0..<random.below(300) {
                bytes.append(
                    random.below(2) == 0
                        ? interesting[random.below(interesting.count)]
                        : UInt8(random.below(256)))
            }
            guard let zone = try? TimeZoneRules(tzif: bytes) else { continue }
            exercise(zone, &random)
        }
    }

    private func exercise(_ zone: TimeZoneRules, _ random: inout SeededRandom) {
        var times: [Timestamp] = [.distantPast, .distantFuture, Timestamp(nanoseconds: 0)]
        for _ in 0..<5 {
            times.append(Timestamp(nanoseconds: Int64(bitPattern: random.next())))
        }
        for time in times {
            let date = zone.localDate(of: time)
            let seconds = zone.localSecondsOfDay(of: time)
            #expect((0..<86400).contains(seconds))
            // The first instant with that reading is never later than the one it was read at.
            let back = zone.timestamp(date, secondsOfDay: seconds)
            #expect(back.seconds <= time.seconds || time == .distantPast)
            _ = MarketCalendar.xnys(zone).session(atOrAfter: time)
            _ = MarketCalendar.data(zone).session(containing: time)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let message: String

        init(_ name: String, _ bytes: [UInt8], _ message: String) {
            (testDescription, self.bytes, self.message) = (name, bytes, message)
        }
    }

    static let refusals = [
        Refusal("empty", [], "cut off: 4 bytes expected at offset 0, 0 left"),
        Refusal("text", Array("# tz".utf8), "does not begin with “TZif”"),
        Refusal("version 1", zoneFile(footer: "UTC0", version: "\0"), "version 1"),
        Refusal("version X", zoneFile(footer: "UTC0", version: "X"), "unknown version byte 88"),
        Refusal("leap seconds", zoneFile(footer: "UTC0", leaps: 27), "27 leap seconds"),
        Refusal(
            "times descend", zoneFile(changes: [(5, 0), (5, 0)], footer: "UTC0"), "do not ascend"),
        Refusal("unknown type", zoneFile(changes: [(5, 1)], footer: "UTC0"), "type 1"),
        Refusal("no type", zoneFile(offsets: [], footer: "UTC0"), "counts contradict"),
        Refusal("offset", zoneFile(offsets: [93_600], footer: "UTC0"), "93600 seconds"),
        Refusal("leftovers", zoneFile(footer: "UTC0") + [0], "after the footer"),
        Refusal("two footers", zoneFile(footer: "UTC0\nUTC0"), "after the footer"),
        Refusal("no rule", zoneFile(footer: ""), "no complete rule"),
        Refusal("too large", [UInt8](repeating: 0, count: 65_537), "more than the 65536"),
    ]

    @Test("S22: a refused file says why", arguments: refusals)
    func refusal(_ row: Refusal) {
        let error = #expect(throws: TimeZoneError.self) {
            _ = try TimeZoneRules(tzif: row.bytes)
        }
        #expect(error?.description.contains(row.message) == true, "\(String(describing: error))")
    }

    @Test("S22: hostile counts are refused before anything is made from them")
    func hostileCounts() {
        // The six counts of the second header, after the first block's 44 + 10 bytes.
        for count in 0..<6 {
            for value: [UInt8] in [
                [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 1, 1],
            ] {
                var bytes = zoneFile(footer: "UTC0")
                let start = 54 + 20 + count * 4
                bytes.replaceSubrange(start..<(start + 4), with: value)
                #expect(throws: TimeZoneError.self) { _ = try TimeZoneRules(tzif: bytes) }
            }
        }
    }
}
