// What a line on the control socket may ask, as a value.
//
// One line of JSON, at most 4096 bytes -> `ControlRequest`, or a `ControlRefusal` with the code that
// the sender is told. `{"verb":"pause","transaction":"t1","args":{"reason":"holiday"}}`; arguments may
// also stand beside the verb. Unknown and repeated keys and wrong types are refused: who misspells
// `until` shall not believe in a pause that ends by itself.
import Domain
import Primitives

package struct ControlRequest: Sendable, Equatable {
    package enum Verb: Sendable, Equatable {
        /// For the engine; changes something.
        case command(Command.Verb)
        /// Answered from what is known.
        case status, positions, weights, limits
        /// The figures of the account, of the days from `from` to `to`; nil: all there are.
        case report(from: CivilDate?, to: CivilDate?)
        /// Reads the configuration anew.
        case reload
        /// The checks of the store that can be made while it is in use.
        case doctor
        case explain(order: String)
        /// A verified copy of the ledger; nil: where and as many as are configured.
        case backup(folder: String?, keep: Int?)

        package var name: String {
            switch self {
            case .command(let verb): verb.name
            case .status: "status"
            case .positions: "positions"
            case .weights: "weights"
            case .limits: "limits"
            case .report: "report"
            case .reload: "reload"
            case .doctor: "doctor"
            case .explain: "explain"
            case .backup: "backup"
            }
        }
    }

    /// 1 to 64 printable bytes; nil: the sender gave none.
    package let transaction: String?
    package let verb: Verb
    /// Empty when none was given.
    package let reason: String

    package init(transaction: String?, verb: Verb, reason: String = "") {
        self.transaction = transaction
        self.verb = verb
        self.reason = reason
    }

    package static let bytesMax = 4096
    package static let textBytesMax = 200
    package static let transactionBytesMax = 64

    package var isPause: Bool {
        if case .command(.pause) = verb { true } else { false }
    }

    /// Holds trading until somebody lifts it.
    package var isEndlessPause: Bool {
        if case .command(.pause(until: nil, _)) = verb { true } else { false }
    }

    /// Changes something: a sender has to be proven, but for a pause.
    package var needsProof: Bool {
        switch verb {
        case .command(.pause): false
        case .command, .reload: true
        case .backup: true
        case .status, .positions, .weights, .limits, .report, .doctor, .explain: false
        }
    }
}

/// Why a line was not taken.
package struct ControlRefusal: Error, Sendable, Equatable {
    package let code: CommandRefusal
    package let message: String
    /// Of the request, as far as it could be read.
    package var transaction: String?

    package init(_ code: CommandRefusal, _ message: String, transaction: String? = nil) {
        self.code = code
        self.message = message
        self.transaction = transaction
    }
}

extension ControlRequest {
    /// Reads a line without its end.
    /// - Throws: `oversize`, `malformed`, `unknown-verb`, `invalid-argument`.
    package static func parse(_ line: ArraySlice<UInt8>) throws(ControlRefusal) -> ControlRequest {
        guard line.count <= bytesMax else {
            throw ControlRefusal(.oversize, "a request has at most \(bytesMax) bytes")
        }
        let value: JSONValue
        do { value = try JSONReader.read(line) } catch {
            throw ControlRefusal(.malformed, "the request \(error)")
        }
        return try read(value)
    }

    /// The request that a JSON object says: `transaction`, and arguments in `args` or beside.
    /// - Throws: `malformed`, `unknown-verb`, `invalid-argument`.
    private static func read(_ value: JSONValue) throws(ControlRefusal) -> ControlRequest {
        guard case .object(let members) = value else {
            throw ControlRefusal(.malformed, "the request is \(value.kind), not an object")
        }
        let transaction = try transaction(value["transaction"])
        do throws(ControlRefusal) {
            return try request(value, members, transaction)
        } catch {
            var refusal = error
            refusal.transaction = transaction
            throw refusal
        }
    }

