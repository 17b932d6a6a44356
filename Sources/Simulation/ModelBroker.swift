import Domain
import Execution
import Primitives

/// The network between the engine and the exchange: it loses, delays, repeats and swaps.
final class Network {
    private let truth: Truth
    let schedule: Schedule
    let fate: Fate
    let watch: Watch
    let history: History
    /// Requests reach the broker and its stream reaches us.
    private(set) var isUp = true
    var areCredentialsGood = true
    /// Prices move so often: fills come at most this much later.
    private(set) var requests = 0

    init(_ schedule: Schedule, _ fate: Fate, _ watch: Watch, _ history: History) {
        truth = watch.truth
        self.schedule = schedule
        self.fate = fate
        self.watch = watch
        self.history = history
    }

    /// To the process of now, if it still lives then.
    private func deliver(_ event: InputEvent, in span: Span, to process: Int) {
        schedule.add(.delivery(event, process: process), in: span)
    }

    // MARK: - From the engine

    func post(_ ticket: OrderTicket, engineTime: Timestamp) {
        if fate.point() { return }
        watch.see(.posted(ticket))
        requests += 1
        history.note(1, schedule.now, ticket.id.text, 0, "POST \(ticket.traceText)")
        send(ticket)
        _ = fate.point()
    }

    private func send(_ ticket: OrderTicket) {
        let process = fate.process
        let quick = fate.span(20, 400)
        func fails(_ event: BrokerReport.Event, in span: Span) {
            let report = BrokerReport(orderID: ticket.id, at: schedule.now + span, event: event)
            deliver(.broker(report), in: span, to: process)
        }
        if !isUp || fate.strikes(.notSent) {
            return fails(
                .notSent(reason: "no connection", attempt: ticket.attempt), in: quick)
        }
        if fate.strikes(.requestLost) {
            return fails(.ambiguous(reason: "no answer in 5 s"), in: Span(seconds: 5))
        }
        if fate.strikes(.serverErrorWithout) {
            return fails(.ambiguous(reason: "HTTP 503"), in: quick)
        }
        if fate.strikes(.rateLimited) { return fails(.ambiguous(reason: "HTTP 429"), in: quick) }
        if fate.strikes(.requestLate) {
            fails(.ambiguous(reason: "no answer in 5 s"), in: Span(seconds: 5))
            // Placed 83 s after the error was seen once.
            return carry(ticket, .replyLost, in: fate.span(6_000, 90_000))
        }
        if fate.strikes(.serverErrorWithEffect) {
            return carry(ticket, .serverError, in: quick)
        }
        if fate.strikes(.replyLost) {
            fails(.ambiguous(reason: "no answer in 5 s"), in: Span(seconds: 5))
            return carry(ticket, .replyLost, in: quick)
        }
        carry(ticket, .answered, in: quick)
    }

    /// To the exchange, which nothing stops any more.
    private func carry(_ ticket: OrderTicket, _ outcome: OrderFate, in span: Span) {
        truth.underWay.insert(ticket.id)
        schedule.add(.order(ticket, outcome, process: fate.process), in: span)
    }

    func postCancel(_ id: ClientOrderID) {
        if fate.point() { return }
        requests += 1
        history.note(2, schedule.now, id.text, 0, "DELETE \(id)")
        watch.see(.cancelSent(id))
        if isUp, !fate.strikes(.requestLost), !fate.strikes(.notSent) {
            schedule.add(.cancel(id), in: fate.span(20, 400))
        }
        _ = fate.point()
    }

    func ask(_ query: BrokerQuery, engineTime: Timestamp) {
        if fate.point() { return }
        requests += 1
        history.note(3, schedule.now, "", 0, "GET \(query.traceText)")
        if !isUp || fate.strikes(.queryFailed) {
            answer(query, asked: engineTime, in: fate.span(20, 5_000), "no answer", fate.process)
        } else {
            schedule.add(
                .query(query, asked: engineTime, process: fate.process), in: fate.span(20, 300))
        }
    }

