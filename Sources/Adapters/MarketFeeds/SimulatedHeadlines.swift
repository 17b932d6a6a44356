import Domain
import Primitives

/// What a simulated headline says, which is not always what the price then does.
enum SimulatedTone: Sendable {
    case good, bad, neutral

    /// `%` stands for the company.
    private var templates: [String] {
        switch self {
        case .good:
            [
                "% beats profit estimates and raises full-year outlook",
                "% shares surge after record quarterly profit",
                "Analysts upgrade % on strong demand",
                "% wins major contract, stock jumps",
                "% reports strong growth and improved margins",
                "% gains approval for its leading product, a breakthrough",
                "% boosts dividend after excellent results",
                "% rallies as sales exceed expectations",
            ]
        case .bad:
            [
                "% misses profit estimates and cuts full-year outlook",
                "% shares plunge after unexpected quarterly loss",
                "Analysts downgrade % on weak demand",
                "% loses major contract, stock falls",
                "% warns of declining sales and shrinking margins",
                "% faces lawsuit and investigation over product failure",
                "% slashes dividend after poor results",
                "% tumbles as recall raises concerns of heavy losses",
            ]
        case .neutral:
            [
                "% to present at an industry conference next week",
                "% names new head of operations",
                "% schedules its annual shareholder meeting",
                "% to report quarterly results on Thursday",
                "% opens an office in Lisbon",
                "What to know about % this week",
            ]
        }
    }

    func headline(_ company: SimulatedCompany, _ random: inout SeededRandom) -> String {
        let template = templates[random.below(templates.count)]
        return template.split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: company.name)
    }
}

/// One headline of a session before it is written out, with what it does to the price.
struct SimulatedNews: Sendable {
    /// Nanoseconds; may lie up to an hour before the open.
    let at: Int64
    /// Index into the market's sorted symbols.
    let symbol: Int
    let tone: SimulatedTone
    /// The whole move of the price, as a ratio; 0 for noise.
    let move: Double
    /// Seconds over which the move spreads.
    let spread: Int64
    /// State for the words.
    let words: UInt64
    let number: Int

    /// The news of one symbol in one session: a function of the seed, the symbol's name and the
    /// session alone, so that any session can be told without those before it.
    ///
    /// Of ten headlines about six are true, two say nothing, one is hollow (a tone, no move) and
    /// one misleads (the move goes against the tone).
    static func session(
        stream: UInt64, symbol: Int, open: Timestamp, close: Timestamp, early: Span, mean: Double
    ) -> [SimulatedNews] {
        let (open, close, early) = (open.nanoseconds, close.nanoseconds, early.nanoseconds)
        var random = SeededRandom(seed: stream ^ (UInt64(bitPattern: open) &* 0x9E37_79B9))
        let share = 2 * mean * random.unit()
        let count = min(40, Int(share) + (random.unit() < share - Double(Int(share)) ? 1 : 0))
        guard count > 0 else { return [] }
        var items: [SimulatedNews] = []
        for number in 0..<count {
            let span = random.unit() < 0.15 ? (open - early, open) : (open, close)
            let seconds = Int64(random.unit() * Double((span.1 - span.0) / 1_000_000_000))
            let isGood = random.unit() < 0.5
            let size = 0.003 + 0.012 * random.unit()
            let kind = random.below(10)
            let sign = isGood ? 1.0 : -1.0
            let move =
                switch kind {
                case 0..<6: size * sign
                case 9: -0.5 * size * sign
                default: 0.0
                }
            items.append(
                SimulatedNews(
                    at: span.0 + seconds * 1_000_000_000, symbol: symbol,
                    tone: kind == 6 || kind == 7 ? .neutral : (isGood ? .good : .bad), move: move,
                    spread: 1800 + Int64(random.below(3600)), words: random.next(),
                    number: number))
        }
        return items.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
    }
}
