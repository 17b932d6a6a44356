import Testing

/// The checks themselves: each finds what it looks for, and only that.
@Suite struct CheckerTests {
    @Test("Comments and literals are no code")
    func stripping() {
        let file = SwiftFile(
            path: "a.swift",
            text: """
                let a = 1 // Date()
                /* await /* nested */ Task */ let b = "UUID() \\" await"
                let c = \"\"\"
                    await "quoted" Task
                    \"\"\"; let d = 2
                """)
        #expect(file.code[0] == "let a = 1 ")
        #expect(file.code[1] == " let b = ")
        #expect(file.code[2] == "let c = ")
        #expect(file.code[3] == "")
        #expect(file.code[4] == "; let d = 2")
    }

    @Test("Every form of import is read")
    func imports() {
        let file = SwiftFile(
            path: "a.swift",
            text: """
                import Domain
                package import Primitives
                @testable import Risk
                @preconcurrency public import Foundation
                import struct Engine.Limits
                // import Hidden
                let text = "import Quoted"
                """)
        #expect(file.imports == ["Domain", "Primitives", "Risk", "Foundation", "Engine"])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let code: String
        let banned: Bool
        var testDescription: String { code }
    }

    @Test(
        "A11: the ban finds clocks, chance, tasks and hash seeds",
        arguments: [
            Row(code: "let now = Date()", banned: true),
            Row(code: "let now = Date.now", banned: true),
            Row(code: "let day: CivilDate = CivilDate(daysSinceEpoch: 1)", banned: false),
            Row(code: "let clock = ContinuousClock()", banned: true),
            Row(code: "await store.flush()", banned: true),
            Row(code: "Task { }", banned: true),
            Row(code: "let id = UUID().uuidString", banned: true),
            Row(code: "let x = Int.random(in: 0..<5)", banned: true),
            Row(code: "let x = Int.random(in: 0..<5, using: &random)", banned: false),
            Row(code: "let x = list.shuffled()", banned: true),
            Row(code: "let x = list.shuffled(using: &random)", banned: false),
            Row(code: "let x = symbol.hashValue", banned: true),
            Row(code: "func hash(into hasher: inout Hasher) {", banned: false),
            Row(code: "import Foundation", banned: true),
            Row(code: "package import Dispatch", banned: true),
            Row(code: "// Date() is banned here", banned: false),
        ])
    func bans(row: Row) throws {
        let file = SwiftFile(path: "a.swift", text: row.code)
        let found = try DeterminismTests.bans.contains {
            !file.places(of: try Regex($0.pattern)).isEmpty
        }
        #expect(found == row.banned)
    }

    @Test("The reason for an unordered loop may stand on the line or right above it")
    func reasons() {
        let file = SwiftFile(
            path: "a.swift",
            text: """
                // A sum: the order does not matter.
                // It is exact.
                for (key, value) in table {}
                for (key, value) in table {}
                """)
        #expect(file.saysWhy(before: 2, word: "order"))
        #expect(!file.saysWhy(before: 3, word: "order"))
    }

    @Test("The rules leave out no stage and let none see the others, but for Execution")
    func rules() throws {
        for stage in ImportRules.stages {
            let rule = try #require(ImportRules.targets.first { $0.name == stage })
            let others = rule.allowed.intersection(ImportRules.stages)
            #expect(others == (stage == "Execution" ? ["Risk"] : []))
            #expect(rule.allowed.isDisjoint(with: ImportRules.system))
        }
    }
}
