import Domain
import Primitives

/// The world as the gate sees it for one judgement: plain data, filled by the engine.
package struct RiskContext: Sendable {
    package var now: Timestamp
    package var mode: TradingMode
    /// A confirmed `flatten` stands: its exits leave also while trading is paused.
    package var isFlattening: Bool
    /// What keeps this symbol's entries back for now, and maybe its exits.
    package var block: EntryBlock?
    /// The session that contains `now`; nil when the market is closed or nobody is sure.
    package var session: (open: Timestamp, close: Timestamp)?
    /// The newest known price of the symbol.
    package var price: Price?
    /// When that price became known.
    package var priceTime: Timestamp?
    /// The symbol's indicators are ready.
    package var isWarm: Bool
    /// Of this symbol, signed.
    package var position: Quantity
    /// Entries and exits of this symbol that are not terminal; protective stops do not count.
    package var workingOrders: Int
    /// When this symbol's last position was closed.
    package var lastExit: Timestamp?
    /// Of all symbols.
    package var openPositions: Int
    /// Working entries of other symbols that have no position yet.
    package var pendingEntries: Int
    /// Σ |quantity × mark| of all positions plus the reservations of all working entries.
    package var exposure: Money
    package var equity: Money
    /// Already net of the reservations of working entries.
    package var cash: Money
    /// Equity when the day's session opened, or when a person last lifted the hold of a day's loss.
    /// Unknown refuses entries while a limit needs it.
    package var dayStartEquity: Money?
    /// The highest equity seen, since a person last lifted the hold of a drawdown. Unknown refuses entries while a limit needs it.
    package var equityPeak: Money?
    /// Orders of the last sixty seconds and of the day, exits included.
    package var ordersLastMinute: Int
    package var ordersToday: Int
    /// What the day's entries were meant to cost.
    package var notionalToday: Money
    /// The symbol's average true range in USD.
    package var atr: Double?

    package init(
        now: Timestamp, mode: TradingMode, session: (open: Timestamp, close: Timestamp)?,
        price: Price?, priceTime: Timestamp?, isWarm: Bool, position: Quantity,
        workingOrders: Int, lastExit: Timestamp?, openPositions: Int, pendingEntries: Int,
        exposure: Money, equity: Money, cash: Money, dayStartEquity: Money?, equityPeak: Money?,
        ordersLastMinute: Int, ordersToday: Int, atr: Double?, notionalToday: Money = .zero,
        isFlattening: Bool = false, block: EntryBlock? = nil
    ) {
        self.now = now
        self.mode = mode
        self.isFlattening = isFlattening
        self.block = block
        self.session = session
        self.price = price
        self.priceTime = priceTime
        self.isWarm = isWarm
        self.position = position
        self.workingOrders = workingOrders
        self.lastExit = lastExit
        self.openPositions = openPositions
        self.pendingEntries = pendingEntries
        self.exposure = exposure
        self.equity = equity
        self.cash = cash
        self.dayStartEquity = dayStartEquity
        self.equityPeak = equityPeak
        self.ordersLastMinute = ordersLastMinute
        self.ordersToday = ordersToday
        self.notionalToday = notionalToday
        self.atr = atr
    }
}
