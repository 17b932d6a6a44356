import Domain
import Engine
import Portfolio

/// How trading stands, in the one line that `systemctl status` shows.
package struct StatusLine {
    private let market: String
    /// How the MQTT connection is, e.g. `mqtt up`; nil: there is none to tell of.
    package var messaging: (() -> String?)?

    package var isOver = false

    package init(_ configuration: Configuration) {
        let market =
            switch configuration.market.kind {
            case .simulated: "simulated market"
            case .replay: "recorded market"
            }
        switch configuration.broker.kind {
        case .paper: self.market = "\(market), paper money, cannot spend"
        }
    }

    /// `simulated market, paper money, cannot spend; paused: holiday; mqtt up; 3 positions`
    package func text(_ engine: TradingEngine) -> String {
        var parts = [market, mode(engine)]
        if isOver { parts.append("the market is over") }
        if let trouble = engine.brokerTrouble { parts.append("entries blocked: \(trouble)") }
        if let messaging = messaging?() { parts.append(messaging) }
        let count = engine.portfolio.openPositionCount
        parts.append(count == 1 ? "1 position" : "\(count) positions")
        return parts.joined(separator: "; ")
    }

    private func mode(_ engine: TradingEngine) -> String {
        guard let hold = engine.standingHolds.first(where: { $0.mode == engine.mode }) else {
            return engine.mode.rawValue
        }
        let why = hold.why.isEmpty ? hold.cause.rawValue : Humane.plain(hold.why)
        return "\(engine.mode.rawValue): \(why.prefix(80))"
    }
}
