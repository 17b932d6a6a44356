import Domain
import Primitives
import Storage

/// The story of an order for a person at 80 columns: what was known, how the strategies voted,
/// what the risk gate said, what became of the order, and what was learned from it.
///
/// - Parameter colour: with ANSI colours.
package func explainText(_ explanation: OrderExplanation, colour: Bool) -> String {
    var story = OrderStory(explanation, colour: colour)
    return story.tell()
}

/// One order's story, told in the order in which it happened.
private struct OrderStory {
    private static let headlinesMax = 10
    private let order: OrderExplanation
    private let intent: OrderIntent
    private var sheet: TextSheet

    init(_ order: OrderExplanation, colour: Bool) {
        self.order = order
        intent = order.intent
        sheet = TextSheet(width: 80, colour: colour)
    }

    mutating func tell() -> String {
        opening()
        entry()
        if let signal = order.signal {
            known(signal)
            votes(signal)
        }
        verdict()
        placed()
        happened()
        outcome()
        learned()
        return sheet.text
    }

    private mutating func opening() {
        sheet.line(sheet.bold("Order \(intent.id.text)"))
        sheet.paragraph(
            "\(intent.side == .buy ? "Buy" : "Sell") \(intent.quantity) \(intent.symbol): "
                + "\(Self.purpose(intent.role)). It is \(Self.standing(order)). Times are UTC, "
                + "amounts USD.")
    }

    /// What an exit or a stop belongs to, and where its own story is.
    private mutating func entry() {
        guard let entry = order.entryOrder else { return }
        sheet.heading("The entry it belongs to")
        let opened = order.trades.first { $0.entryOrder == entry && $0.exitOrder == intent.id }
        if let opened {
            sheet.paragraph(
                "\(opened.side == .buy ? "Bought" : "Sold short") \(opened.symbol) at "
                    + "\(Humane.price(opened.entryPrice)) on \(Humane.time(opened.entryTime)).",
                first: "  ", indent: 2)
        }
        sheet.line("  \(entry.text)")
        sheet.line("  bellwether explain \(entry.text)")
    }

    private mutating func known(_ signal: Signal) {
        sheet.heading("What was known at \(Humane.time(signal.at))")
        for reading in signal.headlines.prefix(Self.headlinesMax) {
            let score = reading.score
            sheet.paragraph(
                "“\(Humane.plain(reading.headline))”",
                first: "  \(Humane.time(reading.at).prefix(16))  ", indent: 20)
            sheet.paragraph(
                "\(score.label.rawValue) \(Humane.number(score.score, signed: true)), confidence "
                    + "\(Humane.number(score.confidence)), by \(Humane.plain(score.model)), news "
                    + Humane.plain(reading.newsID),
                first: String(repeating: " ", count: 20), indent: 20)
        }
        if signal.headlines.count > Self.headlinesMax {
            sheet.line("  and \(signal.headlines.count - Self.headlinesMax) more headlines")
        }
        if signal.headlines.isEmpty { sheet.line("  No headline was in the window.") }
        let age = (signal.at - signal.priceTime).seconds
        sheet.line(
            "  Price \(Humane.price(signal.price)) of \(Humane.time(signal.priceTime)), "
                + "\(Humane.duration(seconds: age)) old")
        sheet.pairs(Self.figures(signal.indicators))
    }

    private mutating func votes(_ signal: Signal) {
        sheet.heading("How the strategies voted (weights version \(signal.weightsVersion))")
        let rows = StrategyID.allCases.map { strategy -> [TextCell] in
            guard let vote = signal.votes.first(where: { $0.strategy == strategy }) else {
                return [TextCell(strategy.rawValue), "abstained", ""]
            }
            let word = vote.direction > 0 ? "up" : vote.direction < 0 ? "down" : "neither"
            let tone: Tone = vote.direction > 0 ? .gain : vote.direction < 0 ? .loss : .plain
            return [
                TextCell(strategy.rawValue), TextCell(word, tone),
                TextCell(Humane.number(vote.strength, digits: 3)),
            ]
        }
        sheet.table(
            [TextColumn("Strategy", .left), TextColumn("Vote", .left), TextColumn("Strength")],
            rows)
        sheet.paragraph(
            "Together \(Humane.number(signal.score, digits: 3, signed: true)) of -1 to 1. "
                + "Decision: \(signal.side.rawValue), reason \(signal.reason.rawValue). "
                + "Signal \(Humane.plain(signal.id)).", first: "  ", indent: 2)
    }

    private mutating func verdict() {
        sheet.heading("What the risk gate said")
        switch order.verdict {
        case .approved(let quantity, let figures):
            sheet.line("  " + sheet.toned("Approved", .gain) + " for \(quantity) shares")
            sheet.pairs(Self.figures(figures))
        case .refused(let refusal):
            sheet.line("  " + sheet.toned("Refused", .loss) + ": \(refusal.code.rawValue)")
            sheet.pairs(Self.figures(refusal.figures))
        case nil:
            sheet.paragraph(
                "No signal of this order is in the ledger; a protective stop is approved together "
                    + "with its entry.", first: "  ", indent: 2)
        }
    }

    private mutating func placed() {
        sheet.heading("The order")
        let price = intent.type.price.map { " at \(Humane.price($0))" } ?? ""
        var facts = [
            (
                "Placed as",
                "\(intent.type.name)\(price), \(intent.timeInForce.rawValue), \(intent.quantity) "
                    + "shares"
            ),
            ("Decided at", "\(Humane.time(intent.createdAt)), price \(Self.reference(intent))"),
            ("Not sent after", Humane.time(intent.expiresAt)),
        ]
        if !intent.reservation.isZero {
            facts.append(("Budget held", Humane.amount(intent.reservation)))
        }
        if let broker = order.brokerOrderID {
            facts.append(("At the broker", Humane.plain(broker)))
        }
        sheet.facts(facts.map { (name: $0.0, text: $0.1) })
    }

