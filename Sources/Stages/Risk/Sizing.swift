// How many shares an entry is for. The one place where a `Double` becomes money or a quantity.
//
// Results are exact fixed point. Whatever is rounded is rounded to the careful side: budgets,
// limits and quantities down, reservations up. All of it is total: a NaN, an infinity, a
// negative or absurd value gives a smaller size or none, never a trap.
import Domain
import Primitives

/// An entry with its size, before the rules on size have seen it.
struct EntrySize: Sendable {
    /// A multiple of the lot, zero when there is nothing to buy with.
    let quantity: Quantity
    let referencePrice: Price
    /// quantity × the worst price, rounded up, and the fee per order.
    let reservation: Money
    let stopDistance: Price?
    let stopPrice: Price?
    let figures: [Figure]
}

enum Sizing {
    /// A market order may fill above the price it was decided at. Reservations hold this much
    /// more, or the venue's own costs where those are higher, so that a fill within it never
    /// takes more than the limits allowed.
    private static let slippageBasisPoints: Int64 = 100

    /// The size of an entry.
    ///
    /// - `fixed`: the configured quantity, rounded down to the lot. It is not trimmed: where it
    ///   does not fit a limit, the rules after this refuse it.
    /// - `risk`: the smaller of two wishes, `equity × equityShare × strength / price` and
    ///   `equity × riskShare / stop distance`, then trimmed to what the largest position, the
    ///   largest exposure and the cash leave at the worst price, then rounded down to the lot.
    ///
    /// The stop distance is `max(stopATR × ATR, stopShareMin × price, one tick)`. Without a usable
    /// ATR the risk of a share is unknown, so `risk` gives zero and `fixed` gives no stop.
    static func entry(_ proposal: Proposal) -> EntrySize {
        let context = proposal.context
        let config = proposal.config.sizing
        // A missing price was refused before; zero gives a size of zero.
        let price = context.price ?? .zero
        let worst = worstPrice(max(price, proposal.signal.price), proposal.config) ?? .zero
        let distance = stopDistance(price: price, atr: context.atr, config)
        let stop = distance.flatMap {
            stopPrice(side: proposal.signal.side, price: price, distance: $0)
        }
        var figures = [
            Figure("price", price.description), Figure("price_worst", worst.description),
            Figure("equity", context.equity.description),
            Figure("atr", plain(context.atr)),
            Figure("stop_distance", distance?.description ?? "unknown"),
            Figure("stop_price", stop?.description ?? "none"),
        ]
        let wanted: Quantity
        switch config.mode {
        case .fixed:
            wanted = config.quantity
            figures.append(Figure("quantity_fixed", wanted.description))
        case .risk:
            let bounds = riskBounds(proposal, price: price, worst: worst, distance: distance)
            // The first of equals, so that the named bound does not depend on chance.
            let smallest = bounds.min { $0.quantity < $1.quantity }
            wanted = smallest?.quantity ?? .zero
            figures.append(Figure("strength", plain(proposal.signal.strength)))
            figures += bounds.map { Figure("quantity_by_\($0.name)", $0.quantity.description) }
            figures.append(Figure("bound", smallest?.name ?? "none"))
        }
        // What cannot be reserved, because no price or amount is that large, is not bought.
        let lots = price.isPositive && worst.isPositive ? wanted.roundedDown(to: config.lot) : .zero
        let (quantity, reservation) =
            reservation(worst, lots, proposal.config).map { (lots, $0) } ?? (.zero, .zero)
        figures += [
            Figure("lot", config.lot.description), Figure("quantity", quantity.description),
            Figure("reservation", reservation.description),
        ]
        return EntrySize(
            quantity: quantity, referencePrice: price, reservation: reservation,
            stopDistance: distance, stopPrice: stop, figures: figures)
    }

    /// The two wishes and the limits that are on, each as a quantity.
    private static func riskBounds(
        _ proposal: Proposal, price: Price, worst: Price, distance: Price?
    ) -> [(name: String, quantity: Quantity)] {
        let (context, limits) = (proposal.context, proposal.config)
        let strength = proposal.signal.strength
        let fee = limits.feePerOrder
        let share = strength > 0 ? limits.sizing.equityShare * min(strength, 1) : 0
        let budget = context.equity.portion(limits.sizing.riskShare)
        var bounds = [
            ("share", quantity(for: context.equity.portion(share), at: price)),
            ("volatility", distance.map { quantity(for: budget, at: $0) } ?? .zero),
        ]
        if let limit = Limits.position(proposal) {
            bounds.append(("position", quantity(for: limit.clampedDifference(fee), at: worst)))
        }
        if let limit = Limits.exposure(proposal) {
            let left = limit.clampedDifference(max(context.exposure, .zero))
            bounds.append(("exposure", quantity(for: left.clampedDifference(fee), at: worst)))
        }
        if limits.cashOnly {
            let left = context.cash.clampedDifference(fee)
            bounds.append(("cash", quantity(for: left, at: worst)))
        }
        return bounds
    }

