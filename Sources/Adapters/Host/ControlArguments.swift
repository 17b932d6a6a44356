import Domain
import Primitives

/// The arguments of a request, read by type; null is as absent.
struct ControlArguments {
    let members: [(key: String, value: JSONValue)]

    private func value(_ name: String) -> JSONValue? {
        let value = members.first { $0.key == name }?.value
        return value == .null ? nil : value
    }

    func text(_ name: String) throws(ControlRefusal) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "a string", value) }
        guard text.utf8.count <= ControlRequest.textBytesMax else {
            throw ControlRefusal(
                .invalidArgument,
                "\(name) has \(text.utf8.count) bytes, at most "
                    + "\(ControlRequest.textBytesMax) are taken")
        }
        guard !text.utf8.contains(0) else {
            throw ControlRefusal(.invalidArgument, "\(name) holds a zero byte")
        }
        return text
    }

    func flag(_ name: String) throws(ControlRefusal) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw wrong(name, "true or false", value) }
        return flag
    }

    func time(_ name: String) throws(ControlRefusal) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw ControlRefusal(
                .invalidArgument,
                "\(name) must be a market time after RFC 3339, such as 2026-11-23T14:30:00Z")
        }
        return time
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(ControlRefusal) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .number(let text) = value, let number = Int(text), range.contains(number) else {
            throw wrong(name, "an integer from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return number
    }

    private func wrong(_ name: String, _ wanted: String, _ value: JSONValue) -> ControlRefusal {
        ControlRefusal(.invalidArgument, "\(name) must be \(wanted), is \(value.kind)")
    }

    func date(_ name: String) throws(ControlRefusal) -> CivilDate? {
        guard let text = try text(name) else { return nil }
        guard let date = CivilDate(text) else {
            throw ControlRefusal(
                .invalidArgument, "\(name) must be a date such as 2026-11-23")
        }
        return date
    }

    /// The numbers of an object, by their names; never empty.
    func numbers(_ name: String) throws(ControlRefusal) -> [(name: String, value: Double)]? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else { throw wrong(name, "an object", value) }
        guard !members.isEmpty else {
            throw ControlRefusal(.invalidArgument, "\(name) is empty")
        }
        var numbers: [(name: String, value: Double)] = []
        for (key, member) in members {
            let shown = FeedDefect.shown(Array(key.utf8), max: 40)
            guard case .number(let text) = member, let number = Double(text) else {
                throw wrong("\(name).\(shown)", "a number", member)
            }
            guard number.isFinite else {
                throw ControlRefusal(
                    .invalidArgument, "\(name).\(shown) is out of range: so large a number is none")
            }
            guard !numbers.contains(where: { $0.name == key }) else {
                throw ControlRefusal(.malformed, "\(name).\(shown) is given twice")
            }
            numbers.append((key, number))
        }
        return numbers
    }
}

// MARK: - Verbs that change settings

extension ControlRequest {
    static func weights(_ read: ControlArguments) throws(ControlRefusal) -> Verb {
        let set = try read.numbers("set")
        let freeze = try read.flag("freeze")
        let version = try read.integer("rollback", 0...Int(Int32.max))
        switch (set, freeze, version) {
        case (let set?, nil, nil):
            var values = [Double](repeating: 0, count: StrategyID.allCases.count)
            for (name, value) in set {
                guard let strategy = StrategyID(rawValue: name) else {
                    throw unknown("set", name, StrategyID.allCases.map(\.rawValue))
                }
                values[strategy.index] = value
            }
            guard StrategyWeights(version: 0, values: values) != nil else {
                throw ControlRefusal(
                    .invalidArgument,
                    "weights are numbers from 0 to 1 whose sum is 1; one left out is 0")
            }
            return .command(.weights(.set(values)))
        case (nil, let freeze?, nil): return .command(.weights(freeze ? .freeze : .unfreeze))
        case (nil, nil, let version?): return .command(.weights(.rollback(version: version)))
        case (nil, nil, nil):
            guard try read.text("reason") == nil else {
                throw ControlRefusal(
                    .invalidArgument, "beside a reason weights needs set, freeze or rollback")
            }
            return .weights
        default:
            throw ControlRefusal(
                .invalidArgument, "only one of set, freeze and rollback can be done at a time")
        }
    }

    /// A limit below a hundredth of a percent is a slip: nothing could be traded, and no command
    /// raises it again. Who wants no trade pauses.
    private static let shareMin = 0.0001

    /// - Returns: nil where they are only to be shown.
    static func limits(_ read: ControlArguments) throws(ControlRefusal) -> [RiskLimit: Double]? {
        guard let set = try read.numbers("set") else {
            guard try read.text("reason") == nil else {
                throw ControlRefusal(.invalidArgument, "beside a reason limits needs set")
            }
            return nil
        }
        var lowered: [RiskLimit: Double] = [:]
        for (name, value) in set {
            guard let limit = RiskLimit(rawValue: name) else {
                throw unknown("set", name, RiskLimit.allCases.map(\.rawValue))
            }
            guard limit.admits(value), limit.isCount || value >= shareMin else {
                throw ControlRefusal(
                    .invalidArgument,
                    "\(name) must be "
                        + (limit.isCount
                            ? "a whole number from 1 on"
                            : "a number from \(OrderedJSON.plain(shareMin)) on"))
            }
            lowered[limit] = value
        }
        return lowered
    }

    static func report(_ read: ControlArguments) throws(ControlRefusal) -> Verb {
        let (from, to) = (try read.date("from"), try read.date("to"))
        if let from, let to, to < from {
            throw ControlRefusal(.invalidArgument, "to is before from")
        }
        return .report(from: from, to: to)
    }

    private static func unknown(
        _ argument: String, _ name: String, _ known: [String]
    ) -> ControlRefusal {
        ControlRefusal(
            .invalidArgument,
            "\(argument) has no “\(FeedDefect.shown(Array(name.utf8), max: 40))”; it has "
                + known.joined(separator: ", "))
    }
}
