import Domain
import Foundation
import Primitives
import TestSupport
import Testing

@Suite struct SymbolTests {
    @Test(
        "S39: only a ticker is a symbol",
        arguments: [
            ("A", true), ("AAPL", true), ("BRK.B", true), ("BTC/USD", true), ("0700", true),
            ("BF-B", true), ("ABCDEFGHIJKLMNO", true), ("ABCDEFGHIJKLMNOP", false), ("", false),
            ("aapl", false), (".A", false), ("-A", false), ("/A", false), ("A B", false),
            ("A\n", false), ("$AAPL", false), ("É", false), ("AAPL;DROP", false), ("A\u{0}", false),
        ])
    func validity(text: String, valid: Bool) { #expect((Symbol(text) != nil) == valid) }

    @Test("S39: a stored symbol that is none does not decode")
    func decoding() throws {
        let good = try JSONDecoder().decode([Symbol].self, from: Data(#"["AAPL"]"#.utf8))
        #expect(good.map(\.name) == ["AAPL"])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Symbol].self, from: Data(#"["aapl"]"#.utf8))
        }
    }

    @Test("A02: the table of symbols is bounded, and its ids never change")
    func table() throws {
        var table = SymbolTable(capacity: 2)
        let (a, b, c) = (try symbol("A"), try symbol("B"), try symbol("C"))
        #expect(table.intern(b) == SymbolID(index: 0))
        #expect(table.intern(a) == SymbolID(index: 1))
        #expect(table.intern(c) == nil)
        #expect(table.intern(b) == SymbolID(index: 0))
        #expect(table.id(of: a) == SymbolID(index: 1))
        #expect(table.id(of: c) == nil)
        #expect(table[SymbolID(index: 1)] == a)
        #expect(table.count == 2)
    }

    private func symbol(_ name: String) throws -> Symbol { try #require(Symbol(name)) }
}

@Suite struct StrategyWeightsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let values: [Double]
        let valid: Bool
        var version = 1
        var testDescription: String { "\(values) version \(version)" }
    }

    @Test(
        "S21: weights that are not finite, in 0...1 and of sum 1 cannot be built",
        arguments: [
            Row(values: [0.5, 0.3, 0.2], valid: true), Row(values: [1, 0, 0], valid: true),
            Row(values: [0, 0, 1], valid: true), Row(values: [-0.0, 0.5, 0.5], valid: true),
            Row(values: [1.0 / 3, 1.0 / 3, 1.0 / 3], valid: true),
            Row(values: [0.5, 0.3, 0.2 + 9e-10], valid: true),
            Row(values: [0.5, 0.3, 0.2 + 2e-9], valid: false),
            Row(values: [0.5, 0.3, 0.1], valid: false), Row(values: [0.5, 0.5, 0.5], valid: false),
            Row(values: [1.5, -0.5, 0], valid: false), Row(values: [0, 0, 0], valid: false),
            Row(values: [.nan, 0.5, 0.5], valid: false), Row(values: [.nan, 1, 0], valid: false),
            Row(values: [.infinity, 0, 0], valid: false),
            Row(values: [.infinity, -.infinity, 1], valid: false),
            Row(values: [1], valid: false), Row(values: [], valid: false),
            Row(values: [0.5, 0.3, 0.1, 0.1], valid: false),
            Row(values: [0.5, 0.3, 0.2], valid: false, version: -1),
        ])
    func construction(row: Row) {
        let weights = StrategyWeights(version: row.version, values: row.values)
        #expect((weights != nil) == row.valid)
        if let weights { #expect(weights[.trend] == row.values[1]) }
    }

    @Test("S21: property: whatever the figures, weights that exist are valid")
    func property() {
        forAll(10_000) { draw in
            let values = (0..<3).map { _ in draw.chance(0.7) ? draw.random.unit() : draw.double() }
            let sum = values.reduce(0, +)
            let candidates = [values, values.map { $0 / sum }]
            for candidate in candidates {
                guard let weights = StrategyWeights(version: 1, values: candidate) else { continue }
                let total = weights.values.reduce(0, +)
                #expect((total - 1).magnitude <= StrategyWeights.tolerance, "\(draw)")
                #expect(weights.values.allSatisfy { $0 >= 0 && $0 <= 1 }, "\(draw)")
            }
        }
    }
}

@Suite struct OrderWordsTests {
    @Test(
        "S33: an order id holds at most 48 plain characters",
        arguments: [
            ("bw-sim-7n58aykadnx2dzwmv1nwxta5rm", true), ("A", true),
            (String(repeating: "a", count: 48), true), (String(repeating: "a", count: 49), false),
            ("", false), ("a b", false), ("a_b", false), ("a.b", false), ("é", false),
            ("a\u{0}", false),
        ])
    func clientOrderID(text: String, valid: Bool) {
        #expect(ClientOrderID(text)?.text == (valid ? text : nil))
    }

    @Test("S33: an order whose state is unknown is not done")
    func terminal() {
        let open = OrderStatus.allCases.filter { !$0.isTerminal }
        #expect(open == [.intent, .submitting, .unknown, .acked])
    }

    @Test("Modes of trading are ordered from loose to strict and keep their names")
    func modes() {
        #expect(TradingMode.allCases.sorted() == [.active, .reduceOnly, .paused, .halted])
        #expect(
            TradingMode.allCases.map(\.rawValue) == ["active", "reduce-only", "paused", "halted"])
        #expect(max(TradingMode.reduceOnly, .paused) == .paused)
    }

    @Test(
        "An account of the books is named and found by its name",
        arguments: ["capital", "cash", "realized", "fees", "securities:AAPL", "securities:BRK.B"])
    func accounts(name: String) {
        #expect(LedgerAccount(name: name)?.name == name)
    }

    @Test(
        "S39: an account that is none is refused",
        arguments: ["", "Cash", "securities:", "securities:aapl", "cash "])
    func noAccount(name: String) { #expect(LedgerAccount(name: name) == nil) }

    @Test("S39: amounts of a stored record are decoded strictly")
    func decoding() throws {
        let price = try JSONDecoder().decode([Price].self, from: Data(#"["50.13"]"#.utf8))
        #expect(price == [Price(units: 50_130_000_000)])
        for text in [#"["1e5"]"#, #"[50.13]"#, #"[""]"#, #"["99999999999"]"#, "[null]"] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([Price].self, from: Data(text.utf8))
            }
        }
    }
}
