import Domain
import Primitives
import Risk
import Testing

struct SizeRow: Sendable, CustomTestStringConvertible {
    let name: String
    let quantity: String
    let bound: String?
    let change: @Sendable (inout Setup) -> Void
    var testDescription: String { name }

    init(
        _ name: String, _ quantity: String, _ bound: String? = nil,
        _ change: @escaping @Sendable (inout Setup) -> Void
    ) {
        (self.name, self.quantity, self.bound, self.change) = (name, quantity, bound, change)
    }

    static let all: [SizeRow] = [
        SizeRow("500 at risk, 8 a share", "62", "volatility") { _ in },
        SizeRow("a lot of 0.001", "62.5", "volatility") { $0.config.sizing.lot = shares("0.001") },
        SizeRow("a lot of 25", "50", "volatility") { $0.config.sizing.lot = shares("25") },
        SizeRow("calm", "100", "share") { $0.context.atr = 0.1 },
        SizeRow("calm, strength 0.55", "55", "share") {
            $0.context.atr = 0.1
            $0.strength = 0.55
        },
        SizeRow("calm, strength above 1 is 1", "100", "share") {
            $0.context.atr = 0.1
            $0.strength = 7
        },
        SizeRow("no movement: the stop is half a percent away", "1000", "volatility") {
            $0.context.atr = 0
            $0.config.sizing.equityShare = 5
            $0.config.positionShareMax = nil
            $0.config.exposureShareMax = nil
            $0.config.cashOnly = false
        },
        SizeRow("largest position", "49", "position") { $0.config.positionShareMax = 0.05 },
        SizeRow("exposure left", "49", "exposure") { $0.context.exposure = usd("95000") },
        SizeRow("an exposure below zero is none", "49", "exposure") {
            $0.config.exposureShareMax = 0.05
            $0.context.exposure = usd("-95000")
        },
        SizeRow("cash left", "49", "cash") { $0.context.cash = usd("4999") },
        SizeRow("a penny more cash", "50", "cash") { $0.context.cash = usd("5050") },
        SizeRow("a venue that costs 15 %", "43", "cash") {
            $0.context.cash = usd("5050")
            $0.config.costBasisPoints = 1_500
        },
        SizeRow("costs below the margin change nothing", "50", "cash") {
            $0.context.cash = usd("5050")
            $0.config.costBasisPoints = 99
        },
        SizeRow("a fee per order", "49", "cash") {
            $0.context.cash = usd("5050")
            $0.config.feePerOrder = usd("0.01")
        },
        SizeRow("the signal's higher price is the worst one", "45", "cash") {
            $0.context.cash = usd("5050")
            $0.signalPrice = price("110")
        },
        SizeRow("fixed", "7") { $0.fixed("7") },
        SizeRow("fixed ignores strength", "7") {
            $0.fixed("7")
            $0.strength = 0.1
        },
        SizeRow("fixed, down to the lot", "6") {
            $0.fixed("7.9")
            $0.config.sizing.lot = shares("2")
        },
    ]

    /// Numbers that are none, or absurd: never an order.
    static let unusable: [SizeRow] = [
        SizeRow("no range", "0") { $0.context.atr = nil },
        SizeRow("range NaN", "0") { $0.context.atr = .nan },
        SizeRow("range infinite", "0") { $0.context.atr = .infinity },
        SizeRow("range negative", "0") { $0.context.atr = -1 },
        SizeRow("range huge", "0") { $0.context.atr = 1e300 },
        SizeRow("range a billion", "0") { $0.context.atr = 1e9 },
        SizeRow("strength NaN", "0") { $0.strength = .nan },
        SizeRow("strength negative", "0") { $0.strength = -0.5 },
        SizeRow("share NaN", "0") { $0.config.sizing.equityShare = .nan },
        SizeRow("share infinite", "0") { $0.config.sizing.equityShare = .infinity },
        SizeRow("risk NaN", "0") { $0.config.sizing.riskShare = .nan },
        SizeRow("risk negative", "0") { $0.config.sizing.riskShare = -1 },
        SizeRow("stop NaN", "0") { $0.config.sizing.stopATR = .nan },
        SizeRow("stop floor NaN", "0") { $0.config.sizing.stopShareMin = .nan },
        SizeRow("position share NaN", "0") { $0.config.positionShareMax = .nan },
        SizeRow("position share infinite", "0") { $0.config.positionShareMax = .infinity },
        SizeRow("exposure share NaN", "0") { $0.config.exposureShareMax = .nan },
        SizeRow("exposure beyond the limit", "0") { $0.context.exposure = usd("200000") },
        SizeRow("cash negative", "0") { $0.context.cash = usd("-1") },
        SizeRow("lot negative", "0") { $0.config.sizing.lot = shares("-1") },
        SizeRow("price the largest there is", "0") { $0.context.price = Price(units: .max) },
    ]
}

