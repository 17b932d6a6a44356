import Domain
import Primitives
import Risk
import Testing

struct ModeRow: Sendable, CustomTestStringConvertible {
    let mode: TradingMode
    let reason: TradeReason
    let passes: Bool
    var testDescription: String { "\(reason.rawValue) while \(mode.rawValue)" }

    static let all: [ModeRow] = TradingMode.allCases.flatMap { mode in
        TradeReason.allCases.map { reason in
            ModeRow(
                mode: mode, reason: reason,
                passes: mode == .active || (mode == .reduceOnly && reason != .entry))
        }
    }
}

@Suite("Modes and exits")
struct ExitTests {
    @Test("S34: what each mode lets pass", arguments: ModeRow.all)
    func modes(_ row: ModeRow) {
        let verdict = Setup {
            if row.reason != .entry { $0.exit("5", row.reason) }
            $0.context.mode = row.mode
        }.verdict
        #expect((verdict.order != nil) == row.passes)
        #expect(verdict.refusal?.code == (row.passes ? nil : .mode))
        if let refusal = verdict.refusal { expectFigures(refusal, "\(row.testDescription)") }
    }

    @Test("S34: a confirmed flatten leaves also while paused, never while halted")
    func flatten() {
        let rows: [(mode: TradingMode, reason: TradeReason, passes: Bool)] = [
            (.reduceOnly, .flatten, true), (.paused, .flatten, true), (.halted, .flatten, false),
            (.paused, .stop, false), (.reduceOnly, .entry, false), (.paused, .entry, false),
        ]
        for row in rows {
            let verdict = Setup {
                if row.reason != .entry { $0.exit("5", row.reason) }
                $0.context.mode = row.mode
                $0.context.isFlattening = true
            }.verdict
            #expect((verdict.order != nil) == row.passes, "\(row)")
        }
    }

    @Test("an exit closes the whole position, fractions too, and reserves nothing")
    func whole() throws {
        for position in ["5", "0.000000001", "-7", "-2.5", "123456.789"] {
            let setup = Setup {
                $0.exit(position)
                $0.config.sizing.lot = shares("100")
                $0.fixed("1")
            }
            let order = try #require(setup.verdict.order)
            #expect(order.quantity == shares(position).magnitude)
            #expect(order.side == (position.hasPrefix("-") ? .buy : .sell))
            #expect(order.reservation == .zero)
            #expect(order.stopPrice == nil && order.stopDistance == nil)
            #expect(order.referencePrice == price("100"))
            #expect(order.figures["position"] == position)
            #expect(
                setup.verdict.record
                    == .approved(quantity: order.quantity, figures: order.figures))
        }
    }

    @Test("no limit keeps a position open")
    func limitsDoNotHold() {
        let setup = Setup {
            $0.exit("5")
            $0.at("19:59:59")
            $0.signalPriceTime = .distantPast
            $0.context.priceTime = .distantPast
            $0.context.isWarm = false
            $0.context.lastExit = $0.context.now
            $0.context.openPositions = 100
            $0.context.exposure = usd("9000000")
            $0.context.equity = usd("-5")
            $0.context.cash = usd("-5")
            $0.context.dayStartEquity = nil
            $0.context.equityPeak = nil
            $0.context.ordersLastMinute = .max
            $0.context.ordersToday = .max
            $0.context.atr = .nan
            $0.strength = .nan
        }
        #expect(setup.verdict.order?.quantity == shares("5"))
    }

    @Test("what stops an exit")
    func refused() {
        let rows: [(RefusalCode, (inout Setup) -> Void)] = [
            (.mode, { $0.context.mode = .paused }),
            (.sessionClosed, { $0.context.session = nil }),
            (.priceMissing, { $0.context.price = nil }),
            (.duplicate, { $0.context.workingOrders = 1 }),
            (.quantityZero, { $0.context.position = .zero }),
            (.quantityZero, { $0.side = .buy }),
            (.quantityZero, { $0.context.position = shares("-5") }),
            (.quantityZero, { $0.context.position = Quantity(units: .min) }),
        ]
        for (index, row) in rows.enumerated() {
            let verdict = Setup {
                $0.exit("5")
                row.1(&$0)
            }.verdict
            #expect(verdict.refusal?.code == row.0, "row \(index)")
            if let refusal = verdict.refusal { expectFigures(refusal, "row \(index)") }
            if row.0 == .quantityZero { #expect(verdict.refusal?.figures["quantity"] == "0") }
        }
    }

    @Test("an exit never opens or reverses a position", arguments: UInt64(1)...8)
    func neverReverses(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for step in 0..<2000 {
            let setup = Setup {
                $0.context.position = Quantity(units: hostileUnits(&random))
                $0.reason = TradeReason.allCases[1 + random.below(TradeReason.allCases.count - 1)]
                $0.side = random.below(2) == 0 ? .buy : .sell
                $0.context.workingOrders = random.below(8) / 7
            }
            guard let order = setup.verdict.order else { continue }
            let (after, overflow) = setup.context.position.units.addingReportingOverflow(
                order.side.sign * order.quantity.units)
            #expect(!overflow && after == 0, "seed \(seed) step \(step)")
            #expect(order.quantity.isPositive, "seed \(seed) step \(step)")
        }
    }
}
