import Domain
import Primitives
import Simulation
import Storage
import TestSupport

/// What is committed next, drawn from what is stored by then.
struct LedgerDays {
    /// Commits of positions, up to where chance ends each.
    private var lives: [[[LedgerEntry]]] = []
    private var number = 0
    private var proof: CommandProof?

    init(_ draw: inout Draw) {
        for index in 0..<8 {
            // Some at the same instant.
            let sample = Sample("S\(index)", at: Int64(draw.int(in: 0...3)))
            let commits = Self.life(
                sample, isSilent: draw.chance(0.25), isRevised: draw.chance(0.5))
            lives.append(Array(commits.prefix(draw.int(in: 1...commits.count))))
        }
    }

    private static func life(
        _ sample: Sample, isSilent: Bool, isRevised: Bool
    ) -> [[LedgerEntry]] {
        let entry = sample.steps(
            exit: false, to: [.submitting] + (isSilent ? [.unknown] : []) + [.acked, .filled])
        var commits: [[LedgerEntry]] = [sample.intake]
        commits += entry.dropLast().map { [$0] }
        commits.append([entry[entry.count - 1]] + sample.opening.suffix(3))
        if isRevised {
            commits.append(sample.revision("busted", -1, reverses: true))
            commits.append(sample.revision("corrected", 1, reverses: false))
        }
        let closing = sample.closing
        commits.append(Array(closing.prefix(2)))
        commits += closing[2...3].map { [$0] }
        commits.append(Array(closing.dropFirst(4)))
        return commits
    }

    /// Nil once all lives have ended.
    mutating func next(_ stored: LedgerModel, _ draw: inout Draw) -> [LedgerEntry]? {
        lives.removeAll(where: \.isEmpty)
        if lives.isEmpty { return nil }
        var model = stored
        var entries: [LedgerEntry] = []
        func add(_ more: [LedgerEntry]) {
            for entry in more { _ = model.take(entry) }
            entries += more
        }
        let index = draw.random.below(lives.count)
        // Under a hold no order leaves.
        if model.holds.isEmpty || !lives[index][0].contains(where: \.isDeparture) {
            add(lives[index].removeFirst())
        } else if draw.chance(0.1) {
            add(model.holds.map { lifted($0.id, by: "ctl:root") })
        }
        for _ in 0..<draw.int(in: 0...3) {
            number += 1
            let isLeaving = entries.contains(where: \.isDeparture)
            add(more(model, isLeaving: isLeaving, &draw))
        }
        return entries
    }

    private mutating func more(
        _ model: LedgerModel, isLeaving: Bool, _ draw: inout Draw
    ) -> [LedgerEntry] {
        switch draw.random.below(9) {
        case 0: return [.checkpoint(point(&draw))]
        case 1:
            // Before, at and after the midnights that a checkpoint may look back to.
            let at = draw.element(of: [-34_200, 138_600, 0]) + draw.int(in: -1...1)
            return [
                .weights(
                    weights(
                        draw.int(in: 0...9), [0.5, 0.25, 0.25], at: Int64(at),
                        cause: draw.chance(0.5) ? "c\(number)" : nil))
            ]
        case 2: return [.command(asked(&draw))]
        case 3:
            return (0...draw.int(in: 0...3)).map {
                .reconciliation(
                    reconciliation(
                        "rec-\(draw.int(in: 0...9))",
                        draw.element(of: [.matches, .repaired, .differs, .incomplete]),
                        draw.element(of: ReconciliationTrigger.allCases),
                        at: Int64(number * 10 + $0)))
            }
        case 4 where !isLeaving:
            return (1...draw.int(in: 1...12)).map {
                .hold(.set(hold("h\(model.holdCount + $0)", nil, &draw)))
            }
        case 5 where !isLeaving && !model.holds.isEmpty:
            let old = draw.element(of: model.holds)
            if draw.chance(0.3) { return [lifted(old.id, by: "machine")] }
            return [.hold(.set(hold(old.id, old, &draw)))]
        case 6: return step(model, &draw)
        case 7:
            let sample = Sample("S\(draw.random.below(8))", at: 0, votes: [])
            let verdict = Verdict.refused(Refusal(.mode, []))
            return [.signal(sample.signal("entry", side: .buy, reason: .entry, at: 1), verdict)]
        default:
            // The same message once more, long after its signature ended.
            let until = (proof?.until ?? time(0)) + CommandProof.margin + Span(nanoseconds: 1)
            proof = CommandProof(jti: "j", kid: "k", until: until)
            return proof.map { [.proof($0)] } ?? []
        }
    }

    /// A step that leaves the status as it is.
    private func step(_ model: LedgerModel, _ draw: inout Draw) -> [LedgerEntry] {
        let alive = model.orderIDs.compactMap { model.order($0) }.filter {
            !$0.status.isTerminal && ($0.status != .submitting || model.holds.isEmpty)
        }
        if alive.isEmpty { return [] }
        let order = draw.element(of: alive)
        return [
            .transition(
                OrderTransition(
                    id: order.intent.id, from: order.status, to: order.status, at: time(200),
                    brokerOrderID: draw.chance(0.3) ? "other-\(number)" : nil,
                    reason: draw.chance(0.7)
                        ? OrderTransition.cancelWanted : OrderTransition.leaving(.flatten)))
        ]
    }