struct StopRow: Sendable, CustomTestStringConvertible {
    let side: OrderSide
    let price: String
    let distance: Double
    let stop: String?
    var testDescription: String { "\(side) at \(price), \(distance) away: \(stop ?? "none")" }

    static let all: [StopRow] = [
        StopRow(side: .buy, price: "100", distance: 8, stop: "92"),
        StopRow(side: .sell, price: "100", distance: 8, stop: "108"),
        StopRow(side: .buy, price: "10.004", distance: 0.05, stop: "9.96"),
        StopRow(side: .sell, price: "10.004", distance: 0.05, stop: "10.05"),
        StopRow(side: .buy, price: "0.50005", distance: 0.01, stop: "0.4901"),
        StopRow(side: .sell, price: "0.50005", distance: 0.01, stop: "0.51"),
        // A distance below a tick becomes a tick.
        StopRow(side: .buy, price: "100", distance: 0, stop: "99.99"),
        StopRow(side: .sell, price: "100", distance: 0.004, stop: "100.01"),
        StopRow(side: .buy, price: "1.004", distance: 0.004, stop: "0.994"),
        StopRow(side: .sell, price: "0.9999", distance: 0, stop: "1"),
        StopRow(side: .sell, price: "0.99995", distance: 0, stop: "1"),
        // Below zero there is no price to stop at.
        StopRow(side: .buy, price: "5", distance: 4.99995, stop: "0.0001"),
        StopRow(side: .buy, price: "5", distance: 5, stop: nil),
        StopRow(side: .buy, price: "5", distance: 50, stop: nil),
        StopRow(side: .sell, price: "5", distance: 9.3e9, stop: nil),
        StopRow(side: .buy, price: "5", distance: .nan, stop: nil),
        StopRow(side: .buy, price: "5", distance: -1, stop: nil),
    ]
}

@Suite("Sizing")
struct SizingTests {
    @Test("what bounds an entry", arguments: SizeRow.all)
    func sizes(_ row: SizeRow) throws {
        let order = try #require(Setup(row.change).verdict.order)
        #expect(order.quantity == shares(row.quantity))
        #expect(order.figures["bound"] == row.bound)
        #expect(order.figures["quantity"] == row.quantity)
        #expect(order.figures["reservation"] == order.reservation.description)
    }

    @Test("numbers that cannot be used give no order", arguments: SizeRow.unusable)
    func unusable(_ row: SizeRow) throws {
        let refusal = try #require(Setup(row.change).verdict.refusal)
        #expect(refusal.code == .quantityZero)
        expectFigures(refusal, "\(row.name)")
    }

