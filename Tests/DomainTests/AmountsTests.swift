import Domain
import Primitives
import TestSupport
import Testing

@Suite struct MoneyTests {
    @Test("A03: sums beyond the range are a typed error, never a wrapped or trapped value")
    func overflow() {
        let most = Money(units: .max)
        let least = Money(units: .min)
        let unit = Money(units: 1)
        #expect(throws: DecimalError.overflow) { try most.adding(unit) }
        #expect(throws: DecimalError.overflow) { try least.subtracting(unit) }
        #expect(throws: DecimalError.overflow) { try least.negated() }
        #expect(throws: DecimalError.overflow) {
            try Price(whole: 9_000_000_000) * Quantity(whole: 2)
        }
        #expect(least.magnitude == most)
        #expect(Quantity(units: .min).magnitude == Quantity(units: .max))
    }

    @Test(
        "A price times a quantity is money, rounded half to even",
        arguments: [
            ("50.13", "100", "5013.00"), ("0.0001", "3", "0.0003"), ("12.34", "0.5", "6.17"),
            ("0.000000001", "0.5", "0.00"), ("0.000000003", "0.5", "0.000000002"),
            ("99.99", "-10", "-999.90"), ("187.005", "1.000000001", "187.005000187"),
        ])
    func product(price: String, quantity: String, money: String) throws {
        let product = try Price(parsing: price) * Quantity(parsing: quantity)
        #expect(product.description == money)
    }

    @Test("S08: the price per zero shares is no value")
    func perNothing() {
        #expect(Money(whole: 100).price(per: .zero) == nil)
        #expect(Money.zero.price(per: .zero) == nil)
        #expect(Money(whole: 100).price(per: Quantity(whole: 8)) == Price(units: 12_500_000_000))
        #expect(Money(units: .max).price(per: Quantity(units: 1)) == nil)
    }

    @Test("S08: a share of zero money is no value")
    func ratio() {
        #expect(Money(whole: 5).ratio(to: .zero) == nil)
        #expect(Money.zero.ratio(to: .zero) == nil)
        #expect(Money(whole: 5).ratio(to: Money(whole: -20)) == -0.25)
    }

    @Test("S08: some of no shares is an error, not a trap")
    func prorated() throws {
        #expect(throws: DecimalError.divisionByZero) {
            try Money(whole: 1).prorated(.one, of: .zero)
        }
        let part = try Money(whole: 10).prorated(Quantity(whole: 1), of: Quantity(whole: 3))
        #expect(part.description == "3.333333333")
    }

    @Test("Property: addition either is exact or says that it overflows")
    func additionIsExact() {
        forAll(10_000) { draw in
            let (a, b) = (draw.int64(), draw.int64())
            let exact = Int64(exactly: Int128(a) + Int128(b))
            let sum = try? Money(units: a).adding(Money(units: b))
            #expect(sum?.units == exact, "\(a) + \(b), \(draw)")
            let exactDifference = Int64(exactly: Int128(a) - Int128(b))
            let difference = try? Money(units: a).subtracting(Money(units: b))
            #expect(difference?.units == exactDifference, "\(a) - \(b), \(draw)")
        }
    }

    @Test("Property: parts of an amount lose at most a unit each")
    func partsSumUp() throws {
        try forAll(5_000) { draw in
            let whole = Int64(draw.int(in: 1...1_000_000_000))
            let part = Int64(draw.int(in: 0...Int(whole)))
            let money = Money(units: draw.int64())
            let first = try money.prorated(Quantity(units: part), of: Quantity(units: whole))
            let rest = try money.prorated(
                Quantity(units: whole - part), of: Quantity(units: whole))
            let sum = Int128(first.units) + Int128(rest.units)
            #expect((sum - Int128(money.units)).magnitude <= 1, "\(draw)")
        }
    }
}

@Suite struct PriceTests {
    @Test(
        "An order price lies on the tick: 0.01 from one dollar up, 0.0001 below",
        arguments: [
            ("50.13", "50.13", "50.13"), ("50.1301", "50.13", "50.14"),
            ("50.139999999", "50.13", "50.14"), ("1.00", "1.00", "1.00"),
            ("1.001", "1.00", "1.01"), ("0.99991", "0.9999", "1.00"),
            ("0.12345", "0.1234", "0.1235"), ("0.00001", "0.00", "0.0001"),
        ])
    func ticks(price: String, down: String, up: String) throws {
        let value = try Price(parsing: price)
        #expect(value.onTick(.down).description == down)
        #expect(value.onTick(.up).description == up)
    }

    @Test("Property: a tick price is a multiple of the tick, less than one tick away")
    func tickProperty() {
        forAll(10_000) { draw in
            let price = Price(units: draw.int64())
            guard price.isPositive, price.units < .max - 10_000_000 else { return }
            let (down, up) = (price.onTick(.down), price.onTick(.up))
            #expect(down.units % price.tick.units == 0, "\(price), \(draw)")
            #expect(up.units % price.tick.units == 0, "\(price), \(draw)")
            #expect(down <= price && price <= up, "\(price), \(draw)")
            #expect(up.units - down.units <= price.tick.units, "\(price), \(draw)")
        }
        #expect(Price(units: .max).onTick(.up).units == .max)
    }

    @Test(
        "Slippage moves a price by hundredths of a percent",
        arguments: [
            ("100.00", Int64(5), "100.05"), ("100.00", -5, "99.95"), ("50.39", 5, "50.415195"),
            ("0.0001", 1, "0.00010001"), ("10.00", 0, "10.00"), ("10.00", -10_000, "0.00"),
        ])
    func moved(price: String, basisPoints: Int64, result: String) throws {
        #expect(try Price(parsing: price).moved(basisPoints: basisPoints).description == result)
    }

    @Test("S39: slippage beyond the range is an error")
    func movedTooFar() {
        #expect(throws: DecimalError.overflow) {
            try Price(whole: 9_000_000_000).moved(basisPoints: 10_000)
        }
    }
}

@Suite struct BarTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var open = "10", high = "12", low = "9", close = "11"
        var volume: Int64 = 100
        let defect: BarDefect?
        var testDescription: String { "\(open) \(high) \(low) \(close) \(volume)" }
    }

    @Test(
        "S39: a bar that cannot have happened is told by name",
        arguments: [
            Row(defect: nil), Row(volume: 0, defect: nil),
            Row(open: "10", high: "10", low: "10", close: "10", defect: nil),
            Row(low: "0", defect: .priceNotPositive), Row(low: "-1", defect: .priceNotPositive),
            Row(open: "0", high: "0", low: "0", close: "0", defect: .priceNotPositive),
            Row(high: "8", low: "9", defect: .highBelowLow),
            Row(open: "8.99", defect: .openOutsideRange),
            Row(open: "12.01", defect: .openOutsideRange),
            Row(close: "8.99", defect: .closeOutsideRange),
            Row(close: "12.01", defect: .closeOutsideRange),
            Row(volume: -1, defect: .volumeNegative),
        ])
    func defects(row: Row) throws {
        let bar = Bar(
            symbol: SymbolID(index: 0), start: Timestamp(seconds: 0),
            open: try Price(parsing: row.open), high: try Price(parsing: row.high),
            low: try Price(parsing: row.low), close: try Price(parsing: row.close),
            volume: Volume(shares: row.volume))
        #expect(bar.defect == row.defect)
    }

    @Test("Every defect has a sentence of its own")
    func sentences() {
        #expect(Set(BarDefect.allCases.map(\.description)).count == BarDefect.allCases.count)
    }
}
