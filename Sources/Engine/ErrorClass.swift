/// What went wrong, by what is done about it. Stable words of the telemetry.
package enum ErrorClass: String, Sendable, CaseIterable, Comparable {
    /// A request without an answer, or one that never left: tried again, with growing pauses.
    case transient
    /// The other side understood and said no.
    case refused
    /// An answer that makes no sense.
    case invalid
    case storage
    /// Something that cannot happen did.
    case bug

    package static func < (a: ErrorClass, b: ErrorClass) -> Bool { a.rawValue < b.rawValue }
}
