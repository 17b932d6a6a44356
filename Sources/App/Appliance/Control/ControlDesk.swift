import Domain
import Host

/// Brings the engine's answers, which come out of the journal once they are durable, to those who
/// wait for them.
final class ControlDesk {
    private typealias Waiter = (
        number: Int, transaction: String, verb: String, reply: @Sendable (ControlAnswer) -> Void
    )
    /// In the order of arrival.
    private var waiting: [Waiter] = []
    private var count = 0
    /// Beyond it a reply is refused at once: as many as can be in the inbox, twice.
    private static let waitingMax = 4 * Inbox.requestsMax

    /// - Returns: the waiter's number; nil where there is no room.
    func expect(
        _ transaction: String, _ verb: String,
        _ reply: @escaping @Sendable (ControlAnswer) -> Void
    ) -> Int? {
        guard waiting.count < Self.waitingMax else { return nil }
        count += 1
        waiting.append((count, transaction, verb, reply))
        return count
    }

    /// Everybody who asked this gets it, each once. A conflict is the answer to the last alone: who
    /// asked before under the same transaction is still waiting for an answer of its own.
    func give(_ answer: ControlAnswer, to verb: String) {
        func isMeant(_ waiter: Waiter) -> Bool {
            waiter.transaction == answer.transaction && waiter.verb == verb
        }
        if answer.error == .conflict {
            guard let last = waiting.lastIndex(where: isMeant) else { return }
            waiting.remove(at: last).reply(answer)
            return
        }
        let those = waiting.filter(isMeant)
        waiting.removeAll(where: isMeant)
        for waiter in those { waiter.reply(answer) }
    }

    /// Tells one that it will get no other answer; nothing where it had one.
    func giveUp(_ number: Int, _ answer: @autoclosure () -> ControlAnswer) {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: place).reply(answer())
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
