import Domain
import Messaging

/// The way to the MQTT broker as the publisher needs it. Every call returns at once.
package protocol Outlet: AnyObject {
    /// Retained; only the newest counts.
    func publish(_ topic: RetainedTopic, _ payload: String)
    /// Where there is no room, the ledger keeps the event.
    func offer(_ event: OutgoingEvent) -> OfferAnswer
    /// Ids that the broker confirmed since the last call.
    func takeDelivered() -> [String]
    /// The oldest that waits makes room.
    func publish(telemetry: String)
    var figures: LinkFigures { get }
}

/// Where events wait until the broker has confirmed them.
package protocol Outbox: AnyObject {
    /// The oldest, in the order in which they were put there.
    func waiting(limit: Int) throws -> [OutboxRow]
    func forget(_ ids: [String]) throws
    /// How many wait, and how many were ever dropped because too many did; nil where it cannot be
    /// told.
    var counts: (waiting: Int, dropped: Int64)? { get }
}
