// Every kind of message that the service writes: a number that never changes, how much it matters,
// and what a person does about it. `journalctl -x` shows the text below the message.
//
// The kinds -> the file that journald's catalog is made from, which a test holds equal to the kinds.
// Invariants: ids and codes are unique and never change; every code of an alert has its kind.

/// How much a message matters; the numbers are those of syslog(3). `notice` and up is what an
/// operator wants to read, `debug` what a maker asks for.
package enum LogPriority: Int, Sendable, CaseIterable, Comparable {
    case critical = 2
    case error, warning, notice, info, debug

    package static func < (a: LogPriority, b: LogPriority) -> Bool { a.rawValue < b.rawValue }

    /// As the key `log.level` names it.
    package init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }

    package var word: String { "\(self)" }
}

package struct MessageKind: Sendable, Equatable {
    /// Stable, in words; of an alert, its code.
    package let code: String
    /// MESSAGE_ID: 128 bits, made once, in 32 hexadecimal digits.
    package let id: String
    package let priority: LogPriority
    package let subject: String
    /// What it means and what to do; `@FIELD@` stands for a field of the entry.
    package let help: String

    init(
        _ code: String, _ id: String, _ priority: LogPriority, _ subject: String, _ help: String
    ) {
        (self.code, self.id, self.priority) = (code, id, priority)
        (self.subject, self.help) = (subject, help)
    }

    package static let all = ofService + ofAlerts

    /// The kind of an alert; one for all where its code has none of its own.
    package static func alert(_ code: String) -> MessageKind {
        ofAlerts.first { $0.code == code } ?? .alert
    }

    /// Whether alerts with this code have a text of their own.
    package static func knows(alert code: String) -> Bool { ofAlerts.contains { $0.code == code } }

    // MARK: - The catalog of journald

    /// The file for /usr/lib/systemd/catalog; its format is in the documentation of systemd,
    /// “Journal Message Catalogs”.
    package static var catalog: String {
        let head = """
            # What the messages of Bellwether mean and what to do: for “journalctl -x”.
            # Written by “bellwether message-catalog”.
            """
        return head + "\n" + all.map(\.entry).joined()
    }

    private var entry: String {
        """

        -- \(id)
        Subject: \(subject)
        Defined-By: Bellwether
        Documentation: man:bellwether(8)

        \(wrapped(help, to: 76))

        """
    }
}

/// Breaks at spaces only; a word that is longer stands alone.
private func wrapped(_ text: String, to width: Int) -> String {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
        if let last = lines.last, last.count + 1 + word.count <= width {
            lines[lines.count - 1] = last + " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines.joined(separator: "\n")
}
