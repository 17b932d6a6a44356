// News dropped into a folder.
//
// `*.json` (an object, or a list of them) and `*.jsonl` files -> headlines.
// - Write a file under a name that starts with `.` or ends in `.tmp` or `.part`, then rename it: what
//   has another name counts as complete.
// - A file is taken whole or not at all; one with a fault moves to `rejected/`, its reasons beside it.
// - A taken file moves to `done/` only after `confirm()`: a crash before that delivers it again, and
//   the ids of its headlines, given or made from their content, are the same then.
// - While it is being taken its name is `.taking-1-NAME`, and the number is how often it was tried: a
//   file at which the process died three times moves to `rejected/` too.
// - A name that is not UTF-8 is told of once and left alone; one that is too long is rejected.
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
        /// How often the process may die while it takes a file.
        package var attemptsMax = 3

        package init() {}
    }

    package let path: String
    private let limits: Limits
    private let folder: CInt
    private let done: CInt
    private let rejected: CInt
    /// Taken and not confirmed.
    private var taken: [Taken] = []

    private struct Taken {
        /// As its sender called it.
        let name: String
        /// As it is called now.
        let held: String
        let newsIDs: [String]
    }
    /// Could not be moved away; named once, then left alone.
    private var stuck: Set<String> = []
    /// Not UTF-8; named once, then left alone.
    private var unnamed: Set<[UInt8]> = []
    /// Could not be read and may be later, with the reason that was told.
    private var passing: [String: String] = [:]

    /// Bytes of a name: with what is put before and behind it, it has to be one still.
    private static let nameMax = 240

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
        release()
        var items: [NewsItem] = []
        var problems: [FeedDefect] = []
        let (names, strange) = entries(of: folder, max: limits.namesMax)
        if names.count < limits.namesMax {
            // What went away may come again, and is another file then.
            if !stuck.isEmpty { stuck.formIntersection(names) }
            if !passing.isEmpty {
                let present = Set(names)
                passing = passing.filter { present.contains($0.key) }
            }
        }
        // What a dead process was at comes first: it came first.
        for held in names where problems.count < limits.filesPerPoll {
            guard let (attempts, name) = Self.attempt(held), attempts >= limits.attemptsMax,
                !stuck.contains(held)
            else { continue }
            var faults = [
                FeedDefect(
                    file: "\(path)/\(name)", line: 1,
                    problem: "the program ended \(attempts) times while it was being taken",
                    row: "")
            ]
            reject(held, as: name, &faults)
            problems += faults
        }
        let waiting =
            names.compactMap { held in
                Self.attempt(held).flatMap { $0.attempts < limits.attemptsMax ? held : nil }
            } + names.filter(isComplete)
        let ready = waiting.filter { !stuck.contains($0) }
        // What could not be read the last time lets the others pass.
        let ordered =
            passing.isEmpty
            ? ready
            : ready.filter { passing[$0] == nil } + ready.filter { passing[$0] != nil }
        for held in ordered.prefix(limits.filesPerPoll) {
            let (attempts, name) = Self.attempt(held) ?? (0, held)
            var faults: [FeedDefect] = []
            var mayPass = false
            if name.utf8.count > Self.nameMax {
                faults.append(
                    FeedDefect(
                        file: "\(path)/\(name)", line: 1,
                        problem: "its name is longer than \(Self.nameMax) bytes: shorten it",
                        row: ""))
                reject(held, as: name, &faults)
                problems += faults
                continue
            }
            // Before it is read: a file that ends the program shall be known by it.
            let mark = Self.marked(name, attempts + 1)
            let now = renameIfFree(held, mark) ? mark : held
            let found = read(now, called: name, &faults, &mayPass)
            if !mayPass { passing[held] = nil }
            if faults.isEmpty {
                items += found
                taken.append(Taken(name: name, held: now, newsIDs: found.map(\.id)))
            } else {
                if !mayPass {
                    reject(now, as: name, &faults)
                } else {
                    if now != held { _ = renameIfFree(now, held) }
                    // Once for each reason, however often it is tried.
                    let reason = faults.first?.problem ?? ""
                    if passing[held] == reason { faults = [] }
                    passing[held] = reason
                }
                problems += faults
            }
        }
        return (items, problems + defects(of: strange))
    }

    /// Those that were not told of yet, as many as one poll may name.
    private func defects(of strange: Set<[UInt8]>) -> [FeedDefect] {
        unnamed.formIntersection(strange)
        let files = strange.filter { name in
            name.first != UInt8(ascii: ".")
                && [".json", ".jsonl"].contains {
                    name.suffix($0.utf8.count).elementsEqual($0.utf8)
                }
        }
        let new = files.subtracting(unnamed).sorted { $0.lexicographicallyPrecedes($1) }
        return new.prefix(limits.filesPerPoll).map { name in
            unnamed.insert(name)
            return FeedDefect(
                file: "\(path)/\(FeedDefect.shown(name, max: 255))", line: 1,
                problem: "its name is not UTF-8: rename it; it is left alone until then", row: "")
        }
    }

    /// Gives back what was taken and not confirmed: an orderly end is no failed attempt.
    package func release() {
        for file in taken where file.held != file.name {
            let before = Self.attempt(file.held).map { $0.attempts - 1 } ?? 0
            _ = renameIfFree(
                file.held, before > 0 ? Self.marked(file.name, before) : file.name)
        }
        taken = []
    }

    private static func marked(_ name: String, _ attempts: Int) -> String {
        ".taking-\(attempts)-\(name)"
    }

    private static func attempt(_ held: String) -> (attempts: Int, name: String)? {
        guard held.hasPrefix(".taking-") else { return nil }
        let rest = held.dropFirst(8)
        guard let end = rest.firstIndex(of: "-"), let attempts = Int(rest[..<end]), attempts > 0
        else { return nil }
        let name = String(rest[rest.index(after: end)...])
        return name.hasSuffix(".json") || name.hasSuffix(".jsonl") ? (attempts, name) : nil
    }

    private func renameIfFree(_ from: String, _ to: String) -> Bool {
        var status = stat()
        guard fstatat(folder, to, &status, AT_SYMLINK_NOFOLLOW) != 0 else { return false }
        return renameat(folder, from, folder, to) == 0
    }

    /// The headlines of the last poll are safe: their files move to `done/`.
    ///
    /// - Parameter refused: headlines that could not be taken, by id, and why: their files move to
    ///   `rejected/`.
    /// - Returns: files with such headlines, and those that could not be moved, whose headlines will
    ///   come again after a restart.
    @discardableResult
    package func confirm(refused: [String: String] = [:]) -> [FeedDefect] {
        var problems: [FeedDefect] = []
        for file in taken {
            let reasons = file.newsIDs.compactMap { id in refused[id].map { (id, $0) } }
            if reasons.isEmpty {
                if let reason = move(file.held, as: file.name, to: done) {
                    problems.append(stay(file.held, "done", reason))
                }
                continue
            }
            var faults = reasons.prefix(20).map { id, reason in
                FeedDefect(
                    file: "\(path)/\(file.name)", line: 1,
                    problem: "its effects could not be stored: \(reason)",
                    row: FeedDefect.shown(Array(id.utf8), max: 80))
            }
            reject(file.held, as: file.name, &faults)
            problems += faults
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
        _ held: String, called name: String, _ faults: inout [FeedDefect], _ mayPass: inout Bool
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
                held, in: folder, bytesMax: limits.bytesPerFile, followsLinks: false)
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

    private func reject(_ held: String, as name: String, _ faults: inout [FeedDefect]) {
        let reasons = faults.map { "line \($0.line): \($0.problem)\n" }.joined()
        var status = stat()
        // A folder of such a name, too, is only moved.
        guard fstatat(folder, held, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            // Told of now, and not at every poll.
            if stuck.count < limits.namesMax { stuck.insert(held) }
            return
        }
        if let reason = move(held, as: name, to: rejected, note: reasons) {
            faults.append(stay(held, "rejected", reason))
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
    private func move(
        _ held: String, as name: String, to target: CInt, note: String? = nil
    ) -> String? {
        var name = name
        while name.utf8.count > Self.nameMax { name.removeLast() }
        var free = name
        var status = stat()
        var number = 2
        while number < 1000, fstatat(target, free, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            free = "\(name)~\(number)"
            number += 1
        }
        guard renameat(folder, held, target, free) == 0 else { return errorText(errno) }
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
