import Domain
import Primitives

/// The process died here: nothing it would have done after that happens.
struct Crash: Error {}

/// What is decided by chance and where the process dies; shared by the models around one engine.
final class Fate {
    let rates: FaultRates
    /// Set at the end of a run: nothing goes wrong any more.
    var isCalm = false
    private(set) var counts = Array(repeating: 0, count: Fault.allCases.count)
    var random: SeededRandom

    /// The process of now; what belongs to one before it is never delivered.
    private(set) var process = 0
    private(set) var isDead = true
    private(set) var crashes = 0
    /// Points left until a death that was ordered.
    private var pointsLeft: Int?
    /// Of the deaths that the plan orders; nil: none, or no longer.
    private var pointsFromIntent: Int?
    private var pointsFromRestart: Int?

    init(
        _ rates: FaultRates, random: SeededRandom, crashAtPoint: Int? = nil,
        crashAgainAfter: Int? = nil
    ) {
        self.rates = rates
        self.random = random
        pointsFromIntent = crashAtPoint
        pointsFromRestart = crashAgainAfter
    }

    /// Whether the fault happens on this occasion.
    func strikes(_ fault: Fault) -> Bool {
        // One number each time, so that a calm run differs in nothing else.
        let roll = random.below(10_000)
        guard !isCalm, roll < rates[fault] else { return false }
        counts[fault.index] += 1
        return true
    }

    func count(_ fault: Fault) { counts[fault.index] += 1 }

    /// Between two spans, evenly, in whole milliseconds.
    func span(_ low: Int, _ high: Int) -> Span {
        Span(nanoseconds: Int64(low + random.below(max(1, high - low + 1))) * 1_000_000)
    }

    // MARK: - Life and death

    func start() {
        process += 1
        isDead = false
        guard process > 1, pointsFromIntent == nil, let points = pointsFromRestart else { return }
        pointsFromRestart = nil
        dieAfter(points: points)
    }

    /// An intent is about to be written: with the first one the ordered death draws near.
    func meetsIntent() {
        guard let points = pointsFromIntent else { return }
        pointsFromIntent = nil
        dieAfter(points: points)
    }

    func die() {
        guard !isDead else { return }
        isDead = true
        crashes += 1
        pointsLeft = nil
    }

    func dieAfter(points: Int) { if pointsLeft == nil { pointsLeft = points } }

    /// A place at which the process may die: before and after each commit and each byte sent.
    func point() -> Bool {
        if isDead { return true }
        if let left = pointsLeft {
            if left <= 0 {
                count(.crash)
                die()
                return true
            }
            pointsLeft = left - 1
        }
        if strikes(.crash) {
            die()
            return true
        }
        return false
    }
}
