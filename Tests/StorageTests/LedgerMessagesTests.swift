import Domain
import Primitives
import Storage
import Testing

/// Proofs of signed commands, the outbox, the count of starts.
@Suite struct LedgerMessagesTests {
    let folder = TemporaryFolder()

    private func store() throws -> LedgerStore { try LedgerStore(folder: folder.path, reserve: 0) }

    private func proof(_ jti: String, until seconds: Int64 = 60) -> CommandProof {
        CommandProof(jti: jti, kid: "k1", until: time(seconds))
    }

    private func row(_ number: Int) -> OutboxRow {
        OutboxRow(
            id: "id-\(number)", kind: "trade", payload: "{\"n\":\(number)}",
            at: time(Int64(number)))
    }

    @Test("Each start has a number of its own, from 1 on, and the newest can be read")
    func boots() throws {
        var first = try store()
        #expect(try first.boot() == 0)
        #expect(try first.nextBoot() == 1 && first.nextBoot() == 2)
        try first.close()
        first = try store()
        #expect(try first.boot() == 2 && first.nextBoot() == 3)
    }

    @Test("S05: a proof is stored with its command or not at all, and a second time never")
    func proofs() throws {
        var first = try store()
        try first.commit([.proof(proof("j1")), .command(command("t1"))])
        #expect(throws: StorageError.knownProof("j1")) {
            try first.commit([.proof(proof("j1", until: 90)), .command(command("t2"))])
        }
        #expect(throws: StorageError.duplicateCommand("t1")) {
            try first.commit([.proof(proof("j2")), .command(command("t1"))])
        }
        try first.close()
        first = try store()
        #expect(try first.verdict(on: proof("j1")) == .known)
        #expect(try first.command(transaction: "t2") == nil)
        #expect(try first.verdict(on: proof("j2")) == .unseen)
        #expect(try first.verifyChain() == [] && first.checkBooks() == [])
    }

    @Test("S13: proofs that ended long ago go; those that live are never given up for another")
    func proofsFull() throws {
        let store = try store()
        func isKnown(_ jti: String) throws -> Bool {
            try store.verdict(on: proof(jti)) == .known
        }
        let old = (0..<100).map { LedgerEntry.proof(proof("old-\($0)", until: 0)) }
        try store.commit(old + [.proof(proof("edge", until: 1))])
        try store.commit((0..<9_899).map { .proof(proof("j\($0)", until: 301)) })
        // The hundred lie more than the margin before these.
        #expect(try !isKnown("old-0") && isKnown("edge"))
        try store.commit((0..<100).map { .proof(proof("more\($0)", until: 300)) })
        #expect(try store.verdict(on: proof("last", until: 300)) == .full)
        #expect(throws: StorageError.proofsFull) {
            try store.commit([.proof(proof("last", until: 300)), .command(command("t"))])
        }
        #expect(StorageError.proofsFull.reaction == .degrade)
        #expect(try store.command(transaction: "t") == nil && isKnown("edge"))
        // One more second, and the one at the edge has ended too.
        try store.commit([.proof(proof("last", until: 302))])
        #expect(try isKnown("last") && !isKnown("edge"))
        #expect(try folder.strings("SELECT CAST(count(*) AS TEXT) FROM proofs") == ["10000"])
    }

    @Test("What waits for the broker comes back in order and goes when it is confirmed")
    func outbox() throws {
        var first = try store()
        try first.commit((1...5).map { .outgoing(row($0)) })
        try first.commit([.outgoing(row(3)), .outgoing(row(6))])
        try first.close()
        first = try store()
        let rows = try first.outbox(limit: 4)
        #expect(rows.map(\.id) == ["id-1", "id-2", "id-3", "id-4"])
        #expect(rows[1] == row(2))
        try first.forgetDelivered(["id-1", "id-6", "unknown"])
        #expect(try first.outboxCount() == (4, 0))
        #expect(try first.outbox(limit: -1).isEmpty)
        try first.commit([.outgoing(row(7))])
        #expect(try first.outbox(limit: 9).map(\.id) == ["id-2", "id-3", "id-4", "id-5", "id-7"])
        #expect(first.chainHead.seq == 0)
    }

    @Test("What a later start must know is kept, and costs nothing while it is the same")
    func memos() throws {
        var first = try store()
        #expect(try first.memo(.devices) == nil)
        try first.remember(.devices, "a\nb")
        let commits = first.statistics.commits
        try first.remember(.devices, "a\nb")
        #expect(first.statistics.commits == commits)
        try first.remember(.devices, "b")
        try first.close()
        first = try store()
        #expect(try first.memo(.devices) == "b" && first.memo(.toldDropped) == nil)
    }

    @Test("S27: the outbox holds 10,000 rows; the oldest go, and are counted")
    func outboxFull() throws {
        let store = try store()
        try store.commit((0..<10_000).map { .outgoing(row($0)) })
        #expect(try store.outboxCount() == (10_000, 0))
        try store.commit((10_000..<10_003).map { .outgoing(row($0)) })
        // A hundred at once, so that the next ninety-nine cost nothing.
        #expect(try store.outboxCount() == (9_900, 103))
        #expect(try store.outbox(limit: 1).map(\.id) == ["id-103"])
        try store.commit((10_003..<10_103).map { .outgoing(row($0)) })
        #expect(try store.outboxCount() == (10_000, 103))
        try store.commit([.outgoing(row(10_103))])
        #expect(try store.outboxCount() == (9_900, 204))
    }

    @Test("A ledger of the shape before keeps its chain, and begins to count its starts")
    func migrates() throws {
        try SchemaFixture.ledger3.write(to: folder)
        let store = try store()
        #expect(try store.verifyChain() == [] && store.chainHead.seq == 2)
        let state = try store.loadState()
        #expect(state.holds.map(\.id) == ["h1"])
        #expect(state.commands == [command("t1")])
        #expect(try store.nextBoot() == 1)
        #expect(try store.outboxCount() == (0, 0))
        try store.commit([.proof(proof("j1")), .command(command("t2")), .outgoing(row(1))])
        #expect(try store.verifyChain() == [] && store.chainHead.seq == 3)
    }
}
