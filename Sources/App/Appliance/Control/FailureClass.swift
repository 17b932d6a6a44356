import Storage

/// What kind of failure stands behind a refusal, for the exit code of who asked: the words of the
/// wire, in `failure`.
package enum FailureClass: String, Sendable, CaseIterable {
    case usage, data, unavailable, io, permission
    case tryLater = "try-later"
}

extension StorageError {
    package var failure: FailureClass {
        switch self {
        case .locked: .tryLater
        case .folder, .full: .io
        case .denied: .permission
        case .newer, .damaged, .badRow, .behindMark, .badMark, .badBackup: .data
        case .ambiguousOrder: .usage
        case .library: .unavailable
        default: reaction == .retry ? .tryLater : .io
        }
    }
}
