import Calendar
import Domain
import Foundation

/// The bytes of a zone of the system's tzdata, which the package depends on.
func systemZoneBytes(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: "/usr/share/zoneinfo")
    return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
}

func newYork() throws -> TimeZoneRules {
    try TimeZoneRules(tzif: systemZoneBytes("America/New_York"))
}

struct Unreadable: Error {
    let text: String
}

func date(_ text: String) throws -> CivilDate {
    guard let date = CivilDate(text) else { throw Unreadable(text: text) }
    return date
}

/// RFC 3339.
func time(_ text: String) throws -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else { throw Unreadable(text: text) }
    return time
}

/// The seed of a property: `BELLWETHER_SEED` repeats a run that failed.
func propertySeed(_ name: String) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["BELLWETHER_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: .min ... .max)
    print("\(name): BELLWETHER_SEED=\(seed)")
    return seed
}

/// A TZif file of version 2 with an empty first block, as zic writes today.
func zoneFile(
    changes: [(at: Int64, type: UInt8)] = [], offsets: [Int32] = [0], footer: String,
    version: Character = "2", leaps: UInt32 = 0
) -> [UInt8] {
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
    func header(times: Int, types: Int) -> [UInt8] {
        Array("TZif".utf8) + [version.asciiValue ?? 0] + [UInt8](repeating: 0, count: 15)
            + [0, 0, leaps, UInt32(times), UInt32(types), 4].flatMap { bytes($0) }
    }
    func types(_ offsets: [Int32]) -> [UInt8] { offsets.flatMap { bytes($0) + [0, 0] } }
    let name = Array("XXX".utf8) + [0]
    let leapBytes = [UInt8](repeating: 0, count: Int(leaps) * 12)
    var file = header(times: 0, types: 1) + types([0]) + name + leapBytes.prefix(Int(leaps) * 8)
    file += header(times: changes.count, types: offsets.count)
    file += changes.flatMap { bytes($0.at) } + changes.map { $0.type }
    file += types(offsets) + name + leapBytes + Array("\n\(footer)\n".utf8)
    return file
}
