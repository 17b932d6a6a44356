// From swift-log to journald or to the lines of a terminal.
//
// A message with its kind and fields -> one entry of the journal with MESSAGE_ID, PRIORITY,
// SYSLOG_IDENTIFIER, the place in the code and the fields under their names; or one line.
//
// Invariants: no known secret leaves here; a field journald would not take gets a name that it
// takes; one kind cannot flood the journal (MessageLimiter); where journald is gone the line goes to
// standard error; where it stands still nobody who logs waits for it (LogQueue).
import Glibc
import Logging

/// What all handlers of a process share.
package final class LogSink: Sendable {
    package let output: LogOutput
    package let level: LogLevelSwitch
    package let secrets: LogSecrets
    let limiter: MessageLimiter
    private let errorLine: @Sendable (String) -> Void
    private let deliver: @Sendable (LogEntry) -> Void
    private let queue: LogQueue?

    /// - Parameter isQueued: what goes to journald is handed over by a thread of its own.
    init(
        output: LogOutput, level: LogLevelSwitch = LogLevelSwitch(),
        secrets: LogSecrets = LogSecrets(), limiter: MessageLimiter = MessageLimiter(),
        isQueued: Bool = false,
        journal: @escaping @Sendable ([JournalField]) -> Int32 = sendToJournal,
        errorLine: @escaping @Sendable (String) -> Void = writeErrorLine
    ) {
        (self.output, self.level, self.secrets) = (output, level, secrets)
        (self.limiter, self.errorLine) = (limiter, errorLine)
        let deliver: @Sendable (LogEntry) -> Void = { entry in
            // Standard error leads to journald as well.
            if output.kind == .prefixed || journal(entry.journalFields) < 0 {
                errorLine(entry.prefixedLine)
            }
        }
        self.deliver = deliver
        queue = isQueued ? LogQueue(deliver: deliver) : nil
    }

    /// Waits until what was logged is with journald, but not for longer than `time`.
    /// - Returns: false when it is not.
    @discardableResult
    package func flush(within time: Duration) -> Bool { queue?.flush(within: time) ?? true }

    func write(_ entry: LogEntry) {
        var entry = entry
        entry.text = flat(secrets.hide(in: entry.text))
        entry.fields = entry.fields.map {
            JournalField(name: journalName($0.name), value: flat(secrets.hide(in: $0.value)))
        }
        switch output.kind {
        case .journal, .prefixed:
            if let queue { queue.take(entry) } else { deliver(entry) }
        case .terminal(let colour): errorLine(entry.terminalLine(colour: colour))
        }
    }
}

@Sendable func writeErrorLine(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// One message on its way out.
struct LogEntry {
    var kind: MessageKind?
    var priority: LogPriority
    var text: String
    var fields: [JournalField]
    var file: String
    var line: UInt
    var function: String

    var journalFields: [JournalField] {
        var all = [
            JournalField(name: "MESSAGE", value: text),
            JournalField(name: "PRIORITY", value: "\(priority.rawValue)"),
            JournalField(name: "SYSLOG_IDENTIFIER", value: "bellwether"),
            JournalField(name: "CODE_FILE", value: file),
            JournalField(name: "CODE_LINE", value: "\(line)"),
            JournalField(name: "CODE_FUNC", value: function),
        ]
        if let kind {
            all.append(JournalField(name: "MESSAGE_ID", value: kind.id))
            all.append(JournalField(name: "BW_KIND", value: kind.code))
        }
        return all + fields
    }

    /// journald reads the number and takes it off.
    var prefixedLine: String { "<\(priority.rawValue)>" + text }

    func terminalLine(colour: Bool) -> String {
        let line = priority <= .warning ? "\(priority.word): \(text)" : text
        guard colour, let code = priority.colour else { return line }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}

/// On one line, and with nothing in it that a terminal obeys: whatever a stranger's words are, they
/// begin no line of their own, neither in the journal nor where it is shown.
private func flat(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.isObeyed }) else { return text }
    return String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.isObeyed ? " " : $0 }))
}

extension Unicode.Scalar {
    fileprivate var isObeyed: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension LogPriority {
    fileprivate var colour: String? {
        switch self {
        case .critical, .error: "31"
        case .warning: "33"
        case .debug: "2"
        case .notice, .info: nil
        }
    }

    var level: Logger.Level {
        switch self {
        case .critical: .critical
        case .error: .error
        case .warning: .warning
        case .notice: .notice
        case .info: .info
        case .debug: .debug
        }
    }

    init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace, .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}

/// Names that journald or systemd gives a meaning, and those that people look for: never changed.
private let openNames: Set<String> = [
    "SYMBOL", "ORDER_ID", "CLIENT_ORDER_ID", "STRATEGY", "MODE", "ERRNO", "DOCUMENTATION",
]

/// A name as journald takes it: A-Z, 0-9 and `_`, not beginning with `_`, at most 64; with the
/// prefix `BW_` unless it is one of those that stand without.
func journalName(_ name: String) -> String {
    let plain = String(
        name.unicodeScalars.map { scalar -> Character in
            guard scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            else { return "_" }
            return Character(String(scalar).uppercased())
        })
    if openNames.contains(plain) { return plain }
    return String((plain.hasPrefix("BW_") ? plain : "BW_" + plain).prefix(64))
}

/// The backend of swift-log.
package struct JournalHandler: LogHandler {
    let sink: LogSink
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    /// The process has one level, which changes while it runs.
    package var logLevel: Logger.Level {
        get { sink.level.current.level }
        set { sink.level.current = LogPriority(newValue) }
    }

    /// Names the kind of a message among its metadata.
    static let kindKey = "message-kind"

    init(_ sink: LogSink) { self.sink = sink }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        let code = all.removeValue(forKey: Self.kindKey)?.description
        let kind = code.flatMap { code in MessageKind.all.first { $0.code == code } }
        guard sink.limiter.admits(kind?.code ?? "\(event.file):\(event.line)") else { return }
        sink.write(
            LogEntry(
                kind: kind, priority: LogPriority(event.level), text: event.message.description,
                fields: all.sorted { $0.key < $1.key }.map {
                    JournalField(name: $0.key, value: $0.value.description)
                },
                file: event.file, line: event.line, function: event.function))
    }
}