    private func answer(
        _ query: BrokerQuery, asked: Timestamp, in span: Span, _ reason: String, _ process: Int
    ) {
        switch query {
        case .order(let id):
            let answer = OrderAnswer(id: id, asked: asked, result: .failed(reason: reason))
            deliver(.order(answer), in: span, to: process)
        case .account(let account):
            let answer = AccountAnswer(
                query: account, asked: asked, result: .failed(reason: reason))
            deliver(.account(answer), in: span, to: process)
        }
    }

    // MARK: - At the exchange

    func arrive(_ ticket: OrderTicket, _ outcome: OrderFate, process: Int) {
        let now = schedule.now
        let back = fate.span(20, 600)
        truth.underWay.remove(ticket.id)
        func reply(_ id: ClientOrderID, _ event: BrokerReport.Event) {
            let report = BrokerReport(orderID: id, at: now, event: event)
            deliver(.broker(report), in: back, to: process)
        }
        guard areCredentialsGood else {
            if case .answered = outcome { reply(ticket.id, .rejected(reason: "unauthorized")) }
            return
        }
        if fate.strikes(.rejected) {
            history.note(4, now, ticket.id.text, 0, "refuses \(ticket.id)")
            if case .answered = outcome {
                reply(ticket.id, .rejected(reason: "the asset is halted"))
            } else if case .serverError = outcome {
                reply(ticket.id, .ambiguous(reason: "HTTP 504"))
            }
            return
        }
        let visible = fate.strikes(.listedLate) ? now + fate.span(500, 40_000) : now
        let answer = truth.exchange.submit(ticket, at: now, visibleAt: visible)
        history.note(5, now, ticket.id.text, 0, "\(ticket.id): \(answer)")
        if case .accepted = answer { watch.see(.placed(ticket)) }
        switch (outcome, answer) {
        case (.serverError, _): reply(ticket.id, .ambiguous(reason: "HTTP 504"))
        case (.replyLost, .accepted(let id)):
            if fate.random.below(2) == 0 { streamAcceptance(ticket, id) }
        case (.replyLost, _): break
        case (.answered, .accepted(let id)):
            reply(ticket.id, .accepted(brokerOrderID: id))
            if let stop = ticket.protectiveStop {
                reply(stop.id, .accepted(brokerOrderID: id + "s"))
            }
        case (.answered, .rejected(let reason)): reply(ticket.id, .rejected(reason: reason))
        case (.answered, .duplicate): reply(ticket.id, .duplicate)
        }
        flush()
    }

    private func streamAcceptance(_ ticket: OrderTicket, _ brokerOrderID: String) {
        let now = schedule.now
        truth.exchange.reports.append(
            BrokerReport(
                orderID: ticket.id, at: now, event: .accepted(brokerOrderID: brokerOrderID)))
        if let stop = ticket.protectiveStop {
            truth.exchange.reports.append(
                BrokerReport(
                    orderID: stop.id, at: now,
                    event: .accepted(brokerOrderID: brokerOrderID + "s")))
        }
    }

    func arriveCancel(_ id: ClientOrderID) {
        guard truth.exchange.orders[id]?.isOpen == true else { return }
        // Pending for a while: a fill may be faster. For some orders hours, as when the broker's own
        // systems are late; their ids say for which, so that a calm run differs in nothing else.
        let isStuck =
            !fate.isCalm && fate.rates[.slowFill] > 0 && id.text.utf8.last == UInt8(ascii: "q")
        if isStuck { truth.exchange.stuck.insert(id) }
        schedule.add(
            .cancelTakesEffect(id),
            in: isStuck ? fate.span(2_500_000, 9_000_000) : fate.span(10, 2_500))
    }

    func arriveQuery(_ query: BrokerQuery, asked: Timestamp, process: Int) {
        let back = fate.span(20, 800)
        guard areCredentialsGood else {
            return answer(query, asked: asked, in: back, "unauthorized", process)
        }
        switch query {
        case .order(let id):
            let result = truth.exchange.answer(id, at: schedule.now)
            deliver(
                .order(OrderAnswer(id: id, asked: asked, result: result)), in: back, to: process)
        case .account(let account):
            var report = truth.exchange.report(since: account.since, at: schedule.now)
            if fate.strikes(.shortAccount) {
                truth.lies.insert(account.run)
                report = shortened(report)
                history.note(7, schedule.now, account.run, 0, "a short account for \(account.run)")
            }
            deliver(
                .account(AccountAnswer(query: account, asked: asked, result: .account(report))),
                in: back, to: process)
        }
    }