    private static func transaction(_ value: JSONValue?) throws(ControlRefusal) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text)
        where (1...transactionBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }:
            return text
        default:
            throw ControlRefusal(
                .malformed,
                "transaction must be a string of 1 to \(transactionBytesMax) printable characters")
        }
    }

    private static func request(
        _ value: JSONValue, _ members: [(key: String, value: JSONValue)],
        _ transaction: String?
    ) throws(ControlRefusal) -> ControlRequest {
        let name: String
        switch value["verb"] {
        case .string(let text): name = text
        case .some(let other):
            throw ControlRefusal(.malformed, "verb must be a string, is \(other.kind)")
        case nil: throw ControlRefusal(.malformed, "the request has no verb")
        }
        guard let names = arguments[name] else {
            throw ControlRefusal(
                .unknownVerb,
                "there is no verb “\(shown(name))”; there are "
                    + arguments.keys.sorted().joined(separator: ", "))
        }
        var given = members.filter { !["verb", "transaction", "args"].contains($0.key) }
        switch value["args"] {
        case nil, .null: break
        case .object(let inner): given += inner
        case .some(let other):
            throw ControlRefusal(.malformed, "args must be an object, is \(other.kind)")
        }
        for (index, argument) in given.enumerated() {
            guard names.contains(argument.key) else {
                throw ControlRefusal(
                    .invalidArgument,
                    "\(name) has no argument “\(shown(argument.key))”"
                        + (names.isEmpty ? "" : "; it has \(names.joined(separator: ", "))"))
            }
            guard !given[..<index].contains(where: { $0.key == argument.key }) else {
                throw ControlRefusal(.malformed, "\(argument.key) is given twice")
            }
        }
        let read = ControlArguments(members: given)
        let reason = try read.text("reason") ?? ""
        return ControlRequest(
            transaction: transaction, verb: try make(name, read), reason: reason)
    }

    /// Every verb with the arguments it may have.
    private static let arguments: [String: [String]] = [
        "pause": ["reason", "until", "exits"],
        "resume": ["reason", "latch"],
        "flatten": ["reason", "token"],
        "reconcile": ["reason"],
        "weights": ["reason", "set", "freeze", "rollback"],
        "limits": ["reason", "set"],
        "report": ["from", "to"],
        "reload": [],
        "status": [], "positions": [], "doctor": [],
        "explain": ["order"],
        "backup": ["to", "keep"],
    ]

    private static func make(
        _ name: String, _ read: ControlArguments
    ) throws(ControlRefusal) -> Verb {
        switch name {
        case "pause":
            return .command(
                .pause(until: try read.time("until"), exits: try read.flag("exits") ?? false))
        case "resume": return .command(.resume(latch: try read.text("latch")))
        case "flatten": return .command(.flatten(token: try read.text("token")))
        case "reconcile": return .command(.reconcile)
        case "status": return .status
        case "positions": return .positions
        case "weights": return try weights(read)
        case "limits":
            guard let lowered = try limits(read) else { return .limits }
            return .command(.limits(lowered))
        case "report": return try report(read)
        case "reload": return .reload
        case "doctor": return .doctor
        case "explain":
            guard let order = try read.text("order"), !order.isEmpty else {
                throw ControlRefusal(.invalidArgument, "explain needs an order")
            }
            return .explain(order: order)
        default:
            let folder = try read.text("to")
            guard folder?.hasPrefix("/") != false else {
                throw ControlRefusal(.invalidArgument, "to must be an absolute path")
            }
            return .backup(folder: folder, keep: try read.integer("keep", 1...1000))
        }
    }

    private static func shown(_ text: String) -> String {
        FeedDefect.shown(Array(text.utf8), max: 40)
    }

    /// The request as a line without its end.
    package var line: String {
        var members: [(key: String, value: OrderedJSON)] = [("verb", .string(verb.name))]
        if let transaction { members.append(("transaction", .string(transaction))) }
        var args: [(key: String, value: OrderedJSON)] = []
        if !reason.isEmpty { args.append(("reason", .string(reason))) }
        switch verb {
        case .command(.pause(let until, let exits)):
            if let until { args.append(("until", .string(until.description))) }
            if exits { args.append(("exits", .flag(true))) }
        case .command(.resume(let latch)):
            if let latch { args.append(("latch", .string(latch))) }
        case .command(.flatten(let token)):
            if let token { args.append(("token", .string(token))) }
        case .explain(let order): args.append(("order", .string(order)))
        case .backup(let folder, let keep):
            if let folder { args.append(("to", .string(folder))) }
            if let keep { args.append(("keep", .integer(keep))) }
        case .command(.weights(let order)):
            switch order {
            case .set(let values):
                let members = zip(StrategyID.allCases, values)
                    .map { (key: $0.rawValue, value: OrderedJSON.number($1)) }
                args.append(("set", .object(members)))
            case .freeze: args.append(("freeze", .flag(true)))
            case .unfreeze: args.append(("freeze", .flag(false)))
            case .rollback(let version): args.append(("rollback", .integer(version)))
            }
        case .command(.limits(let lowered)):
            let members = lowered.sorted { $0.key < $1.key }
                .map { (key: $0.key.rawValue, value: OrderedJSON.number($0.value)) }
            args.append(("set", .object(members)))
        case .report(let from, let to):
            if let from { args.append(("from", .string(from.description))) }
            if let to { args.append(("to", .string(to.description))) }
        case .command(.reconcile), .status, .positions, .weights, .limits, .reload, .doctor: break
        }
        if !args.isEmpty { members.append(("args", .object(args))) }
        return OrderedJSON.object(members).compact
    }
}
