import Domain
import Host
import Messaging
import Storage

/// The version of this build; the package's changelog names the same.
package let version = "0.1.0"

/// What else a report of a bug needs: the libraries that were found, and which build it is.
package var versionParts: [String] {
    ["SQLite \(sqliteVersion())", "libmosquitto \(MessagingLibrary.version)"]
        + ["OpenSSL \(opensslVersion())"] + (BuildID.own.map { ["build \($0)"] } ?? [])
}

/// For a person: the version, and below it a line for each of its parts.
package var versionText: String {
    (["bellwether \(version)"] + versionParts).joined(separator: "\n")
}

/// No clock that is right shows a time before this, that of the newest entry of the package's
/// changelog: a test compares them.
package let clockEarliest = Timestamp(rfc3339: "2026-11-22T12:00:00Z") ?? .distantPast
