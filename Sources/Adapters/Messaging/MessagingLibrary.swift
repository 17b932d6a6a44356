// The MQTT library that the process runs with: its version, and that it is set up once.
import CMosquitto

package enum MessagingLibrary {
    package struct Version: Sendable, Equatable, Comparable, CustomStringConvertible {
        package let major: Int
        package let minor: Int
        package let revision: Int

        package init(_ major: Int, _ minor: Int, _ revision: Int) {
            self.major = major
            self.minor = minor
            self.revision = revision
        }

        package var description: String { "\(major).\(minor).\(revision)" }

        package static func < (a: Version, b: Version) -> Bool {
            (a.major, a.minor, a.revision) < (b.major, b.minor, b.revision)
        }
    }

    /// Of the shared library that was found at start, not of the headers built with.
    package static let version: Version = {
        var major: Int32 = 0
        var minor: Int32 = 0
        var revision: Int32 = 0
        mosquitto_lib_version(&major, &minor, &revision)
        return Version(Int(major), Int(minor), Int(revision))
    }()

    /// The oldest version that this client was tested with, that of Debian 12.
    package static let minimum = Version(2, 0, 11)

    /// Throws what is wrong with the library that was found.
    package static func check(_ found: Version = version) throws(MessagingError) {
        if found < minimum { throw .library(found: found) }
    }

    /// Once per process, before the first client. It also makes the process ignore SIGPIPE.
    static let isReady: Bool = mosquitto_lib_init() == 0
}
