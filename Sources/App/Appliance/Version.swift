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

/// No clock that is right shows a time before this.
package let clockEarliest = Timestamp(CivilDate(daysSinceEpoch: 20_454), secondsOfDay: 0)
