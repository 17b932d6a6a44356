import Domain
import Primitives

/// The holds that stand, at most `Limits.holds`: the mode is the strictest of them.
///
/// The machine keeps one for each cause and only ever makes it stricter; a person's pauses are one
/// for each sender. When there are too many senders, a further pause joins the newest of them.
struct HoldSet: Sendable, Equatable {
    /// In order of their ids.
    private(set) var all: [TradingHold] = []
    /// How many there ever were: the number of the newest id.
    private(set) var count = 0
    /// Of all that stand.
    private(set) var mode = TradingMode.active
    /// When the next one ends by itself.
    private(set) var due = Timestamp.distantFuture
    /// A confirmed `flatten` stands.
    private(set) var isFlattening = false

    init() {}

    init(restoring holds: [TradingHold], count: Int) {
        all = holds
        // A count that is behind its own ids must not give one of them a second time.
        let newest = holds.compactMap { Int($0.id.dropFirst()) }.max() ?? 0
        self.count = max(count, newest)
        settle()
    }

    func first(_ cause: HoldCause) -> TradingHold? { all.first { $0.cause == cause } }

    /// A hold that is as strict as asked for, for as long: a new one, or one that stood before and
    /// became stricter or longer. Nil: one stood already that is no less.
    mutating func tighten(
        _ cause: HoldCause, _ mode: TradingMode, by: String, why: String, at: Timestamp,
        until: Timestamp?
    ) -> TradingHold? {
        guard let index = place(of: cause, by) else {
            count += 1
            let hold = TradingHold(
                id: "h\(count)", cause: cause, mode: mode, by: by, why: why, since: at,
                until: until)
            all.append(hold)
            settle()
            return hold
        }
        let old = all[index]
        let end = old.until.flatMap { old in until.map { max(old, $0) } }
        if mode <= old.mode && end == old.until { return nil }
        all[index].mode = max(mode, old.mode)
        all[index].until = end
        if !why.isEmpty { all[index].why = why }
        settle()
        return all[index]
    }

    private func place(of cause: HoldCause, _ by: String) -> Int? {
        guard cause == .operator else { return all.firstIndex { $0.cause == cause } }
        if let own = all.firstIndex(where: { $0.cause == cause && $0.by == by }) { return own }
        // Each cause of the machine keeps its place.
        let room = Limits.holds - (HoldCause.allCases.count - 1)
        guard all.count(where: { $0.cause == cause }) >= room else { return nil }
        return all.lastIndex { $0.cause == cause }
    }

    /// Takes away those that `isLifted` names, and gives them back.
    mutating func lift(where isLifted: (TradingHold) -> Bool) -> [TradingHold] {
        let gone = all.filter(isLifted)
        all.removeAll(where: isLifted)
        settle()
        return gone
    }

    private mutating func settle() {
        mode = all.map(\.mode).max() ?? .active
        due = all.compactMap(\.until).min() ?? .distantFuture
        isFlattening = first(.flatten) != nil
    }
}
