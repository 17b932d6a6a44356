import Calendar
import Foundation

/// Why the calendar cannot be made.
package enum ZoneFileError: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unusable(path: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): \(reason); install the package tzdata"
        case .unusable(let path, let reason):
            "\(path): \(reason); reinstall the package tzdata"
        }
    }
}

/// The rules of New York's time from the system's zone files: the law changes, so they are never
/// built in.
package func newYorkZone(
    path: String = "/usr/share/zoneinfo/America/New_York"
) throws(ZoneFileError) -> TimeZoneRules {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
        throw .unreadable(path: path, reason: error.localizedDescription)
    }
    do throws(TimeZoneError) { return try TimeZoneRules(tzif: [UInt8](data)) } catch {
        throw .unusable(path: path, reason: "\(error)")
    }
}
