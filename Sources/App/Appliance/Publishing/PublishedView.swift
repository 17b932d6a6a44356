// How often the publisher tells what, and what it looks at to see whether there is news.
import Domain
import Engine
import Portfolio
import Primitives

package struct PublishingSettings: Sendable, Equatable {
    /// `portfolio` and `positions` at most so often.
    package var positionsEvery = Duration.seconds(10)
    package var telemetryEvery = Duration.seconds(60)
    /// The market is played as fast as it goes: of signals and trades only so many a second become
    /// events. In a market with a clock every one does.
    package var isUnpaced = false

    package init() {}

    /// `state` at least so often, and after a change of little urgency at most so often.
    static let stateEvery = Duration.seconds(HomeAssistantDevice.stateSeconds)
    static let stateCalm = Duration.seconds(1)
    /// Nothing but a change of the holds is looked for more often.
    static let tickEvery = Duration.milliseconds(100)
    /// Rows are removed from the outbox so long after the first of them was confirmed, or when so
    /// many are: each removal is a commit of its own, and costs flash. A crash before only means
    /// that they are sent once more, under the same ids.
    static let forgetAfter = Duration.seconds(60)
    static let forgetCount = 256
    static let unpacedEventsPerSecond = 20
    /// How many of the outbox are looked at, to offer them again, at once.
    static let refillMax = 64
}

/// What the publisher looks at.
package struct PublishedView {
    package let engine: TradingEngine
    /// The market's.
    package let time: Timestamp
    /// Equal ones need no new `state`.
    package let mark: StateMark

    package init(engine: TradingEngine, time: Timestamp, mark: StateMark) {
        self.engine = engine
        self.time = time
        self.mark = mark
    }
}

/// What of `state` is worth a message at once.
package struct StateMark: Sendable, Equatable {
    let mode: TradingMode
    let holds: [TradingHold]
    let isSessionOpen: Bool
    let unprotected: [Symbol]
    /// Name and health.
    let components: [String]

    /// A change of this is told at once: somebody waits for it.
    var urgent: [String] {
        [mode.rawValue] + holds.map { "\($0.id) \($0.mode) \($0.until as Any)" }
    }
}

struct WeightsMark: Equatable {
    let version: Int
    let isFrozen: Bool
}

/// Of a position, what a change of is worth a message.
struct PositionMark: Equatable {
    let symbol: Symbol
    let quantity: Quantity
    let value: Money
    let isUnprotected: Bool

    static func all(_ engine: TradingEngine) -> [PositionMark] {
        let unprotected = engine.unprotected
        return engine.portfolio.positions.map {
            PositionMark(
                symbol: $0.symbol, quantity: $0.quantity, value: $0.marketValue,
                isUnprotected: unprotected.contains($0.symbol))
        }
    }
}
