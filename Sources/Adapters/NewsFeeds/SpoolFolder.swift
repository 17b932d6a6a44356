// News dropped into a folder.
//
// `*.json` (an object, or a list of them) and `*.jsonl` files -> headlines.
// - Write a file under a name that starts with `.` or ends in `.tmp` or `.part`, then rename it: what
//   has another name counts as complete.
// - A file is taken whole or not at all; one with a fault moves to `rejected/`, its reasons beside it.
// - A taken file moves to `done/` only after `confirm()`: a crash before that delivers it again, and
//   the ids of its headlines, given or made from their content, are the same then.
// - Links, devices and pipes are refused. Files per poll, bytes per file, and what `done/` and
//   `rejected/` keep are bounded.
import Domain
import Glibc
import Primitives

/// Belongs to one thread.
package final class SpoolFolder {
    package struct Limits: Sendable {
        package var filesPerPoll = 16
        package var bytesPerFile = 1 << 20
        package var itemsPerFile = 1_000
        /// Files kept in `done/`, and twice as many in `rejected/`, which holds the reasons too.
        package var kept = 200
        /// Names looked at per poll.
        package var namesMax = 10_000

        package init() {}
    }

    package let path: String
    private let limits: Limits
    private let folder: CInt
    private let done: CInt
    private let rejected: CInt
    /// Taken and not confirmed.
    private var taken: [String] = []
    /// Could not be moved away; named once, then left alone.
    private var stuck: Set<String> = []

    /// Opens the folder and makes `done/` and `rejected/` in it.
    /// - Throws: `cannotRead` when it is missing or may not be written.
    package init(path: String, limits: Limits = Limits()) throws(FeedError) {
        self.path = path
        self.limits = limits
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        var opened: [CInt] = []
        func refuse(_ path: String) -> FeedError {
            let reason = errorText(errno)
            for descriptor in opened { close(descriptor) }
            return .cannotRead(
                path: path, reason: "\(reason): the spool needs a folder to write to")
        }
        let folder = open(path, flags)
        guard folder >= 0 else { throw refuse(path) }
        opened.append(folder)
        for name in ["done", "rejected"] {
            if mkdirat(folder, name, 0o750) != 0, errno != EEXIST {
                throw refuse("\(path)/\(name)")
            }
            let sub = openat(folder, name, flags | O_NOFOLLOW)
            guard sub >= 0 else { throw refuse("\(path)/\(name)") }
            opened.append(sub)
        }
        (self.folder, done, rejected) = (folder, opened[1], opened[2])
    }

    deinit {
        for descriptor in [folder, done, rejected] { close(descriptor) }
    }

    /// Reads the next complete files in order of name. What was taken before and not confirmed is
    /// delivered again.
    package func poll() -> (items: [NewsItem], problems: [FeedDefect]) {
        taken = []
        var items: [NewsItem] = []
        var problems: [FeedDefect] = []
        let names = entryNames(of: folder, max: limits.namesMax).filter(isComplete)
        for name in names.filter({ !stuck.contains($0) }).prefix(limits.filesPerPoll) {
            var faults: [FeedDefect] = []
            var mayPass = false
            let found = read(name, &faults, &mayPass)
            if faults.isEmpty {
                items += found
                taken.append(name)
            } else {
                if !mayPass { reject(name, &faults) }
                problems += faults
            }
        }
        return (items, problems)
    }

    /// The headlines of the last poll are safe: their files move to `done/`.
    /// - Returns: files that could not be moved; their headlines will come again after a restart.
    @discardableResult
    package func confirm() -> [FeedDefect] {
        var problems: [FeedDefect] = []
        for name in taken {
            if let reason = move(name, to: done) { problems.append(stay(name, "done", reason)) }
        }
        if !taken.isEmpty { prune(done, keep: limits.kept) }
        taken = []
        return problems
    }

    private func isComplete(_ name: String) -> Bool {
        !name.hasPrefix(".") && (name.hasSuffix(".json") || name.hasSuffix(".jsonl"))
    }

    /// - Parameter mayPass: set when the file should stay for another try.
    private func read(
        _ name: String, _ faults: inout [FeedDefect], _ mayPass: inout Bool
    ) -> [NewsItem] {
        func fault(_ problem: String, line: Int = 1, row: ArraySlice<UInt8> = []) {
            guard faults.count < 20 else { return }
            faults.append(
                FeedDefect(
                    file: "\(path)/\(name)", line: line, problem: problem,
                    row: FeedDefect.shown(row, max: 200)))
        }
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try readFile(
                name, in: folder, bytesMax: limits.bytesPerFile, followsLinks: false)
        } catch {
            fault(error.reason)
            mayPass = error.mayPass
            return []
        }
        var items: [NewsItem] = []
        func admit(_ value: JSONValue) throws(NewsProblem) {
            items.append(try NewsRecord(value).item().item)
        }
        if name.hasSuffix(".jsonl") {
            forEachLine(bytes) { line, number in
                do throws(NewsProblem) { try admit(try jsonValue(line)) } catch {
                    fault(error.description, line: number, row: line)
                }
            }
        } else {
            do throws(NewsProblem) {
                let value = try jsonValue(
                    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
                if case .array(let values) = value {
                    for value in values { try admit(value) }
                } else {
                    try admit(value)
                }
            } catch {
                fault(error.description, row: bytes[...])
            }
        }
        if items.count > limits.itemsPerFile {
            fault("holds more than \(limits.itemsPerFile) headlines: split it")
        }
        if items.isEmpty, faults.isEmpty { fault("holds no headline") }
        return items
    }

    private func reject(_ name: String, _ faults: inout [FeedDefect]) {
        let reasons = faults.map { "line \($0.line): \($0.problem)\n" }.joined()
        var status = stat()
        // A folder of such a name, too, is only moved.
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        if let reason = move(name, to: rejected, note: reasons) {
            faults.append(stay(name, "rejected", reason))
        }
        prune(rejected, keep: 2 * limits.kept)
    }

    private func stay(_ name: String, _ target: String, _ reason: String) -> FeedDefect {
        if stuck.count < limits.namesMax { stuck.insert(name) }
        return FeedDefect(
            file: "\(path)/\(name)", line: 1,
            problem: "cannot be moved to \(target)/: \(reason); it is left alone until a restart",
            row: "")
    }

    /// Moves a file under a free name, with a note beside it.
    /// - Returns: why it could not be moved; nil when it was.
    private func move(_ name: String, to target: CInt, note: String? = nil) -> String? {
        var free = name
        var status = stat()
        var number = 2
        while number < 1000, fstatat(target, free, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            free = "\(name)~\(number)"
            number += 1
        }
        guard renameat(folder, name, target, free) == 0 else { return errorText(errno) }
        guard let note else { return nil }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(target, free + ".reason", flags, 0o640)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = Array(note.utf8)
        var written = 0
        while written < bytes.count {
            let got = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if got == 0 || (got < 0 && errno != EINTR) { break }
            written += max(0, got)
        }
        return nil
    }

    /// Removes the files that were moved there first, until `keep` are left.
    private func prune(_ target: CInt, keep: Int) {
        let names = entryNames(of: target, max: limits.namesMax)
        guard names.count > keep else { return }
        let dated = names.map { name in
            var status = stat()
            // A rename counts as a change of the file, so this is when it came here.
            guard fstatat(target, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                return (Int64.max, name)
            }
            let change = status.st_ctim
            return (Int64(change.tv_sec) * 1_000_000_000 + Int64(change.tv_nsec), name)
        }
        for (_, name) in dated.sorted(by: <).prefix(names.count - keep) {
            unlinkat(target, name, 0)
        }
    }
}
