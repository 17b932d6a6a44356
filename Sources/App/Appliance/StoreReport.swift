import Calendar
import Domain
import Portfolio
import Primitives
import Storage

extension RunReport {
    /// The report of a store, as it stands.
    package init(
        _ access: borrowing StoreAccess, folder: String, zone: TimeZoneRules
    ) throws {
        try self.init(access.ledger, access.history, folder: folder, zone: zone)
    }

    /// The report of a store over the days of New York from `from` to `to`; nil: all there are.
    ///
    /// Of a part of the days, equity is that of the session closes: the figures begin with the last
    /// close before it, and the drawdown is that from close to close.
    package init(
        _ ledger: LedgerStore, _ history: HistoryStore, folder: String?, zone: TimeZoneRules,
        from: CivilDate? = nil, to: CivilDate? = nil
    ) throws {
        func isMeant(_ time: Timestamp) -> Bool {
            if from == nil && to == nil { return true }
            let date = zone.localDate(of: time)
            return from.map { $0 <= date } ?? true && to.map { date <= $0 } ?? true
        }
        let isPart = from != nil || to != nil
        let state = try ledger.loadState {
            zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0)
        }
        let trades = try ledger.closedTrades().filter { isMeant($0.exitTime) }
        let allFills = try ledger.fills()
        let fills = isPart ? allFills.filter { isMeant($0.at) } : allFills
        let allCloses = try history.equity().filter(\.isSessionClose)
        let closes = allCloses.filter { isMeant($0.at) }
        let negativeCapital = state.balances[.capital] ?? .zero
        var capital = try negativeCapital.negated()
        if let from, let before = allCloses.last(where: { zone.localDate(of: $0.at) < from }) {
            capital = before.equity
        }
        var tracker = EquityTracker()
        var costs = state.balances[.fees] ?? .zero
        if isPart {
            if let first = closes.first { tracker.observe(equity: capital, at: first.at) }
            for close in closes { tracker.observe(equity: close.equity, at: close.at) }
            costs = try fills.reduce(.zero) { try $0.adding($1.fee) }
        } else if let checkpoint = state.checkpoint {
            tracker = EquityTracker(restoring: checkpoint)
        }
        let final = to == nil ? try currentEquity(state, history) : closes.last?.equity ?? capital
        self.init(
            title: "Account",
            run: [
                ("version", .text(version)), ("store", folder.map { .text($0) } ?? .none),
                ("as_of", state.checkpoint.map { .time($0.at) } ?? .none),
                ("bars", .integer(Int(state.checkpoint?.feedPosition ?? 0))),
                ("open_lots", .integer(state.lots.count)),
                ("open_orders", .integer(state.openOrders.count)),
                ("capital", .money(capital)),
                ("equity_final", final.map { .money($0) } ?? .none),
                ("equity_last_close", closes.last.map { .money($0.equity) } ?? .none),
            ],
            metrics: PerformanceReport.compute(
                capital: capital, finalEquity: final, trades: trades, closes: closes,
                fills: fills.count, roundTrips: roundTrips(of: allFills, where: isMeant),
                costs: costs, tracker: tracker),
            equity: closes, trades: trades,
            weights: try ledger.weightsHistory().filter { isMeant($0.at) },
            refusals: try ledger.refusalCounts(), defects: [], capital: capital)
    }
}

/// Cash and the open lots at the last stored prices; nil where one is missing.
private func currentEquity(_ state: LedgerState, _ history: HistoryStore) throws -> Money? {
    var equity = state.balances[.cash] ?? .zero
    var prices: [Symbol: Price] = [:]
    let held = Set(state.lots.map(\.symbol)).sorted()
    for bar in try history.lastBars(perSymbol: 1, symbols: held, before: state.checkpoint?.at) {
        prices[bar.symbol] = bar.close
    }
    for lot in state.lots {
        guard let price = prices[lot.symbol] else { return nil }
        equity = try equity.adding(price * lot.quantity)
    }
    return equity
}

/// How often a position came back to zero or went through it.
private func roundTrips(of fills: [Fill], where isMeant: (Timestamp) -> Bool) -> Int {
    var held: [Symbol: Int64] = [:]
    var trips = 0
    for fill in fills {
        let before = held[fill.symbol] ?? 0
        let after = before &+ fill.side.sign &* fill.quantity.units
        let isOver = before != 0 && (after == 0 || (after < 0) != (before < 0))
        if isOver, isMeant(fill.at) { trips += 1 }
        held[fill.symbol] = after
    }
    return trips
}
