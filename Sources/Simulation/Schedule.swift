import Domain
import Execution

/// What happens in the modelled world.
enum Happening {
    /// Prices move and bars are made: the nth instant of the day.
    case tick(Int)
    case marketOpens, marketCloses
    /// Something reaches a process; another than the one of then never gets it.
    case delivery(InputEvent, process: Int)
    case order(OrderTicket, OrderFate, process: Int)
    case cancel(ClientOrderID)
    case query(BrokerQuery, asked: Timestamp, process: Int)
    /// The exchange fills what can be filled.
    case match(ClientOrderID)
    case cancelTakesEffect(ClientOrderID)
    case linkDown, linkUp
    case start
    case operatorLooks
    case clockSet
    case diskFreed
    case pause
}

/// What becomes of the request that places an order.
enum OrderFate {
    case answered, replyLost
    /// The gateway gives up; the order is placed all the same.
    case serverError
}

/// True time and what is to come.
final class Schedule {
    private(set) var now: Timestamp
    private var heap = EventHeap<Happening>()

    init(now: Timestamp) { self.now = now }

    var next: Timestamp { heap.next }

    func add(_ happening: Happening, in span: Span) { heap.add(happening, at: now + span) }
    func add(_ happening: Happening, at time: Timestamp) { heap.add(happening, at: max(time, now)) }

    func take() -> Happening? {
        guard let next = heap.take() else { return nil }
        advance(to: next.at)
        return next.event
    }

    func advance(to time: Timestamp) { now = max(now, time) }
}

extension Span {
    func later(_ more: Span) -> Span { Span(nanoseconds: nanoseconds &+ more.nanoseconds) }
}
