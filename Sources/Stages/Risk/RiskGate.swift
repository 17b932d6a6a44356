// The risk gate: the one place where a signal becomes an order that may be sent.
//
// signal + context -> an approved order with its size, or a refusal with a code and figures
//
// - A pure function: the same signal, context and limits always give the same verdict.
// - Only this module can make an `ApprovedOrder`, and only after every rule has passed.
// - The first rule that refuses decides, in the order of the lists below.
// - No approval takes positions, working entries or cash beyond a limit, whatever the order in
//   which signals arrive, as long as the engine books each reservation before the next judgement.
// - Exits close the whole position and nothing else: they can never open one. Only what makes
//   them senseless or forbidden stops them; a limit never keeps a position open.
import Domain
import Primitives

package struct RiskGate: Sendable {
    package let config: RiskConfig

    package init(_ config: RiskConfig) { self.config = config }

    /// - Parameters:
    ///   - signal: an entry (`reason == .entry`) or, with any other reason, an exit.
    ///   - context: the world at this instant, all earlier approvals of the instant included.
    package func judge(_ signal: Signal, _ context: RiskContext) -> RiskVerdict {
        let proposal = Proposal(signal: signal, context: context, config: config)
        return signal.reason == .entry ? judgeEntry(proposal) : judgeExit(proposal)
    }

    /// In this order: may anything trade, is the price good, is this trade wanted at all, how
    /// often and how much was lost, how many. Then the size, and whether it fits.
    static let entryRules: [@Sendable (Proposal) -> Refusal?] = [
        Rules.mode, Rules.blocked, Rules.sessionClosed, Rules.sessionEdge,
        Rules.priceMissing, Rules.priceStale, Rules.warming,
        Rules.shortsDisabled, Rules.duplicate, Rules.cooldown,
        Rules.ordersPerMinute, Rules.ordersPerDay,
        Rules.dailyLoss, Rules.drawdown, Rules.positionCount,
    ]

    /// The amount last: it says what a day may bring, not what this entry is.
    static let sizeRules: [@Sendable (Proposal, EntrySize) -> Refusal?] = [
        Rules.quantityZero, Rules.positionNotional, Rules.exposure, Rules.cash,
        Rules.notionalPerDay,
    ]

    /// Neither staleness nor rates nor losses keep a position open: leaving on an old price is
    /// better than staying in. The rates still count exits, so that they slow down entries.
    static let exitRules: [@Sendable (Proposal) -> Refusal?] = [
        Rules.mode, Rules.blocked, Rules.sessionClosed, Rules.priceMissing, Rules.duplicate,
        Rules.nothingToClose,
    ]

    private func judgeEntry(_ proposal: Proposal) -> RiskVerdict {
        for rule in Self.entryRules {
            if let refusal = rule(proposal) { return .refused(refusal) }
        }
        let size = Sizing.entry(proposal)
        for rule in Self.sizeRules {
            if let refusal = rule(proposal, size) { return .refused(refusal) }
        }
        return .approved(ApprovedOrder(entry: proposal, size))
    }

    private func judgeExit(_ proposal: Proposal) -> RiskVerdict {
        for rule in Self.exitRules {
            if let refusal = rule(proposal) { return .refused(refusal) }
        }
        return .approved(ApprovedOrder(exit: proposal))
    }
}

/// All that a rule may look at.
struct Proposal: Sendable {
    let signal: Signal
    let context: RiskContext
    let config: RiskConfig

    var isEntry: Bool { signal.reason == .entry }

    /// What the signal's side could close of the position: zero when flat, and when the side
    /// would add to it.
    var closable: Quantity {
        let closing = signal.side == .sell ? context.position : try? context.position.negated()
        return closing.map { max($0, .zero) } ?? .zero
    }
}

/// The rules, one file each: nil when the rule has nothing against the proposal.
enum Rules {}
