import Appliance
import Domain
import Foundation
import Primitives
import Storage
import Testing

@Suite struct ReportingExplanationTests {
    @Test("A12: an order's story goes from the headline to the change of the weights, in order")
    func story() throws {
        let text = explainText(try ReportingFixture.entryStory(), colour: false)
        let milestones = [
            "Order bw-entry-1", "Buy 10 AAPL: opens a position. It is FILLED.",
            "2024-03-04 14:21  “Apple beats expectations”", "positive +0.85, confidence 0.90",
            "Price 100.00 of 2024-03-04 14:30:00, 1 min old", "ema_fast",
            "How the strategies voted (weights version 0)", "sentiment  up            0.850",
            "reversion  abstained", "Together +0.615", "Approved for 10 shares", "equity",
            "market, day, 10 shares", "INTENT to SUBMITTING", "ACKED to FILLED",
            "Bought 10 at 100.05, fee 0.5000, execution e1", "5.0 basis points worse",
            "P&L +8.50 with 10 AAPL, long", "bellwether explain bw-exit-1",
            "Weights version 1 at 2024-03-04 16:01:00", "+0.250",
        ]
        var rest = text[...]
        for milestone in milestones {
            let range = try #require(rest.range(of: milestone), "\(milestone) in \(text)")
            rest = rest[range.upperBound...]
        }
    }

    @Test("A12: an exit names its entry and how to ask for it")
    func exit() throws {
        let text = explainText(try ReportingFixture.exitStory(), colour: false)
        #expect(text.contains("closes a position, because of a flip of the strategies"))
        #expect(text.contains("Bought AAPL at 100.05 on 2024-03-04 14:31:00."))
        #expect(text.contains("\n  bellwether explain bw-entry-1\n"))
    }

    @Test("A12: a protective stop has no signal of its own and names its entry")
    func stop() throws {
        let story = try ReportingFixture.stopStory()
        let text = explainText(story, colour: false)
        #expect(text.contains("protects a position"))
        #expect(text.contains("\n  bellwether explain bw-entry-1\n"))
        #expect(text.contains("No share changed hands."))
        let json = try object(story)
        #expect(json["signal"] is NSNull)
        #expect(json["entry_order"] as? String == "bw-entry-1")
    }

    @Test("A12: a refusal is told with its code and the numbers that were compared")
    func refusal() throws {
        var story = try ReportingFixture.entryStory()
        story.verdict = .refused(
            Refusal(.exposure, [Figure("exposure", "900.00"), Figure("limit", "500.00")]))
        let text = explainText(story, colour: false)
        #expect(text.contains("Refused: EXPOSURE"))
        #expect(text.contains(/exposure +900\.00 +limit +500\.00/))
        let verdict = try #require(try object(story)["verdict"] as? [String: Any])
        #expect(verdict["code"] as? String == "EXPOSURE")
    }

    @Test("A headline controls neither the terminal nor the width of the story")
    func hostile() throws {
        let headline = ReportingFixture.hostile + String(repeating: "w", count: 300)
        let story = try ReportingFixture.entryStory(headline: headline)
        let text = explainText(story, colour: false)
        #expect(!text.contains("\u{1B}"))
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        let signal = try #require(try object(story)["signal"] as? [String: Any])
        let readings = try #require(signal["headlines"] as? [[String: Any]])
        #expect(readings.first?["headline"] as? String == headline)
    }

    @Test("A12: tools get the same story in a fixed order of members")
    func json() throws {
        let story = try ReportingFixture.entryStory()
        let text = explainJSON(story)
        #expect(text == explainJSON(story))
        let keys = ["order", "signal", "verdict", "transitions", "fills", "trades", "weights"]
        let places = keys.compactMap { text.range(of: "\n\"\($0)\":")?.lowerBound }
        #expect(places.count == keys.count)
        #expect(places == places.sorted())
        let order = try #require(try object(story)["order"] as? [String: Any])
        #expect(order["reference_price"] as? String == "100.00")
        #expect(order["price"] is NSNull)
        #expect(order["status"] as? String == "FILLED")
    }

    private func object(_ story: OrderExplanation) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(explainJSON(story).utf8))
        return try #require(value as? [String: Any])
    }
}
