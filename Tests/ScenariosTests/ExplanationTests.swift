import Appliance
import Domain
import Foundation
import Portfolio
import Primitives
import Storage
import TestSupport
import Testing

/// From the headline to what it taught, read from the store alone.
@Suite struct ExplanationTests {
    private func expectWholeStory(_ configuration: Configuration) throws {
        let folder = try ScratchFolder()
        _ = try playLive(configuration, folder: folder.path)
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        var whole = 0
        let orders = try access.ledger.orders(limit: .max)
        for order in orders {
            let story = try #require(try access.ledger.explanation(of: order.id.text))
            let signal = try #require(story.signal)
            #expect(signal.symbol == order.symbol)
            #expect(signal.priceTime <= signal.at)
            #expect(story.verdict != nil)
            guard order.role == .entry, case .approved(let quantity, let figures) = story.verdict,
                let headline = signal.headlines.last,
                signal.votes.contains(where: { $0.strategy == .sentiment && $0.direction == 1 }),
                let fill = story.fills.first, let trade = story.trades.first,
                let change = story.weightChanges.first
            else { continue }
            #expect(!headline.headline.isEmpty && headline.score.score.magnitude > 0)
            #expect(headline.symbol == order.symbol && headline.at <= signal.at)
            #expect(quantity == order.quantity && !figures.isEmpty)
            #expect(fill.orderID == order.id && fill.at >= order.createdAt)
            #expect(trade.entryOrder == order.id)
            #expect(change.cause == trade.id)
            #expect(change.credits[StrategyID.sentiment.index] != 0)
            let text = explainText(story, colour: false)
            // A headline may be broken into lines: its first word is there in any case.
            let first = headline.headline.prefix { $0.isLetter }
            for piece in [String(first), order.symbol.name, order.id.text] where !piece.isEmpty {
                #expect(text.contains(piece))
            }
            // The exit belongs to the same story.
            let exit = try #require(try access.ledger.explanation(of: trade.exitOrder.text))
            #expect(exit.entryOrder == order.id)
            whole += 1
        }
        try access.close()
        #expect(whole > 0, "none of \(orders.count) orders has headline, votes, fill and outcome")
    }

    @Test("A12: an order of a simulated market is told from headline to weight change")
    func simulatedMarket() throws { try expectWholeStory(simulated(days: 3)) }

    @Test(
        "A12: an order on recorded news is told from headline to weight change",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func recordedNews() throws { try expectWholeStory(try #require(try april2021())) }
}
