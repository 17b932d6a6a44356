import Calendar
import Domain
import Execution
import Learning
import News
import Portfolio
import Risk
import Sentiment
import Signals

/// Everything the engine is told once.
package struct EngineConfig: Sendable {
    package var mode = TradingMode.active
    /// Whether losses and failures beyond their limits hold trading until a person lifts that.
    package var latches = false
    package var calendar: MarketCalendar
    /// Bars that start outside a session count like others.
    package var extendedHours = false
    /// The length of a bar.
    package var interval = Span(seconds: 60)
    package var news = NewsConfig()
    package var sentiment = SentimentConfig()
    package var signals = SignalsConfig()
    package var risk = RiskConfig()
    package var execution = ExecutionConfig()
    package var portfolio = PortfolioConfig()
    package var learning = LearningConfig()
    /// Seconds of the market in one of the people who give commands; nil where its time does not
    /// pass by any clock, so that nothing can be promised to them in seconds.
    package var pace: Double? = 1

    package init(calendar: MarketCalendar) { self.calendar = calendar }
}
