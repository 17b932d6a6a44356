import Domain
import Primitives

/// What one fill does to the lots of its symbol, worked out before anything is changed.
///
/// The oldest lot is closed first. Amounts and fees are shared out cumulatively, so that the parts
/// add up to the whole to the last unit: part k gets round(whole × q₁…ₖ / q) less what was given
/// before, and the last part takes the rest.
struct Booking {
    private(set) var trades: [ClosedTrade] = []
    /// How many lots, oldest first, are closed for good.
    private(set) var closedLots = 0
    /// The lot after those, when some of it is closed.
    private(set) var reducedLot: Lot?
    private(set) var openedLot: Lot?
    /// Rows that changed, oldest first.
    private(set) var changedLots: [Lot] = []
    /// The fill's quantity with its side's sign.
    let quantity: Quantity
    /// price × quantity with the side's sign: what is paid, negative when received.
    let amount: Money
    /// What the books hold at cost goes up by this.
    private(set) var costDelta = Money.zero
    private(set) var gain = Money.zero
    private(set) var pnl = Money.zero

    /// Throws `overflow` when an amount cannot be represented.
    init(of fill: Fill, onto lots: [Lot], reason: TradeReason) throws(DecimalError) {
        let (signed, overflow) = fill.quantity.units.multipliedReportingOverflow(
            by: fill.side.sign)
        guard !overflow, signed != .min else { throw .overflow }
        quantity = Quantity(units: signed)
        amount = try fill.price * quantity

        var shares = Shares(of: fill, quantity: quantity, amount: amount)
        // What is taken back leaves the lot that it opened before it touches any other.
        let own = fill.reverses.flatMap { id in lots.first { $0.id == id } }
        if let own, own.quantity.units.signum() == -shares.remaining.units.signum() {
            try close(own, with: &shares, by: fill, reason: reason)
        }
        for lot in lots
        where lot.id != own?.id && shares.remaining.units.signum() == -lot.quantity.units.signum() {
            try close(lot, with: &shares, by: fill, reason: reason)
        }
        if !shares.remaining.isZero { try open(with: &shares, by: fill) }
    }

    private mutating func close(
        _ lot: Lot, with shares: inout Shares, by fill: Fill, reason: TradeReason
    ) throws(DecimalError) {
        let isWhole = lot.quantity.units.magnitude <= shares.remaining.units.magnitude
        let taken = isWhole ? lot.quantity : Quantity(units: -shares.remaining.units)
        let paid = try shares.take(Quantity(units: -taken.units))
        let cost = isWhole ? lot.cost : try lot.cost.prorated(taken, of: lot.quantity)
        let openFees = isWhole ? lot.openFees : try lot.openFees.prorated(taken, of: lot.quantity)
        let gross = try paid.amount.negated().subtracting(cost)
        let costs = try openFees.adding(paid.fee)
        let net = try gross.subtracting(costs)

        var left = lot
        left.quantity = try lot.quantity.subtracting(taken)
        left.cost = try lot.cost.subtracting(cost)
        left.openFees = try lot.openFees.subtracting(openFees)
        if isWhole { closedLots += 1 } else { reducedLot = left }
        changedLots.append(left)

        costDelta = try costDelta.subtracting(cost)
        gain = try gain.adding(gross)
        pnl = try pnl.adding(net)
        // Shares given back at what they cost, fees and all, were no trade.
        if lot.id == fill.reverses, gross.isZero, costs.isZero { return }
        trades.append(
            ClosedTrade(
                id: lot.id + "/" + fill.executionID, symbol: lot.symbol,
                side: taken.isNegative ? .sell : .buy, quantity: taken.magnitude,
                entryOrder: lot.openedBy, exitOrder: fill.orderID, entryTime: lot.openedAt,
                exitTime: fill.at, entryPrice: lot.price, exitPrice: fill.price, costs: costs,
                pnl: net, reason: reason))
    }

    private mutating func open(with shares: inout Shares, by fill: Fill) throws(DecimalError) {
        let quantity = shares.remaining
        let paid = try shares.take(quantity)
        let lot = Lot(
            id: fill.executionID, symbol: fill.symbol, openedAt: fill.at, openedBy: fill.orderID,
            price: fill.price, quantity: quantity, cost: paid.amount, openFees: paid.fee)
        openedLot = lot
        changedLots.append(lot)
        costDelta = try costDelta.adding(paid.amount)
    }

    /// The lines of the booking: one per account, none of zero, together zero.
    func postings(of fill: Fill) throws(DecimalError) -> [Posting] {
        let lines: [(LedgerAccount, Money)] = [
            (.cash, try amount.negated().subtracting(fill.fee)),
            (.securities(fill.symbol), costDelta),
            (.realized, try gain.negated()),
            (.fees, fill.fee),
        ]
        return lines.filter { !$0.1.isZero }.map {
            Posting(cause: fill.executionID, account: $0.0, amount: $0.1, at: fill.at)
        }
    }
}

/// A fill being shared out over the lots it closes and the one it opens.
private struct Shares {
    private let fill: Fill
    private let quantity: Quantity
    private let amount: Money
    private(set) var remaining: Quantity
    private var amountGiven = Money.zero
    private var feeGiven = Money.zero

    init(of fill: Fill, quantity: Quantity, amount: Money) {
        self.fill = fill
        self.quantity = quantity
        self.amount = amount
        remaining = quantity
    }

    mutating func take(
        _ part: Quantity
    ) throws(DecimalError) -> (amount: Money, fee: Money) {
        let left = try remaining.subtracting(part)
        let given = try quantity.subtracting(left)
        let amountNow = left.isZero ? amount : try fill.price * given
        let feeNow = left.isZero ? fill.fee : try fill.fee.prorated(given, of: quantity)
        let result = (try amountNow.subtracting(amountGiven), try feeNow.subtracting(feeGiven))
        (remaining, amountGiven, feeGiven) = (left, amountNow, feeNow)
        return result
    }
}
