import Glibc
import Logging
import Synchronization

/// The words under which a person finds an entry of the journal again.
package enum LogField: String, Sendable {
    case symbol = "SYMBOL"
    /// The broker's.
    case orderID = "ORDER_ID"
    case clientOrderID = "CLIENT_ORDER_ID"
    case strategy = "STRATEGY"
    /// Of trading, e.g. `reduce-only`.
    case mode = "MODE"
    case code = "BW_CODE"
    case hold = "BW_HOLD"
    case cause = "BW_CAUSE"
    case by = "BW_BY"
    case side = "BW_SIDE"
    case quantity = "BW_QUANTITY"
    case price = "BW_PRICE"
    case signal = "BW_SIGNAL"
    case execution = "BW_EXECUTION"
    case reason = "BW_REASON"
    case amount = "BW_AMOUNT"
    case equity = "BW_EQUITY"
    case verdict = "BW_VERDICT"
    case run = "BW_RUN"
    case stage = "BW_STAGE"
    case seconds = "BW_SECONDS"
    case count = "BW_COUNT"
    case key = "BW_KEY"
    case verb = "BW_VERB"
    /// The market's time, which a simulation has of its own.
    case marketTime = "BW_MARKET_TIME"
    case version = "BW_VERSION"
}

/// Writes messages of the daemon; a small value that every part may hold.
package struct ServiceLog: Sendable {
    package let sink: LogSink
    private let logger: Logger

    /// - Parameter sink: of a test; the daemon's own comes from `start`.
    init(_ sink: LogSink) {
        self.sink = sink
        logger = Logger(label: "bellwether", factory: { _ in JournalHandler(sink) })
    }

    /// The log of this process: swift-log is started with it at the first use.
    package static let shared: ServiceLog = {
        let sink = LogSink(output: .current, isQueued: true)
        LoggingSystem.bootstrap { _ in JournalHandler(sink) }
        // However the program ends, what it said last is not lost with it.
        if sink.output.isService { atexit { ServiceLog.shared.sink.flush(within: .seconds(2)) } }
        return ServiceLog(sink)
    }()

    package var isService: Bool { sink.output.isService }

    /// - Parameter priority: where one message matters more or less than its kind does.
    package func callAsFunction(
        _ kind: MessageKind, _ text: @autoclosure () -> String, _ fields: [LogField: String] = [:],
        priority: LogPriority? = nil, file: String = #fileID, function: String = #function,
        line: UInt = #line
    ) {
        let level = (priority ?? kind.priority).level
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [JournalHandler.kindKey: .string(kind.code)]
        for (field, value) in fields { metadata[field.rawValue] = .string(value) }
        logger.log(
            level: level, "\(text())", metadata: metadata, source: "bellwether", file: file,
            function: function, line: line)
    }

    /// Says what was left out a while ago; called now and then, and at the end with no age.
    package func tellOmissions(olderThan age: Duration = .seconds(30)) {
        for omission in sink.limiter.takeOmissions(olderThan: age) {
            self(
                .suppressed,
                "\(omission.count) more messages “\(omission.code)” within \(omission.seconds) s "
                    + "were left out",
                [.code: omission.code, .count: "\(omission.count)"])
        }
    }
}
