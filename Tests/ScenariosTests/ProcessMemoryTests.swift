import Foundation
import Synchronization
import TestSupport
import Testing

/// The real program over a long time.
@Suite struct ProcessMemoryTests {
    /// Resident kilobytes of a process, and how many of them are its own.
    private static func resident(_ pid: pid_t) -> (all: Int, own: Int)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else {
            return nil
        }
        func figure(_ key: String) -> Int? {
            text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
                .flatMap { $0.split(whereSeparator: { " \t".contains($0) }).dropFirst().first }
                .flatMap { Int($0) }
        }
        guard let all = figure("VmRSS"), let own = figure("RssAnon") else { return nil }
        return (all, own)
    }

    @Test("A02: after a simulated year the memory is within 10 % of that after its first week")
    func year() throws {
        let folder = try ScratchFolder(inMemory: true)
        let samples = Mutex<[(all: Int, own: Int)]>([])
        let child = try Program.start(
            ["run"]
                + settings([
                    "storage.path=\(folder.path)", "market.days=250", "market.interval=5m",
                    "market.speed=max", "market.news_per_day=40",
                ])
        ) { pid, line in
            guard line.contains("  session "), let sample = Self.resident(pid) else { return }
            samples.withLock { $0.append(sample) }
        }
        let outcome = try child.wait(seconds: 300)
        #expect(outcome.status == 0, "\(outcome)")
        let sizes = samples.withLock { $0 }
        try #require(sizes.count >= 240, "the run was too quick to be watched: \(sizes.count)")
        let week = sizes[4]
        let end = sizes[sizes.count - 2]
        let peak = sizes[4...].map(\.all).max() ?? 0
        print(
            "resident after a week \(week.all) kB (own \(week.own)), after \(sizes.count) sessions "
                + "\(end.all) kB (own \(end.own)), at most \(peak) kB; \(outcome.seconds) s")
        #expect(Double(end.all) <= 1.1 * Double(week.all))
        #expect(Double(peak) <= 1.1 * Double(week.all))
    }
}
