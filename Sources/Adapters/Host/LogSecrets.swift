import Synchronization

/// Secrets that this process has read: where one of them would be written, stars are.
///
/// Nothing here means to log a secret; this is for the error text of a library that does.
package final class LogSecrets: Sendable {
    private let known = Mutex<[String]>([])
    /// Shorter ones would blot out ordinary words; no key is that short.
    private static let lengthMin = 8
    private static let countMax = 64

    package init() {}

    package func add(_ secret: String) {
        guard secret.utf8.count >= Self.lengthMin else { return }
        known.withLock { known in
            guard known.count < Self.countMax, !known.contains(secret) else { return }
            known.append(secret)
        }
    }

    package func hide(in text: String) -> String {
        let known = known.withLock { $0 }
        return known.reduce(text) { text, secret in
            text.contains(secret) ? text.replacing(secret, with: "***") : text
        }
    }
}