    /// New, or as `old` made stricter: who set it, when and for what stays in the store.
    private func hold(_ id: String, _ old: TradingHold?, _ draw: inout Draw) -> TradingHold {
        TradingHold(
            id: id, cause: old?.cause ?? draw.element(of: HoldCause.allCases),
            mode: max(old?.mode ?? .reduceOnly, draw.element(of: TradingMode.allCases)),
            by: "by-\(number)", why: "why-\(number)", since: time(Int64(number)),
            until: draw.chance(0.5) ? nil : time(Int64(draw.int(in: 0...900))))
    }

    private func lifted(_ id: String, by: String) -> LedgerEntry {
        .hold(.lifted(id: id, by: by, why: "ended", at: time(Int64(number))))
    }

    private func asked(_ draw: inout Draw) -> CommandRecord {
        let limit = draw.element(of: RiskLimit.allCases)
        let verbs: [Command.Verb] = [
            .pause(until: nil, exits: false), .resume(latch: "drawdown"), .flatten(token: "t-1"),
            .reconcile, .weights(.set([0.2, 0.3, 0.5])), .weights(.freeze), .weights(.unfreeze),
            .weights(.rollback(version: 1)), .limits([limit: Double(draw.int(in: 1...9))]),
        ]
        return command(
            "t\(number)", draw.element(of: verbs), by: draw.element(of: ["ctl:root", "mqtt:b"]),
            refusal: draw.chance(0.3) ? .conflict : nil, at: Int64(number))
    }

    /// At an instant that the two days before it begin at, near or far from an order.
    private func point(_ draw: inout Draw) -> Checkpoint {
        let created = draw.element(of: [0, 1, 100, -172_800]) + draw.int(in: 0...4)
        var point = checkpoint(at: Int64(172_800 + created))
        point.lossBase = draw.chance(0.5) ? usd("1.5") : nil
        point.roundTrips = [symbol("S1"): usd("-3"), symbol("S0"): .zero]
        point.lostStops = draw.chance(0.5) ? [:] : [symbol("S2"): price("9.5")]
        point.exitsWanted = draw.chance(0.5) ? [:] : [symbol("S3"): .flatten]
        if draw.chance(0.5) {
            let event = BrokerReport.Event.corrected(
                executionID: "buy-S1", quantity: Quantity(whole: 4), price: price("10"))
            point.revisions = [
                BrokerReport(
                    orderID: id("bw-entry-S1"), at: time(9), event: event,
                    filledTotal: draw.chance(0.5) ? nil : Quantity(whole: 4))
            ]
        }
        return point
    }

    /// Something that was done before, or has nothing to stand on.
    func refused(_ model: LedgerModel, _ draw: inout Draw) -> LedgerEntry {
        let known = Sample("S0").fill(exit: false)
        var bad: [LedgerEntry] = [
            lifted("h0", by: "t"),
            .fill(known.named("new", orderID: id("bw-none"))),
            .transition(
                OrderTransition(id: id("bw-none"), from: .intent, to: .acked, at: time(1))),
        ]
        if let old = model.commands.last?.command {
            bad.append(.command(command(old.transaction, .reconcile, by: "another")))
        }
        if let order = model.orderIDs.first.flatMap({ model.order($0) }) {
            bad.append(.intent(order.intent))
            bad.append(.fill(known.named("new", orderID: order.intent.id, reverses: "none")))
            bad.append(
                .transition(
                    OrderTransition(
                        id: order.intent.id, from: .replaced, to: .acked, at: time(1))))
        }
        for fill in model.fills.suffix(2) {
            bad.append(.fill(fill))
            if let old = fill.reverses { bad.append(.fill(fill.named("new", reverses: old))) }
        }
        bad += model.trades.suffix(1).map { .closedTrade($0) }
        if let proof { bad.append(.proof(proof)) }
        let standing = Set(model.holds.map(\.id))
        let gone = (0..<model.holdCount).map { "h\($0 + 1)" }.filter { !standing.contains($0) }
        bad += gone.suffix(1).map { .hold(.set(pause($0))) }
        return draw.element(of: bad)
    }
}

extension LedgerEntry {
    fileprivate var isDeparture: Bool {
        if case .transition(let step) = self { step.to == .submitting } else { false }
    }
}

extension Fill {
    fileprivate func named(
        _ name: String, _ sign: Int64 = 1, orderID: ClientOrderID? = nil, reverses: String? = nil
    ) -> Fill {
        Fill(
            executionID: name, orderID: orderID ?? self.orderID, symbol: symbol, side: side,
            quantity: Quantity(units: sign * quantity.units), price: price,
            fee: Money(units: sign * fee.units), at: at, reverses: reverses,
            foundBy: reverses == nil ? "rec-0" : nil)
    }
}

extension Sample {
    /// What was bought is taken back, or booked anew in the row of the old lot.
    fileprivate func revision(_ word: String, _ sign: Int64, reverses: Bool) -> [LedgerEntry] {
        let fill = fill(exit: false)
        let name = "\(fill.executionID)-\(word)"
        let lines: [(LedgerAccount, Int64)] = [
            (.securities(symbol), usd("50").units), (.fees, usd("0.5").units),
            (.cash, usd("-50.5").units),
        ]
        return [
            .fill(fill.named(name, sign, reverses: reverses ? fill.executionID : nil)),
            .postings(
                lines.map {
                    Posting(
                        cause: name, account: $0.0, amount: Money(units: sign * $0.1), at: fill.at)
                }),
            .lot(lot(open: sign > 0)),
        ]
    }
}
