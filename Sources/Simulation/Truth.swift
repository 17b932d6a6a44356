import Calendar
import Domain
import Engine
import Execution
import Portfolio
import Primitives

/// What really is, whoever knows it: the disk, the account at the broker, and what the process
/// has been told. Invariants are checked against this.
final class Truth {
    var ledger = LedgerModel()
    var exchange: Exchange
    let config: EngineConfig
    /// The engine's time.
    var stamp = Timestamp.distantPast
    /// The exchange's.
    var now = Timestamp.distantPast

    // What the process has been told since it started.
    var isLinkUp = false
    var linkUpSince: Timestamp?
    var isClockTrusted = true
    /// Broker and books were compared since the start or the last reconnect.
    var isCompared = false
    /// Since when the process of now lives, in its own time.
    var aliveSince: Timestamp?
    /// What the books cannot know, until a comparison has looked at it.
    var doubts: [Doubt] = []
    /// Were durable once, as far as the disk said.
    var lostOrders: Set<ClientOrderID> = []
    /// Have left and will come to the exchange.
    var underWay: Set<ClientOrderID> = []
    /// Comparisons that were given an account that is not the whole one.
    var lies: Set<String> = []
    /// The newest comparison that was given the true one.
    var honestlyAsked: (run: String, at: Timestamp)?
    /// The newest session that was played to its end.
    var lastClose: Timestamp?
    /// An account that is not the whole one is being taken in.
    var isLiedTo = false
    /// What is being written now.
    var batch: [LedgerEntry] = []

    init(config: EngineConfig, exchange: Exchange) {
        self.config = config
        self.exchange = exchange
    }

    /// Σ of the reservations that orders alive still need, from the ledger.
    var reserved: Money {
        var sum = Money.zero
        for order in ledger.openOrders where order.intent.reservation.isPositive {
            let rest = (try? order.intent.quantity.subtracting(order.filled)) ?? .zero
            let part = (try? order.intent.reservation.prorated(rest, of: order.intent.quantity))
            sum = (try? sum.adding(part ?? .zero)) ?? sum
        }
        return sum
    }
}

/// Something that an invariant may speak of.
enum Fact {
    /// About to be written; the ledger does not have it yet.
    case writing(LedgerEntry)
    /// The transaction is durable.
    case written
    /// The first byte of an order leaves.
    case posted(OrderTicket)
    case cancelSent(ClientOrderID)
    /// The broker has the order.
    case placed(OrderTicket)
    case answered(CommandAnswer)
    case told(InputEvent)
    case started
    case died
    /// The power went, and the disk had lied.
    case lost(LostRows)
}

/// When an invariant is looked at: at its own moment, and at no other but the end of the run.
package enum InvariantMoment: String, Sendable, CaseIterable {
    /// After a step that wrote something.
    case step
    /// Every five minutes of a session.
    case tick
    /// At the close.
    case day
    /// Just before the next session.
    case dawn
    /// The end; what is looked at once a day is looked at then too.
    case run

    /// Whether an invariant of this moment is looked at in the other.
    func includes(_ other: InvariantMoment) -> Bool {
        self == other || other == .run && (self == .day || self == .dawn)
    }
}

/// One promise of reliability 2.7, checked from facts as they happen and from the engine between
/// them. A sentence says how it is broken; nil: it holds.
protocol Invariant {
    var number: Int { get }
    var text: String { get }
    var moment: InvariantMoment { get }
    mutating func see(_ fact: Fact, _ truth: Truth) -> String?
    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String?
}

extension Invariant {
    mutating func see(_ fact: Fact, _ truth: Truth) -> String? { nil }
    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? { nil }
}

/// Shows every fact to every invariant, and keeps the first that is broken.
final class Watch {
    struct Broken: Equatable {
        let invariant: Int
        let text: String
        let detail: String
    }

    let truth: Truth
    private var checks: [any Invariant]
    /// Of `checks`, those that are looked at in a moment.
    private let places: [InvariantMoment: [Int]]
    private(set) var broken: Broken?
    private(set) var sightings = Sightings()
    private var hasNews = false

    init(_ truth: Truth, checks: [any Invariant] = allInvariants()) {
        self.truth = truth
        self.checks = checks
        var places: [InvariantMoment: [Int]] = [:]
        for moment in InvariantMoment.allCases {
            places[moment] = checks.indices.filter { checks[$0].moment.includes(moment) }
        }
        self.places = places
    }

    func fail(_ invariant: Int, _ text: String, _ detail: String) {
        if broken == nil { broken = Broken(invariant: invariant, text: text, detail: detail) }
    }

    func see(_ fact: Fact) {
        truth.noteHonesty(of: fact)
        sightings.see(fact, truth)
        for index in checks.indices {
            if let detail = checks[index].see(fact, truth) {
                fail(checks[index].number, checks[index].text, detail)
            }
        }
    }

    func beginCommit(_ entries: [LedgerEntry]) {
        truth.batch = entries
        hasNews = true
    }

    /// The store would not have taken it.
    func refused(_ detail: String) { fail(2, "the ledger takes every entry once", detail) }

    func look(at engine: TradingEngine, _ moment: InvariantMoment) {
        if moment == .step {
            guard hasNews else { return }
            hasNews = false
        }
        for index in places[moment] ?? [] {
            if let detail = checks[index].look(at: engine, moment, truth) {
                fail(checks[index].number, checks[index].text, detail)
            }
        }
    }
}
