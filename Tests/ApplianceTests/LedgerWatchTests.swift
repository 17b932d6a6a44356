import Domain
import Foundation
import Primitives
import Storage
import TestSupport
import Testing

@testable import Appliance

/// A copy of the ledger is examined while the daemon runs.
@Suite struct LedgerWatchTests {
    private func posting(_ account: LedgerAccount, _ amount: Int64) -> Posting {
        Posting(
            cause: "opening", account: account, amount: Money(units: amount),
            at: Timestamp(seconds: 1_618_925_400))
    }

    private func ledger(_ folder: ScratchFolder) throws -> LedgerStore {
        let ledger = try LedgerStore(folder: folder.path, reserve: 0)
        try ledger.commit([.postings([posting(.cash, 5), posting(.capital, -5)])])
        return ledger
    }

    /// What was found once the copy is put away.
    private func finding(_ watch: LedgerWatch, _ desk: CopyDesk) -> LedgerWatch.Finding? {
        while !desk.claim() { sched_yield() }
        desk.release()
        return watch.take()
    }

    @Test("S04: books that broke while the ledger was open are found in a copy, and told once")
    func broken() throws {
        let folder = try ScratchFolder()
        let ledger = try ledger(folder)
        let (watch, desk) = (LedgerWatch(every: .zero), CopyDesk())
        watch.look(at: ledger, in: folder.path, desk)
        #expect(finding(watch, desk) == nil)
        try ledger.commit([.postings([posting(.cash, 1)])])
        watch.look(at: ledger, in: folder.path, desk)
        guard case .broken(let why) = finding(watch, desk) else {
            Issue.record("nothing was found")
            return
        }
        #expect(why.contains("the postings of this cause do not sum to zero"))
        #expect(watch.take() == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/examined"))
        try ledger.close()
    }

    @Test("S04: a copy that cannot be made is told, and none is made before its time")
    func noCopy() throws {
        let folder = try ScratchFolder()
        let ledger = try ledger(folder)
        let desk = CopyDesk()
        let quiet = LedgerWatch()
        quiet.look(at: ledger, in: folder.path, desk)
        #expect(finding(quiet, desk) == nil)
        try Data().write(to: URL(fileURLWithPath: folder.path + "/examined"))
        let watch = LedgerWatch(every: .zero)
        watch.look(at: ledger, in: folder.path, desk)
        guard case .unknown(let why) = finding(watch, desk) else {
            Issue.record("nothing was told")
            return
        }
        #expect(why.contains("examined"))
        try ledger.close()
    }
}
