import Domain
import Foundation
import NewsFeeds
import Testing

@Suite struct SpoolFolderTests {
    private let folder = ScratchFolder()

    private func spool(_ change: (inout SpoolFolder.Limits) -> Void = { _ in }) throws
        -> SpoolFolder
    {
        var limits = SpoolFolder.Limits()
        change(&limits)
        return try SpoolFolder(path: folder.path, limits: limits)
    }

    @Test("Objects, lists and lines are taken in order of name and moved after the confirmation")
    func taking() throws {
        let spool = try spool()
        try folder.write("[\(jsonLine(id: "\"b1\"")), \(jsonLine(id: "\"b2\""))]", to: "b.json")
        try folder.write(jsonLine(id: "\"a\""), to: "a.json")
        try folder.write(jsonLine(id: "\"c1\"") + "\n" + jsonLine(id: "\"c2\""), to: "c.jsonl")
        for name in [".d.json", "e.json.tmp", "f.jsonl.part", "g.txt"] {
            try folder.write("half", to: name)
        }
        let first = spool.poll()
        #expect(first.items.map(\.id) == ["a", "b1", "b2", "c1", "c2"])
        #expect(first.problems.isEmpty)
        #expect(folder.names("done").isEmpty)
        #expect(spool.confirm().isEmpty)
        #expect(folder.names("done") == ["a.json", "b.json", "c.jsonl"])
        #expect(spool.poll().items.isEmpty)
        #expect(folder.names("").contains("e.json.tmp"))
        #expect(folder.names("rejected").isEmpty)
    }

    @Test("S25: what was taken and not confirmed is delivered again, after a restart too")
    func redelivery() throws {
        try folder.write(jsonLine(id: "null"), to: "a.json")
        let before = try spool()
        let items = before.poll().items
        #expect(items.count == 1)
        #expect(before.poll().items == items)
        let after = try spool()
        #expect(after.poll().items == items)
        after.confirm()
        #expect(try spool().poll().items.isEmpty)
    }

    @Test(
        "S43: a file at which the program ended three times is set aside; an orderly end counts not"
    )
    func attempts() throws {
        try folder.write(jsonLine(id: "\"a\""), to: "a.json")
        for _ in 0..<5 {
            let orderly = try spool()
            #expect(orderly.poll().items.map(\.id) == ["a"])
            orderly.release()
            #expect(folder.names("").contains("a.json"))
        }
        for attempt in 1...3 {
            // Without its end, as after a crash.
            #expect(try spool().poll().items.map(\.id) == ["a"])
            #expect(folder.names("").contains(".taking-\(attempt)-a.json"))
        }
        try folder.write(jsonLine(id: "\"b\""), to: "b.json")
        let last = try spool()
        let (items, problems) = last.poll()
        #expect(items.map(\.id) == ["b"])
        #expect(problems.count == 1 && problems.first?.problem.contains("3 times") == true)
        #expect(folder.names("rejected") == ["a.json", "a.json.reason"])
        last.confirm(refused: ["b": "no room"])
        #expect(folder.names("rejected").contains("b.json"))
        #expect(folder.names("done").isEmpty)
    }

    @Test("S39: a faulty file is rejected whole, with its reasons", arguments: badRecords)
    func faults(_ row: RecordCase) throws {
        let spool = try spool { $0.bytesPerFile = 4 << 20 }
        try folder.write(jsonLine() + "\n" + row.line, to: "bad.jsonl")
        try folder.write(jsonLine(id: "\"good\""), to: "good.json")
        let (items, problems) = spool.poll()
        #expect(items.map(\.id) == ["good"])
        #expect(problems.count == 1)
        #expect(problems.first?.line == 2)
        #expect(folder.names("rejected") == ["bad.jsonl", "bad.jsonl.reason"])
        #expect(folder.text("rejected/bad.jsonl.reason").contains(row.says))
        #expect(spool.poll().problems.isEmpty)
    }

    @Test("S39: oversize, empty and crowded files are rejected")
    func bounds() throws {
        let spool = try spool {
            $0.bytesPerFile = 1000
            $0.itemsPerFile = 2
        }
        try folder.write(String(repeating: " ", count: 1001), to: "large.json")
        try folder.write("[]", to: "none.json")
        try folder.write("", to: "empty.jsonl")
        try folder.write(
            "[" + [jsonLine(), jsonLine(), jsonLine()].joined(separator: ",") + "]",
            to: "many.json")
        let (items, problems) = spool.poll()
        #expect(items.isEmpty)
        let says = problems.map(\.problem)
        #expect(says.count == 4)
        #expect(says[0].contains("no headline"))
        #expect(says[1].contains("larger than 1000 bytes"))
        #expect(says[2].contains("more than 2 headlines"))
        #expect(says[3].contains("no headline"))
        #expect(folder.names("rejected").count == 8)
    }

    private func make(_ name: [UInt8], _ text: String) {
        let path = Array(folder.path.utf8) + [UInt8(ascii: "/")] + name + [0]
        let descriptor = open(path.map(CChar.init(bitPattern:)), O_WRONLY | O_CREAT, 0o640)
        #expect(descriptor >= 0)
        #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
        close(descriptor)
    }

    @Test("S43: a file whose name is not UTF-8 is told of once, and starves no other")
    func strangeNames() throws {
        let spool = try spool { $0.filesPerPoll = 4 }
        for byte in UInt8(0x80)..<0x88 {
            make([byte] + Array(".json".utf8), jsonLine(id: "\"strange\""))
        }
        make([UInt8(ascii: "."), 0xFF] + Array(".json".utf8), "half")
        make([0xFF] + Array(".tmp".utf8), "half")
        for index in 0..<4 {
            try folder.write(jsonLine(id: "\"\(index)\""), to: "f\(index).json")
        }
        let first = spool.poll()
        #expect(first.items.map(\.id) == ["0", "1", "2", "3"])
        #expect(first.problems.count == 4)
        #expect(first.problems.allSatisfy { $0.problem.contains("not UTF-8") })
        spool.confirm()
        #expect(spool.poll().problems.count == 4)
        for _ in 0..<3 { #expect(spool.poll().problems.isEmpty) }
        #expect(folder.names("rejected").isEmpty)
    }

    @Test("S39: a name that leaves no room for what is put before it is rejected, others are taken")
    func longNames() throws {
        let spool = try spool()
        let names = [235, 236, 250].map { String(repeating: "a", count: $0) + ".json" }
        for (index, name) in names.enumerated() {
            try folder.write(jsonLine(id: "\"\(index)\""), to: name)
        }
        let (items, problems) = spool.poll()
        #expect(items.map(\.id) == ["0"])
        #expect(problems.map(\.file) == names.dropFirst().map { "\(folder.path)/\($0)" })
        #expect(problems.allSatisfy { $0.problem.contains("longer than 240 bytes") })
        #expect(folder.names("rejected").count == 4)
        #expect(folder.names("rejected").contains { $0.hasSuffix(".reason") })
        spool.confirm()
        #expect(folder.names("done") == [names[0]])
        #expect(spool.poll().problems.isEmpty)
    }

    @Test("Links, pipes and folders are refused and moved aside, never opened")
    func special() throws {
        let spool = try spool()
        let secret = try folder.write(jsonLine(), to: "secret.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link.json", withDestinationPath: secret)
        #expect(mkfifo(folder.path + "/pipe.json", 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/sub.json", withIntermediateDirectories: false)
        let (items, problems) = spool.poll()
        #expect(items.isEmpty)
        #expect(problems.count == 3)
        #expect(problems.first?.problem.contains("symbolic link") == true)
        #expect(spool.poll().problems.isEmpty)
        #expect(FileManager.default.fileExists(atPath: secret))
    }

    @Test("Files per poll and files kept are bounded; equal names do not overwrite each other")
    func bounded() throws {
        let spool = try spool {
            $0.filesPerPoll = 2
            $0.kept = 3
        }
        for index in 0..<5 {
            try folder.write(jsonLine(id: "\"\(index)\""), to: "f\(index).json")
        }
        var ids: [[String]] = []
        for _ in 0..<4 {
            ids.append(spool.poll().items.map(\.id))
            spool.confirm()
        }
        #expect(ids == [["0", "1"], ["2", "3"], ["4"], []])
        #expect(folder.names("done").count == 3)
        #expect(folder.names("done").last == "f4.json")
        try folder.write(jsonLine(id: "\"again\""), to: "f4.json")
        #expect(spool.poll().items.count == 1)
        spool.confirm()
        #expect(folder.names("done").contains("f4.json~2"))
        for index in 0..<20 {
            try folder.write("x", to: "r\(index).json")
            _ = spool.poll()
        }
        #expect(folder.names("rejected").count <= 6)
    }

    @Test("A folder that is not there is refused")
    func missing() {
        #expect(throws: FeedError.self) { _ = try SpoolFolder(path: folder.path + "/none") }
    }
}
