/// Why a time zone file was refused. Nothing trades without its zone: each case halts start-up.
package enum TimeZoneError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int, most: Int)
    case truncated(at: Int, needed: Int, left: Int)
    case notTZif
    /// Version 1 has no rule for the years after its table and ends in 2037 at the latest.
    case oldVersion
    /// A file of the `right/` family: its instants count leap seconds and ours do not.
    case leapSeconds(count: Int)
    case malformed(String, at: Int)

    package var description: String {
        switch self {
        case .tooLarge(let bytes, let most):
            "the time zone file has \(bytes) bytes, more than the \(most) that are read"
        case .truncated(let at, let needed, let left):
            "the time zone file is cut off: \(needed) bytes expected at offset \(at), \(left) left"
        case .notTZif:
            "the file is no time zone file: it does not begin with “TZif”"
        case .oldVersion:
            "the time zone file is of version 1, which has no rule for the years after its table"
        case .leapSeconds(let count):
            "the time zone file counts \(count) leap seconds; use the file outside “right/”"
        case .malformed(let what, let at):
            "the time zone file is malformed at offset \(at): \(what)"
        }
    }
}
