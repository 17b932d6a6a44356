import Domain
import Primitives
import Testing

@testable import Engine

/// Whether the wall clock can be trusted.
@Suite struct ClockGateTests {
    struct Look: Sendable {
        /// Wall clock and monotonic clock, in seconds.
        let wall: Double
        let monotonic: Double
        var isSynchronised = true
        var newestRow = 0.0
        /// A part of the reason; nil: trusted.
        let distrust: String?
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let looks: [Look]
        var testDescription: String { name }
    }

    /// Made at second 1,000.
    static let rows = [
        Row(name: "the first look", looks: [Look(wall: 5_000, monotonic: 1, distrust: nil)]),
        Row(
            name: "not synchronised, then it is",
            looks: [
                Look(
                    wall: 5_000, monotonic: 1, isSynchronised: false,
                    distrust: "not synchronised"),
                Look(wall: 5_001, monotonic: 2, distrust: nil),
            ]),
        Row(
            name: "the date of the build",
            looks: [
                Look(wall: 999.999, monotonic: 1, distrust: "program was made"),
                Look(wall: 1_000, monotonic: 1, distrust: nil),
            ]),
        Row(
            name: "behind the journal",
            looks: [
                Look(wall: 5_000, monotonic: 1, newestRow: 5_005.001, distrust: "newest row"),
                Look(wall: 5_000, monotonic: 1, newestRow: 5_005, distrust: nil),
                Look(wall: 5_000, monotonic: 1, newestRow: 4_000, distrust: nil),
            ]),
        Row(
            name: "two seconds are no jump",
            looks: [
                Look(wall: 5_000, monotonic: 1, distrust: nil),
                Look(wall: 5_012, monotonic: 11, distrust: nil),
                Look(wall: 5_020, monotonic: 21, distrust: nil),
            ]),
        Row(
            name: "a jump, and three looks without fault",
            looks: [
                Look(wall: 5_000, monotonic: 1, distrust: nil),
                Look(wall: 8_601, monotonic: 2, distrust: "jumped by 3600"),
                Look(wall: 8_602, monotonic: 3, distrust: "2 more looks"),
                Look(wall: 8_603, monotonic: 4, distrust: "1 more looks"),
                Look(wall: 8_604, monotonic: 5, distrust: nil),
            ]),
        Row(
            name: "backwards, and again while being watched",
            looks: [
                Look(wall: 5_000, monotonic: 1, distrust: nil),
                Look(wall: 4_998.9, monotonic: 2, distrust: "jumped by -2.1"),
                Look(wall: 4_999.9, monotonic: 3, distrust: "2 more looks"),
                Look(wall: 5_010.9, monotonic: 4, distrust: "jumped"),
                Look(wall: 5_011.9, monotonic: 5, distrust: "2 more looks"),
                Look(wall: 5_012.9, monotonic: 6, distrust: "1 more looks"),
                Look(wall: 5_013.9, monotonic: 7, distrust: nil),
            ]),
        Row(
            name: "a look with a fault does not count",
            looks: [
                Look(wall: 5_000, monotonic: 1, distrust: nil),
                Look(wall: 6_000, monotonic: 2, distrust: "jumped"),
                Look(wall: 6_001, monotonic: 3, distrust: "2 more"),
                Look(
                    wall: 6_002, monotonic: 4, isSynchronised: false,
                    distrust: "not synchronised"),
                Look(wall: 6_003, monotonic: 5, distrust: "1 more"),
                Look(wall: 6_004, monotonic: 6, distrust: nil),
            ]),
        Row(
            name: "a clock that jumps at every look",
            looks: (1...20).map {
                Look(
                    wall: 5_000 + 100 * Double($0), monotonic: Double($0),
                    distrust: $0 == 1 ? nil : "jumped")
            }),
    ]

    @Test("S34: the clock is trusted only while it shows no fault", arguments: rows)
    func looks(_ row: Row) {
        var gate = ClockGate()
        for (index, look) in row.looks.enumerated() {
            let why = gate.judge(
                wall: moment(look.wall), monotonic: moment(look.monotonic) - moment(0),
                isSynchronised: look.isSynchronised, build: moment(1_000),
                newestRow: moment(look.newestRow))
            guard let expected = look.distrust else {
                #expect(why == nil, "look \(index)")
                continue
            }
            #expect(why?.contains(expected) == true, "look \(index): \(why ?? "trusted")")
        }
    }

    @Test("No time whatever makes it trap")
    func ends() {
        var gate = ClockGate()
        let ends: [Timestamp] = [.distantPast, moment(0), .distantFuture]
        let spans = [Span(nanoseconds: .min), .zero, Span(nanoseconds: .max)]
        for wall in ends {
            for span in spans {
                for row in ends {
                    _ = gate.judge(
                        wall: wall, monotonic: span, isSynchronised: true, build: moment(0),
                        newestRow: row)
                }
            }
        }
        #expect(
            gate.judge(
                wall: .distantPast, monotonic: .zero, isSynchronised: true, build: moment(0),
                newestRow: .distantFuture) != nil)
    }

    private func moment(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: Int64((seconds * 1_000).rounded()) * 1_000_000)
    }
}