    /// From the price to its stop, to the nearest 10^-9; at least one tick, as a nearer stop has
    /// no price of its own. Nil when it cannot be known.
    private static func stopDistance(price: Price, atr: Double?, _ config: SizingConfig) -> Price? {
        guard price.isPositive, let atr, atr.isFinite, atr >= 0,
            let byRange = nanos(config.stopATR * atr),
            let byShare = nanos(config.stopShareMin * price.double)
        else { return nil }
        return Price(units: max(byRange, byShare, price.tick.units))
    }

    /// On the tick, rounded towards the earlier stop: up for a long, down for a short position.
    /// Nil unless positive and strictly on the losing side of the price.
    private static func stopPrice(side: OrderSide, price: Price, distance: Price) -> Price? {
        switch side {
        case .buy:
            guard let stop = try? price.subtracting(distance).onTick(.up) else { return nil }
            return stop.isPositive && stop < price ? stop : nil
        case .sell:
            guard let stop = try? price.adding(distance).onTick(.down) else { return nil }
            return stop > price ? stop : nil
        }
    }

    /// The highest price that the order is expected to fill at, rounded up; nil beyond the range.
    private static func worstPrice(_ price: Price, _ config: RiskConfig) -> Price? {
        let points = Int128(max(slippageBasisPoints, config.costBasisPoints))
        let scaled = Int128(price.units) * (10_000 + points)
        return Int64(exactly: ceilingDivide(scaled, 10_000)).map { Price(units: $0) }
    }

    /// What the order may cost at most; nothing for no shares, nil beyond the range.
    private static func reservation(
        _ worst: Price, _ quantity: Quantity, _ config: RiskConfig
    ) -> Money? {
        if quantity.isZero { return .zero }
        return notionalUp(worst, quantity).flatMap { try? $0.adding(config.feePerOrder) }
    }

    /// price × quantity, rounded up; nil beyond the range.
    private static func notionalUp(_ price: Price, _ quantity: Quantity) -> Money? {
        let product = Int128(price.units) * Int128(quantity.units)
        return Int64(exactly: ceilingDivide(product, Int128(Price.scale))).map { Money(units: $0) }
    }

    /// The largest quantity whose notional is within the budget; zero without a price or budget.
    private static func quantity(for budget: Money, at price: Price) -> Quantity {
        guard price.isPositive, budget.isPositive else { return .zero }
        let scaled = Int128(budget.units) * Int128(Price.scale)
        return Quantity(units: Int64(clamping: scaled / Int128(price.units)))
    }

    private static func ceilingDivide(_ n: Int128, _ d: Int128) -> Int128 {
        let (quotient, remainder) = n.quotientAndRemainder(dividingBy: d)
        return remainder > 0 ? quotient + 1 : quotient
    }
}

/// The limits in USD; nil when off.
enum Limits {
    /// The largest notional of one position.
    static func position(_ proposal: Proposal) -> Money? {
        proposal.config.positionShareMax.map { proposal.context.equity.portion($0) }
    }

    /// The largest notional of all positions and working entries.
    static func exposure(_ proposal: Proposal) -> Money? {
        proposal.config.exposureShareMax.map { proposal.context.equity.portion($0) }
    }
}

extension Money {
    /// This amount × `share`, rounded down. The share is read to nine decimals, so that 0.1 means
    /// a tenth. Zero when the amount or the share is not positive or the share is not finite.
    func portion(_ share: Double) -> Money {
        guard units > 0, share > 0, let parts = nanos(share) else { return .zero }
        let product = Int128(units) * Int128(parts) / Int128(Money.scale)
        return Money(units: Int64(clamping: product))
    }

    /// The difference, held at the ends of the range.
    func clampedDifference(_ other: Money) -> Money {
        Money(units: Int64(clamping: Int128(units) - Int128(other.units)))
    }

    /// The sum, held at the ends of the range.
    func clampedSum(_ other: Money) -> Money {
        Money(units: Int64(clamping: Int128(units) + Int128(other.units)))
    }
}

extension Quantity {
    /// The multiple of `lot` at or below; zero when either is not positive.
    func roundedDown(to lot: Quantity) -> Quantity {
        guard units > 0, lot.units > 0 else { return .zero }
        return Quantity(units: units / lot.units * lot.units)
    }
}

/// A number as a count of 10^-9, to the nearest; nil when it is not finite or too large.
private func nanos(_ value: Double) -> Int64? {
    Int64(exactly: (value * 1e9).rounded(.toNearestOrEven))
}