    @Test("the reservation is one percent above the higher of both prices, rounded up")
    func reservation() throws {
        let order = try #require(
            Setup {
                $0.fixed("0.000000003")
                $0.config.sizing.lot = Quantity(units: 1)
                $0.context.price = price("0.333333333")
                $0.signalPrice = price("0.333333333")
            }.verdict.order)
        // 0.333333333 x 1.01 = 0.33666666633, up; three of them make 1.01 units, up.
        #expect(order.figures["price_worst"] == "0.336666667")
        #expect(order.reservation == Money(units: 2))
    }

    @Test(
        "the protective stop lies on the tick, earlier, on the losing side", arguments: StopRow.all)
    func stops(_ row: StopRow) throws {
        let order = try #require(
            Setup {
                $0.fixed("1")
                $0.config.shorts = true
                $0.config.sizing.stopATR = 1
                $0.config.sizing.stopShareMin = 0
                $0.side = row.side
                $0.context.price = price(row.price)
                $0.signalPrice = price(row.price)
                $0.context.atr = row.distance
            }.verdict.order)
        #expect(order.stopPrice == row.stop.map { price($0) })
        #expect(order.figures["stop_price"] == order.stopPrice?.description ?? "none")
    }

    @Test("no notional passes a cap, whatever the numbers", arguments: UInt64(1)...8)
    func caps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var approved = 0
        for step in 0..<4000 {
            let setup = randomSetup(&random)
            guard let order = setup.verdict.order else { continue }
            approved += 1
            let note: Comment = "seed \(seed) step \(step)"
            let (context, config) = (setup.context, setup.config)
            let worst = Int128(order.reservation.units)
            let equity = Double(context.equity.units)
            #expect(order.quantity.isPositive, note)
            #expect(order.quantity.units % config.sizing.lot.units == 0, note)
            // The reservation covers a fill one percent above the price.
            let price = max(order.referencePrice.units, setup.signalPrice.units)
            #expect(
                worst * 100_000_000_000 >= Int128(price) * 101 * Int128(order.quantity.units), note)
            // Shares are read to nine decimals: within 10^-9 of the share as written.
            let slack = equity * 1e-9 + equity * 1e-15 + 1
            if let share = config.positionShareMax {
                #expect(Double(worst) <= equity * share + slack, note)
            }
            if let share = config.exposureShareMax {
                let after = worst + Int128(max(context.exposure, .zero).units)
                #expect(Double(after) <= equity * share + slack, note)
            }
            if config.cashOnly { #expect(order.reservation <= context.cash, note) }
            if let stop = order.stopPrice {
                #expect(stop.isPositive && stop.units % stop.tick.units == 0, note)
                #expect(
                    setup.side == .buy ? stop < order.referencePrice : stop > order.referencePrice,
                    note)
            }
        }
        #expect(approved > 100, "seed \(seed): the generator must reach approvals")
    }

    @Test("nothing traps, whatever the numbers", arguments: UInt64(1)...8)
    func hostile(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<4000 {
            var setup = randomSetup(&random)
            setup.context.now = Timestamp(nanoseconds: hostileUnits(&random))
            setup.context.session = (
                open: Timestamp(nanoseconds: hostileUnits(&random)),
                close: Timestamp(nanoseconds: hostileUnits(&random))
            )
            setup.context.priceTime = Timestamp(nanoseconds: hostileUnits(&random))
            setup.signalPriceTime = Timestamp(nanoseconds: hostileUnits(&random))
            setup.context.lastExit = Timestamp(nanoseconds: hostileUnits(&random))
            setup.context.position = Quantity(units: hostileUnits(&random))
            setup.context.dayStartEquity = Money(units: hostileUnits(&random))
            setup.context.equityPeak = Money(units: hostileUnits(&random))
            setup.config.sizing.lot = Quantity(units: hostileUnits(&random))
            setup.strength = hostileDouble(&random)
            setup.reason = TradeReason.allCases[random.below(TradeReason.allCases.count)]
            if let refusal = setup.verdict.refusal {
                #expect(refusal.figures.count >= 2, "seed \(seed)")
            }
        }
    }
}

/// A count of 10^-9 that likes the ends of the range and the neighbourhood of zero.
func hostileUnits(_ random: inout SeededRandom) -> Int64 {
    switch random.below(8) {
    case 0: return [0, 1, -1, .min, .max, .min + 1, .max - 1][random.below(7)]
    case 1: return Int64(bitPattern: random.next())
    default: return Int64(bitPattern: random.next()) >> Int64(random.below(63))
    }
}

private func hostileDouble(_ random: inout SeededRandom) -> Double {
    switch random.below(4) {
    case 0:
        return [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e300, 1e-300][random.below(9)]
    default: return (random.unit() - 0.2) * [1e-9, 0.01, 1, 100, 1e12][random.below(5)]
    }
}

/// An entry in an open session with random money: mostly sane, often at the edge.
private func randomSetup(_ random: inout SeededRandom) -> Setup {
    Setup { setup in
        func sane(_ scale: Double) -> Int64 { Int64(random.unit() * scale * 1e9) + 1 }
        let isHostile = random.below(4) == 0
        func units(_ scale: Double) -> Int64 {
            isHostile && random.below(3) == 0 ? hostileUnits(&random) : sane(scale)
        }
        func share() -> Double {
            isHostile && random.below(3) == 0 ? hostileDouble(&random) : random.unit()
        }
        setup.config.dailyLossShareMax = nil
        setup.config.drawdownShareMax = nil
        setup.config.shorts = true
        setup.config.positionShareMax = random.below(4) == 0 ? nil : share()
        setup.config.exposureShareMax = random.below(4) == 0 ? nil : share() * 2
        setup.config.cashOnly = random.below(4) != 0
        setup.config.sizing.mode = random.below(3) == 0 ? .fixed : .risk
        setup.config.sizing.quantity = Quantity(units: units(100))
        setup.config.sizing.lot = Quantity(units: [1, 1000, 1_000_000_000][random.below(3)])
        setup.config.sizing.equityShare = share()
        setup.config.sizing.riskShare = share() * 0.1
        setup.side = random.below(2) == 0 ? .buy : .sell
        setup.strength = share()
        let price = units(random.below(2) == 0 ? 2 : 500)
        setup.context.price = Price(units: price)
        setup.signalPrice = random.below(2) == 0 ? Price(units: price) : Price(units: units(500))
        setup.context.equity = Money(units: units(1_000_000))
        setup.context.cash = Money(units: units(1_000_000))
        setup.context.exposure = Money(units: units(200_000))
        setup.context.atr =
            random.below(8) == 0 ? nil : (isHostile ? hostileDouble(&random) : random.unit() * 5)
    }
}
