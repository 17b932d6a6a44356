import Domain
import Primitives

/// The course of one simulated price: a random walk whose bars are lively at open and close, that
/// runs through trending, reverting and aimless stretches, and that headlines push.
///
/// The value stays between 1 and 20,000 USD and is drawn, very slowly, towards where it began.
struct SimulatedPrice: Sendable {
    private enum Regime: Sendable { case aimless, trending, reverting }

    private var random: SeededRandom
    /// USD.
    private var value: Double
    private let home: Double
    /// Standard deviation of a bar's relative move.
    private let sigma: Double
    private let volumeMean: Double
    private var regime = Regime.aimless
    private var regimeBars = 0
    private var drift = 0.0
    private var anchor: Double
    /// What is left of the headlines' push: so much a bar, for so many bars.
    private var push = 0.0
    private var pushBars = 0
    private static let floor = 1.0
    private static let ceiling = 20_000.0

    init(stream: UInt64, interval: Span) {
        random = SeededRandom(seed: stream)
        home = 15 + 285 * random.unit()
        value = home
        anchor = home
        let minutes = interval.seconds / 60
        sigma = (0.0003 + 0.0003 * random.unit()) * minutes.squareRoot()
        volumeMean = (2_000 + 40_000 * random.unit()) * minutes
    }

    /// Adds a headline's `move` (a ratio) spread over the next `bars`.
    mutating func shock(move: Double, bars: Int) {
        let total = push * Double(pushBars) + move
        pushBars = max(bars, pushBars)
        push = total / Double(pushBars)
    }

    /// The gap over night.
    mutating func openSession() { advance(by: 5 * sigma * random.normal()) }

    /// - Parameter activity: 0.75 at midday ... 1.5 at open and close.
    mutating func bar(symbol: SymbolID, start: Timestamp, activity: Double) -> Bar {
        if regimeBars == 0 { changeRegime() }
        regimeBars -= 1
        let scale = sigma * activity
        let open = value
        var move = scale * random.normal() + 0.00001 * (home - value) / home
        switch regime {
        case .aimless: break
        case .trending: move += drift
        case .reverting: move += 0.06 * (anchor - value) / anchor
        }
        if pushBars > 0 {
            move += push
            pushBars -= 1
        }
        advance(by: move)
        let close = value
        let top = (open > close ? open : close) * (1 + 0.6 * scale * random.unit())
        let bottom = (open < close ? open : close) * (1 - 0.6 * scale * random.unit())
        let stir = 1 + 0.5 * (move < 0 ? -move : move) / scale
        let volume = volumeMean * activity * stir * (0.4 + 1.2 * random.unit())
        return Bar(
            symbol: symbol, start: start, open: Self.cents(open), high: Self.cents(top),
            low: Self.cents(bottom), close: Self.cents(close),
            volume: Volume(shares: 1 + Int64(volume)))
    }

    private mutating func advance(by move: Double) {
        value *= 1 + (move < -0.5 ? -0.5 : (move > 0.5 ? 0.5 : move))
        if value < Self.floor { value = Self.floor }
        if value > Self.ceiling { value = Self.ceiling }
    }

    private mutating func changeRegime() {
        regimeBars = 60 + random.below(240)
        anchor = value
        drift = 0.12 * sigma * (random.unit() < 0.5 ? 1 : -1) * (0.5 + random.unit())
        switch random.below(3) {
        case 0: regime = .aimless
        case 1: regime = .trending
        default: regime = .reverting
        }
    }

    /// Rounding keeps order, so low ≤ open, close ≤ high holds for the cents as for the values.
    private static func cents(_ value: Double) -> Price {
        Price(units: Int64((value * 100).rounded()) * 10_000_000)
    }
}
