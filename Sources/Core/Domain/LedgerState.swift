/// Everything of ledger.db that the engine needs to go on after a restart.
package struct LedgerState: Sendable, Equatable {
    /// An order that was not terminal when the store was closed, or fell silent.
    package struct OpenOrder: Sendable, Equatable {
        package var intent: OrderIntent
        package var status: OrderStatus
        package var brokerOrderID: String?
        package var filledQuantity: Quantity
        /// Of its newest fill.
        package var lastExecutionID: String?
        /// Of all its fills.
        package var executionIDs: [String]

        package init(
            intent: OrderIntent, status: OrderStatus, brokerOrderID: String?,
            filledQuantity: Quantity, lastExecutionID: String?, executionIDs: [String] = []
        ) {
            self.intent = intent
            self.status = status
            self.brokerOrderID = brokerOrderID
            self.filledQuantity = filledQuantity
            self.lastExecutionID = lastExecutionID
            self.executionIDs = executionIDs
        }
    }

    package struct IntentMark: Sendable, Equatable {
        package var at: Timestamp
        package var role: OrderRole
        /// Quantity × reference price.
        package var notional: Money

        package init(at: Timestamp, role: OrderRole, notional: Money = Money(units: 0)) {
            self.at = at
            self.role = role
            self.notional = notional
        }
    }

    /// Nil in a new ledger.
    package var checkpoint: Checkpoint?
    package var weights: WeightsChange?
    /// The newest weights that were valid on the last New York day before the checkpoint's:
    /// the base of the daily step limit. Nil when all versions are of that day.
    package var weightsAtDayStart: StrategyWeights?
    /// Lots with a quantity, oldest first.
    package var lots: [Lot] = []
    /// Σ of the postings per account.
    package var balances: [LedgerAccount: Money] = [:]
    /// In order of creation.
    package var openOrders: [OpenOrder] = []
    /// Open orders whose cancel was asked for (`OrderTransition.cancelWanted`).
    package var cancelsWanted: Set<ClientOrderID> = []
    /// Intents of the 48 hours before the checkpoint, oldest first: the order counters.
    package var recentIntents: [IntentMark] = []
    /// When each symbol's last trade was closed.
    package var lastExits: [Symbol: Timestamp] = [:]
    /// The votes behind the entries of open lots and open orders.
    package var entryVotes: [ClientOrderID: [Vote]] = [:]
    /// Why each order that can still close something was made; for trades closed later.
    package var roles: [ClientOrderID: OrderRole] = [:]
    /// Trades credited so far, by `StrategyID.index`.
    package var creditedTrades: [Int] = [0, 0, 0]
    package var closedTradeCount = 0
    /// Σ of the closed trades' P&L.
    package var realizedPnL = Money(units: 0)

    /// Those that stand, in order of their ids.
    package var holds: [TradingHold] = []
    /// How many holds there ever were: the number of the newest id.
    package var holdCount = 0
    /// The newest 256 commands, oldest first.
    package var commands: [CommandRecord] = []
    /// What commands have changed for good.
    package var overrides = OperatorOverrides()
    /// Since when the newest reconciliation vouches for the books; nil before the first.
    package var reconciledAt: Timestamp?
    /// How many reconciliations there ever were.
    package var reconciliationCount = 0
    /// When the newest daily comparison of broker and books came to a verdict; before the first, when
    /// anything was first compared: a close since then has not been followed by one yet. Nil: nothing
    /// was ever compared.
    package var comparedDailyAt: Timestamp?

    package init() {}
}
