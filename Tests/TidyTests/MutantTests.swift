import Foundation
import TestSupport
import Testing

@Suite struct MutantTests {
    static let patches = SourceTree.files.filter {
        $0.hasPrefix("Tests/Mutants/") && $0.hasSuffix(".patch")
    }

    @Test("There are enough deliberate bugs, and each has its row in the table")
    func table() {
        #expect(Self.patches.count >= 12)
        let table = SourceTree.text("Tests/Mutants/README.md")
        for patch in Self.patches {
            let name = patch.dropFirst("Tests/Mutants/".count).dropLast(".patch".count)
            let isListed = table.contains("| `\(name)` |")
            #expect(isListed, "\(name) has no row")
        }
    }

    /// A patch applies when the lines that it takes away or leaves stand in its file as it has them.
    @Test("Every deliberate bug still applies", arguments: patches)
    func applies(patch: String) {
        let lines = SourceTree.text(patch).split(separator: "\n", omittingEmptySubsequences: false)
        var file = ""
        var hunk: [Substring] = []
        func check() {
            guard !hunk.isEmpty else { return }
            let found = SourceTree.text(file).contains(hunk.joined(separator: "\n"))
            #expect(found, "\(patch): \(file) has changed at “\(hunk[0])”")
            hunk = []
        }
        for line in lines {
            if line.hasPrefix("--- a/") {
                check()
                file = String(line.dropFirst(6))
            } else if line.hasPrefix("@@") || line.hasPrefix("diff ") {
                check()
            } else if !line.hasPrefix("+"), !file.isEmpty, let first = line.first {
                if first == " " || first == "-" { hunk.append(line.dropFirst()) }
            }
        }
        check()
    }
}
