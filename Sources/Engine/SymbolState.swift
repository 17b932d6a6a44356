import Domain
import News
import Primitives

/// What the engine itself remembers of one symbol; the stages keep the rest.
struct SymbolState: Sendable {
    /// Start of the newest bar, in session or not.
    var newestStart = Timestamp.distantPast
    /// When the newest price became known.
    var priceTime: Timestamp?
    /// When the last trade was closed.
    var lastExit: Timestamp?
    /// A position that is to be left, until it is gone; set by `TradingEngine.wantExit`.
    fileprivate(set) var exitWanted: TradeReason?
    /// The stop would sell more than is held, and is to be canceled for one that fits.
    var isStopUnfit = false
    /// A close at or beyond this takes the profit.
    var takeProfit: Price?
    /// The position is left at this time.
    var exitBy: Timestamp?
    /// The refusal last recorded; the same one again is not news.
    var lastRefusal: RefusalCode?
    /// Votes behind the entries of the position, newest last, at most `Limits.rememberedEntries`.
    var entryVotes: [(order: ClientOrderID, votes: [Vote])] = []
}

extension TradingEngine {
    /// The position is to be left, or not any more.
    mutating func wantExit(_ reason: TradeReason?, _ id: SymbolID) {
        guard states[id.index].exitWanted != reason else { return }
        states[id.index].exitWanted = reason
        exitsWanted[symbols[id]] = reason
    }
}

package enum EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An amount left the range of the books: trading halts, nothing was booked.
    case overflow(during: String)

    package var description: String {
        switch self {
        case .overflow(let during):
            "an amount left ±9,223,372,036 USD while \(during); trading is halted"
        }
    }
}

/// Counters for status and reports; none of them steers anything.
package struct EngineCounters: Sendable, Equatable {
    package var bars: Int64 = 0
    package var barsOutsideSession: Int64 = 0
    package var barsCorrected: Int64 = 0
    package var barsLate: Int64 = 0
    package var barsIgnored: Int64 = 0
    package var news: Int64 = 0
    package var newsLinked: Int64 = 0
    package var newsDuplicates: Int64 = 0
    /// By why they were refused; reasons that did not occur are not there.
    package var newsRefused: [NewsRefusal: Int64] = [:]
    package var readings: Int64 = 0
    package var signals: Int64 = 0
    package var refusals: Int64 = 0
    package var intents: Int64 = 0
    package var fills: Int64 = 0
    package var alerts: Int64 = 0
    /// By class; those that did not occur are not there.
    package var errors: [ErrorClass: Int64] = [:]

    package init() {}

    package var sortedErrors: [(kind: ErrorClass, count: Int64)] {
        errors.sorted { $0.key < $1.key }.map { (kind: $0.key, count: $0.value) }
    }

    mutating func count(_ error: ErrorClass) { errors[error, default: 0] += 1 }

    /// Why news was refused and how often, sorted by reason.
    package var sortedNewsRefused: [(reason: NewsRefusal, count: Int64)] {
        newsRefused.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { (reason: $0.key, count: $0.value) }
    }
}