    /// Read well, and not the whole: empty, or the first page only.
    private func shortened(_ report: AccountReport) -> AccountReport {
        let isEmpty = fate.random.below(2) == 0
        func first<Row>(_ rows: [Row]) -> [Row] {
            isEmpty ? [] : Array(rows.prefix(fate.random.below(max(1, rows.count))))
        }
        return AccountReport(
            cash: report.cash, holdings: first(report.holdings), orders: first(report.orders),
            fills: first(report.fills))
    }

    func match(_ id: ClientOrderID) {
        let isPartial = fate.strikes(.partialFill)
        let isLeft = truth.exchange.fill(
            id, tenths: isPartial ? 1 + fate.random.below(8) : 10, at: schedule.now)
        truth.loseForeign(id)
        if isLeft { schedule.add(.match(id), in: fate.span(200, 40_000)) }
        flush()
    }

    /// What the exchange says goes out on the stream, and what it can fill is filled.
    func flush() {
        for id in truth.exchange.ready {
            let isSlow = fate.strikes(.slowFill)
            let most = isSlow && fate.random.below(6) == 0 ? 3_600_000 : 180_000
            schedule.add(.match(id), in: isSlow ? fate.span(1_000, most) : fate.span(5, 900))
        }
        truth.exchange.ready.removeAll(keepingCapacity: true)
        let reports = truth.exchange.reports
        truth.exchange.reports.removeAll(keepingCapacity: true)
        for report in reports { stream(report) }
    }

    private func stream(_ report: BrokerReport) {
        // What is not ours comes under an id that we do not read.
        if truth.exchange.orders[report.orderID]?.isForeign == true { return }
        history.note(6, schedule.now, report.orderID.text, 0, "stream \(report.traceText)")
        guard isUp, !fate.isDead else { return noteLoss(of: report) }
        if fate.strikes(.reportLost) { return noteLoss(of: report) }
        var report = report
        if fate.strikes(.unknownWord) {
            noteLoss(of: report)
            report = BrokerReport(
                orderID: report.orderID, at: report.at, event: .unrecognised("suspended"),
                filledTotal: report.filledTotal)
        }
        let isLate = fate.strikes(.reportLate)
        let delay = isLate ? fate.span(500, 30_000) : fate.span(5, 300)
        deliver(.broker(report), in: delay, to: fate.process)
        if fate.strikes(.reportTwice) {
            deliver(.broker(report), in: delay.later(fate.span(0, 20_000)), to: fate.process)
        }
    }

    /// Executions that are taken back are in no list: who does not hear of it cannot know.
    func noteLoss(of report: BrokerReport) {
        truth.lose(report)
    }

    // MARK: - The line

    func goDown() {
        isUp = false
        deliver(.link(.down(reason: "the line broke")), in: fate.span(10, 3_000), to: fate.process)
    }

    func goUp() {
        isUp = true
        announce()
    }

    /// A process that starts, or a line that is there again.
    func announce() {
        let span = fate.span(50, 3_000)
        if !areCredentialsGood {
            deliver(.link(.refused(reason: "unauthorized")), in: span, to: fate.process)
        } else if isUp {
            deliver(.link(.up), in: span, to: fate.process)
        } else {
            deliver(.link(.down(reason: "no route")), in: span, to: fate.process)
        }
    }
}

/// The engine's way to the broker.
struct ModelBroker: Broker {
    let network: Network

    mutating func register(count: Int) {}
    mutating func submit(_ ticket: OrderTicket, at time: Timestamp) {
        network.post(ticket, engineTime: time)
    }
    mutating func cancel(_ id: ClientOrderID, at time: Timestamp) { network.postCancel(id) }
    mutating func ask(_ query: BrokerQuery, at time: Timestamp) {
        network.ask(query, engineTime: time)
    }
    mutating func takeAnswers() -> [InputEvent] { [] }
}
