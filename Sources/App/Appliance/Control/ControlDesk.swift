import Domain
import Host

/// Brings the engine's answers, which come out of the journal once they are durable, to those who
/// wait for them.
final class ControlDesk {
    private var waiting: [(transaction: String, reply: @Sendable (ControlAnswer) -> Void)] = []
    /// Beyond it a reply is refused at once: as many as can be in the inbox, twice.
    private static let waitingMax = 4 * Inbox.requestsMax

    func expect(
        _ transaction: String, _ reply: @escaping @Sendable (ControlAnswer) -> Void
    ) -> Bool {
        guard waiting.count < Self.waitingMax else { return false }
        waiting.append((transaction, reply))
        return true
    }

    func isWaiting(for transaction: String) -> Bool {
        waiting.contains { $0.transaction == transaction }
    }

    /// Everybody who asked this gets it, each once.
    func give(_ answer: ControlAnswer) {
        let (those, others) = (
            waiting.filter { $0.transaction == answer.transaction },
            waiting.filter { $0.transaction != answer.transaction }
        )
        waiting = others
        for waiter in those { waiter.reply(answer) }
    }

    /// No answer will come any more.
    func giveUp(_ message: String) {
        let all = waiting
        waiting = []
        for waiter in all {
            waiter.reply(
                ControlAnswer(
                    transaction: waiter.transaction, error: .unavailable, message: message))
        }
    }
}

/// A transaction for a request that came without: nobody can ask for its answer again.
func madeTransaction() -> String {
    var random = SystemRandomNumberGenerator()
    let number = random.next()
    let hex = String(number, radix: 16)
    return "made-" + String(repeating: "0", count: 16 - hex.utf8.count) + hex
}
