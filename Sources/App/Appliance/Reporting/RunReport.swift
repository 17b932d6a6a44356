// The report of a backtest or of a live store, in three forms from the same values: text for a
// terminal, JSON for tools, one HTML page with plots.
//
// In: the figures of PerformanceReport with their formulas, equity snapshots, closed trades, versions
// of the weights, counts of refusals, rows set aside. Out: strings; nothing is written here.
// Invariants: the same report gives the same bytes in every form; what is undefined is null or n/a,
// never zero; text from outside is escaped, and every list shown to a person is bounded.

import Domain
import Portfolio

/// A fact about a run.
package indirect enum ReportValue: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case money(Money)
    case time(Timestamp)
    case seconds(Double)
    case flag(Bool)
    case list([ReportValue])
    case values([(key: String, value: ReportValue)])
    /// Not known.
    case none
}

package struct RunReport: Sendable {
    package var title: String
    /// Facts about the run, in the order in which they are shown.
    package var run: [(key: String, value: ReportValue)]
    package var metrics: [Metric]
    /// Oldest first.
    package var equity: [EquitySnapshot]
    /// In the order in which they were closed.
    package var trades: [ClosedTrade]
    /// Oldest first.
    package var weights: [WeightsChange]
    /// Sorted by code.
    package var refusals: [(code: String, count: Int)]
    /// The first rows that were set aside, word for word, and how many there were.
    package var defects: [String]
    /// The equity before the first snapshot; where it is not known, the first snapshot stands in.
    package var capital: Money?

    package init(
        title: String, run: [(key: String, value: ReportValue)], metrics: [Metric],
        equity: [EquitySnapshot], trades: [ClosedTrade], weights: [WeightsChange],
        refusals: [(code: String, count: Int)], defects: [String], capital: Money? = nil
    ) {
        self.title = title
        self.run = run
        self.metrics = metrics
        self.equity = equity
        self.trades = trades
        self.weights = weights
        self.refusals = refusals
        self.defects = defects
        self.capital = capital
    }

    /// The figure with this key; nil where there is none or it is undefined.
    func metric(_ key: String) -> MetricValue? {
        let value = metrics.first { $0.key == key }?.value
        return value == MetricValue.none ? nil : value
    }

    /// What the first snapshot is compared with.
    var startEquity: Money? { capital ?? equity.first?.equity }
}
