import Domain
import Primitives

/// The closed trades that share something: a symbol, a reason.
struct TradeBreakdown: Equatable {
    let name: String
    private(set) var trades = 0
    private(set) var wins = 0
    private var gross = Int128(0)
    private var heldSeconds = 0.0

    private init(name: String) { self.name = name }

    /// Nil when the sum is beyond what money can be.
    var pnl: Money? { Int64(exactly: gross).map(Money.init(units:)) }
    var winRate: Double { Double(wins) / Double(max(trades, 1)) }
    var holdSeconds: Double { heldSeconds / Double(max(trades, 1)) }

    var mean: Money? {
        Int64(exactly: divideHalfEven(gross, Int128(max(trades, 1)))).map(Money.init(units:))
    }

    private mutating func add(_ trade: ClosedTrade) {
        trades += 1
        if trade.pnl.isPositive { wins += 1 }
        gross += Int128(trade.pnl.units)
        heldSeconds += (trade.exitTime - trade.entryTime).seconds
    }

    /// By symbol, the largest P&L first.
    static func bySymbol(_ trades: [ClosedTrade]) -> [TradeBreakdown] {
        group(trades) { $0.symbol.name }
            .sorted { $0.gross == $1.gross ? $0.name < $1.name : $0.gross > $1.gross }
    }

    /// By exit reason, in the order of the reasons.
    static func byReason(_ trades: [ClosedTrade]) -> [TradeBreakdown] {
        let groups = group(trades) { $0.reason.rawValue }
        return TradeReason.allCases.compactMap { reason in
            groups.first { $0.name == reason.rawValue }
        }
    }

    private static func group(
        _ trades: [ClosedTrade], by name: (ClosedTrade) -> String
    ) -> [TradeBreakdown] {
        var groups: [String: TradeBreakdown] = [:]
        for trade in trades {
            let name = name(trade)
            groups[name, default: TradeBreakdown(name: name)].add(trade)
        }
        return groups.values.sorted { $0.name < $1.name }
    }
}

/// The change of equity over a day, a month or a year.
struct PeriodResult: Equatable {
    /// `2024-03-05`, `2024-03`, `2024`
    let name: String
    let pnl: Double

    enum Length: String { case day, month, year }

    /// Days, while they are few enough to be told apart, else months, else years. A snapshot at
    /// midnight UTC belongs to the day that ends there.
    static func results(
        _ equity: [EquitySnapshot], start: Money?
    ) -> (length: Length, results: [PeriodResult]) {
        guard var before = start ?? equity.first?.equity else { return (.day, []) }
        var periods: [PeriodResult] = []
        var length = Length.day
        for candidate in [Length.day, .month, .year] {
            length = candidate
            var ends: [(name: String, equity: Money)] = []
            for snapshot in equity {
                let name = name(snapshot.at, candidate)
                if ends.last?.name == name { ends.removeLast() }
                ends.append((name, snapshot.equity))
            }
            if ends.count > 70, candidate != .year { continue }
            for end in ends {
                periods.append(PeriodResult(name: end.name, pnl: end.equity.double - before.double))
                before = end.equity
            }
            break
        }
        return (length, periods)
    }

    private static func name(_ at: Timestamp, _ length: Length) -> String {
        let date = (at - Span(nanoseconds: 1)).utcDate.description
        switch length {
        case .day: return date
        case .month: return String(date.prefix(7))
        case .year: return String(date.prefix(4))
        }
    }
}
