import Domain
import Testing

@testable import Appliance

@Suite struct ComponentHealthTests {
    private func part(_ name: String, _ health: ComponentHealth, broker: String? = nil) -> String {
        let all = health.components(broker: broker, history: nil, messaging: .disabled)
        return all.first { $0.name == name }.map { "\($0.health) \($0.detail ?? "-")" } ?? "none"
    }

    @Test("News that was set aside shows until good news is taken")
    func news() {
        var health = ComponentHealth()
        #expect(part("news", health) == "ok -")
        health.take(alert: "history", "rows are lost")
        #expect(part("news", health) == "ok -" && health.alerts == 1)
        health.take(alert: "news-set-aside", "bad.json: no id")
        #expect(part("news", health) == "degraded bad.json: no id")
        health.tookNews(at: Timestamp(seconds: 5), isWhole: false)
        #expect(part("news", health) == "degraded bad.json: no id")
        health.tookNews(at: Timestamp(seconds: 6))
        #expect(part("news", health) == "ok -" && health.newsAt == Timestamp(seconds: 6))
    }

    @Test("What keeps entries back because of the broker is its health")
    func broker() {
        let health = ComponentHealth()
        #expect(part("broker", health) == "ok -")
        #expect(part("broker", health, broker: "SUSPENDED AAA") == "blocked SUSPENDED AAA")
    }
}