    private mutating func happened() {
        sheet.heading("What happened")
        for step in order.transitions {
            sheet.paragraph(
                "\(step.from.rawValue) to \(step.to.rawValue)"
                    + (step.reason.map { ": \(Humane.plain($0))" } ?? ""),
                first: "  \(Humane.time(step.at))  ", indent: 23)
        }
        for fill in order.fills {
            sheet.paragraph(
                "\(fill.side == .buy ? "Bought" : "Sold") \(fill.quantity) at "
                    + "\(Humane.price(fill.price)), fee \(Humane.amount(fill.fee, digits: 4)), "
                    + "execution \(Humane.plain(fill.executionID))",
                first: "  \(Humane.time(fill.at))  ", indent: 23)
        }
        if order.transitions.isEmpty, order.fills.isEmpty { sheet.line("  Nothing yet.") }
        if let slip = Self.slippage(order) { sheet.line("  \(slip)") }
    }

    private mutating func outcome() {
        sheet.heading("What came of it")
        for trade in order.trades {
            let held = Humane.duration(seconds: (trade.exitTime - trade.entryTime).seconds)
                .replacing(" ", with: "\u{A0}")
            let pnl = sheet.toned(Humane.amount(trade.pnl, signed: true), Tone(trade.pnl))
            sheet.line("  P&L \(pnl) with \(trade.quantity) \(trade.symbol), \(trade.sideName)")
            sheet.paragraph(
                "from \(Humane.price(trade.entryPrice)) on \(Humane.time(trade.entryTime)) to "
                    + "\(Humane.price(trade.exitPrice)) on \(Humane.time(trade.exitTime)), held "
                    + "\(held), costs \(Humane.amount(trade.costs)), closed by "
                    + "\(Self.reason(trade.reason))", first: "    ", indent: 4)
            if trade.exitOrder != intent.id {
                sheet.line("    Closed by: bellwether explain \(trade.exitOrder.text)")
            }
        }
        if order.trades.isEmpty { sheet.paragraph(Self.noTrade(order), first: "  ", indent: 2) }
    }

    private mutating func learned() {
        guard !order.trades.isEmpty else { return }
        sheet.heading("What was learned")
        if order.weightChanges.isEmpty { sheet.line("  The weights did not change.") }
        for change in order.weightChanges {
            sheet.line(
                "  Weights version \(change.weights.version) at \(Humane.time(change.at))")
            sheet.table(
                [TextColumn("Strategy", .left), TextColumn("Weight"), TextColumn("Credit")],
                StrategyID.allCases.map { strategy in
                    let known = change.credits.indices.contains(strategy.index)
                    let credit = known ? change.credits[strategy.index] : 0
                    return [
                        TextCell(strategy.rawValue),
                        TextCell(Humane.number(change.weights[strategy], digits: 4)),
                        TextCell(
                            Humane.number(credit, digits: 3, signed: true),
                            credit > 0 ? .gain : credit < 0 ? .loss : .plain),
                    ]
                })
        }
    }
}

extension OrderStory {
    private static func purpose(_ role: OrderRole) -> String {
        switch role {
        case .entry: "opens a position"
        case .exit(let reason): "closes a position, because of \(Self.reason(reason))"
        case .protectiveStop: "protects a position with a stop that rests at the broker"
        }
    }

    private static func standing(_ order: OrderExplanation) -> String {
        let part =
            order.filledQuantity.isZero || order.filledQuantity == order.intent.quantity
            ? "" : ", \(order.filledQuantity) shares filled"
        return "\(order.status.rawValue)\(part)"
    }

    private static func reason(_ reason: TradeReason) -> String {
        switch reason {
        case .entry: "an entry"
        case .flip: "a flip of the strategies"
        case .stop: "the stop"
        case .takeProfit: "the profit target"
        case .time: "the time held"
        case .flatten: "the command to leave every position"
        case .external: "something outside this machine"
        }
    }

    private static func reference(_ intent: OrderIntent) -> String {
        Humane.price(intent.referencePrice)
    }

    private static func figures(_ figures: [Figure]) -> [(name: String, value: TextCell)] {
        figures.map { (Humane.plain($0.name), TextCell(Humane.plain($0.value))) }
    }

    /// The mean fill against the price of the decision; nil without a fill.
    private static func slippage(_ order: OrderExplanation) -> String? {
        var (cost, shares) = (Money.zero, Quantity.zero)
        for fill in order.fills {
            guard let amount = try? fill.price * fill.quantity, let sum = try? cost.adding(amount),
                let count = try? shares.adding(fill.quantity)
            else { return nil }
            (cost, shares) = (sum, count)
        }
        let reference = order.intent.referencePrice
        guard let mean = cost.price(per: shares), reference.isPositive,
            let change = try? mean.subtracting(reference)
        else { return nil }
        let points = change.double / reference.double * 10_000 * Double(order.intent.side.sign)
        let word = points > 0 ? "worse" : "better"
        guard change.units != 0 else { return "Filled at the price of the decision." }
        return "On average \(Humane.price(mean)): \(Humane.number(points.magnitude, digits: 1)) "
            + "basis points \(word) than the decision's price."
    }

    private static func noTrade(_ order: OrderExplanation) -> String {
        if order.fills.isEmpty {
            return order.status.isTerminal
                ? "No share changed hands." : "No share has changed hands yet."
        }
        return order.intent.role.isEntry
            ? "What it opened has not been closed." : "No closed trade is recorded for it."
    }
}
