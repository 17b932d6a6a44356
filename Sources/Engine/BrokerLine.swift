import Domain
import Execution
import Primitives

/// The connection to a broker outside, its circuit breaker, and what waits for them.
extension TradingEngine {
    /// When an order is to be read again, or a comparison is due.
    var brokerDue: Timestamp { execution.due }

    /// What keeps entries back because of the broker, the strictest first.
    func brokerBlock(_ id: SymbolID) -> EntryBlock? {
        let desk = execution.desk
        if desk.suspended.contains(symbols[id]) { return .suspended }
        if desk.isPending { return .reconciling }
        guard config.execution.isOutside else { return nil }
        if !execution.canSend(at: now) { return .broker }
        return execution.unknownCount >= 2 ? .unresolved : nil
    }

    mutating func take(_ link: BrokerLink, _ effects: inout [Effect]) {
        guard config.execution.isOutside else { return }
        switch link {
        case .up:
            execution.isLinked = true
            execution.breaker.unlatch(at: now)
            execution.hasten(at: now)
            execution.desk.isPending = true
            let isFirst = !execution.desk.hasStarted
            _ = beginReconciliation(isFirst ? .start : .reconnect, &effects)
            release(&effects)
        case .down(let reason):
            counters.count(.transient)
            if execution.isLinked {
                raise("broker-down", .warning, "the broker cannot be reached: \(reason)", &effects)
            }
            execution.isLinked = false
        case .refused(let reason):
            execution.isLinked = false
            execution.breaker.latch(at: now)
            counters.count(.refused)
            // The hold tells a person, and lasts until one has put it right.
            hold(
                .credentials, .halted, "the broker refuses the credentials: \(reason)", &effects)
        }
        execution.schedule(at: now)
    }

    /// What a report says of the line: that a request arrived, or that it did not.
    mutating func judgeLine(by report: BrokerReport, _ effects: inout [Effect]) {
        switch report.event {
        case .ambiguous, .notSent: requestFailed(&effects)
        case .accepted, .rejected, .duplicate:
            if execution.order(report.orderID)?.status == .submitting { requestSucceeded() }
        default: break
        }
    }

    mutating func requestSucceeded() { execution.breaker.succeed(at: now) }

    mutating func requestFailed(_ effects: inout [Effect]) {
        let before = execution.breaker.state(at: now)
        execution.breaker.fail(at: now)
        if before == .closed, execution.breaker.state(at: now) == .open {
            raise(
                "breaker-open", .warning,
                "requests to the broker fail; none is made until "
                    + "\(execution.breaker.due.description)", &effects)
        }
    }

    // MARK: - Time

    mutating func wakeBroker(_ effects: inout [Effect]) throws(EngineError) {
        guard config.execution.isOutside || execution.desk.isOn else { return }
        wakeReconciliation(&effects)
        if config.execution.isOutside {
            if execution.isLinked, execution.breaker.wantsProbe(at: now) { probe(&effects) }
            try followUp(&effects)
        }
        execution.schedule(at: now)
    }

    /// After anything that may have answered a question or opened the way.
    mutating func followUp(_ effects: inout [Effect]) throws(EngineError) {
        for order in execution.lapseExpired(at: now, effects: &effects) { ended(order, &effects) }
        let needs = execution.pursue(at: now, effects: &effects)
        for order in needs.absent { ended(order, &effects) }
        for id in needs.overdue { alarm(id, &effects) }
        for id in needs.stuck {
            raise(
                "cancel-unconfirmed", .critical,
                "\(id) was to be canceled and is alive still; what waits for it waits on",
                &effects)
        }
        if needs.account { compareSoon(&effects) }
        release(&effects)
        for order in execution.waitingOrders { tellBare(order.intent.id, &effects) }
        execution.schedule(at: now)
    }

    private mutating func alarm(_ id: ClientOrderID, _ effects: inout [Effect]) {
        raise(
            "unresolved", .critical,
            "\(id): nobody knows what became of it; it blocks until that is found out", &effects)
    }

    /// One read that tries the way; never an order.
    private mutating func probe(_ effects: inout [Effect]) {
        execution.breaker.probe(at: now)
        if let id = execution.firstQuestion {
            execution.ask(id, at: now, effects: &effects)
        } else {
            probeAccount(&effects)
        }
    }

    /// Lets go what may leave now, exits before entries.
    mutating func release(_ effects: inout [Effect]) {
        guard config.execution.isOutside, execution.canSend(at: now) else { return }
        // What is sent again after a pause is not hurried.
        for order in execution.waitingOrders where order.status == .intent {
            switch admission(of: order) {
            case .sends, .lapses: effects.append(.submit(order.intent.id))
            case .waits:
                // The stop protects for as long as anything else keeps the exit back.
                guard case .exit = order.intent.role,
                    let stop = execution.protectiveStop(order.symbolID),
                    admission(of: order, besidesStop: true) == .sends
                else { continue }
                effects.append(.cancel(stop))
            }
        }
    }

    // MARK: - Sessions

    mutating func openBrokerSession(_ effects: inout [Effect]) {
        compareFirst()
        release(&effects)
        execution.schedule(at: now)
    }

    mutating func closeBrokerSession(_ effects: inout [Effect]) {
        guard execution.desk.isOn else { return }
        if config.execution.isOutside {
            for id in execution.unknownOrders { alarm(id, &effects) }
        }
        execution.desk.dailyDue = now + config.execution.reconciliation.afterClose
        execution.schedule(at: now)
    }

    // MARK: - Orders that were asked for

    mutating func take(_ answer: OrderAnswer, _ effects: inout [Effect]) throws(EngineError) {
        switch answer.result {
        case .failed:
            counters.count(.transient)
            requestFailed(&effects)
            execution.noteFailedRead(answer.id, at: now)
        case .absent:
            requestSucceeded()
            if let order = execution.noteAbsence(answer, at: now, effects: &effects) {
                ended(order, &effects)
            }
        case .found(let order, let fills):
            requestSucceeded()
            try found(order, fills, answer, &effects)
        }
        if config.execution.isOutside { try followUp(&effects) }
    }

    private mutating func found(
        _ order: BrokerOrder, _ fills: [BrokerFill], _ answer: OrderAnswer,
        _ effects: inout [Effect]
    ) throws(EngineError) {
        guard let own = execution.known(answer.id) else {
            compareSoon(&effects)
            return
        }
        guard order.clientOrderID == answer.id.text, execution.matches(order) else {
            if execution.noteStranger(answer.id, at: now) { stranger(order, &effects) }
            return
        }
        let isOpenThere = order.status == .open && order.filled < order.quantity
        if own.status.isTerminal, isOpenThere, answer.asked > execution.touched(own.symbolID) {
            compareSoon(&effects)
        }
        let news = execution.news(order, fills: fills, at: now)
        for report in news.reports { try absorb(report, foundBy: "read", &effects) }
        if let order = execution.complete(
            answer.id, with: news.isComplete ? order : nil, at: now, effects: &effects)
        {
            ended(order, &effects)
        }
        execution.noteFound(
            answer.id, isComplete: news.isComplete, asked: answer.asked, at: now)
    }

    /// The broker holds an order under one of our ids that is not the one made here.
    mutating func stranger(_ order: BrokerOrder, _ effects: inout [Effect]) {
        counters.count(.bug)
        let why =
            "\(order.clientOrderID) at the broker: \(order.side.rawValue) \(order.quantity) "
            + "\(order.symbol), which is not what was decided here"
        hold(.identity, .halted, why, &effects)
    }
}
