import Foundation
import Testing

/// `Tests/README.md` lists what the daemon guarantees and the tests that show it.
@Suite struct RequirementsTests {
    struct Row {
        let id: String
        let guarantee: String
        let files: [String]
    }

    /// The rows of the table under the heading that starts with `heading`.
    private static func rows(under heading: String) -> [Row] {
        var inside = false
        var rows: [Row] = []
        for line in SourceTree.text("Tests/README.md").split(separator: "\n") {
            if line.hasPrefix("#") {
                inside = line.drop { $0 == "#" || $0 == " " }.hasPrefix(heading)
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard inside, cells.count >= 4, cells[1].wholeMatch(of: /[SA]\d\d/) != nil else {
                continue
            }
            let files = cells[3].split(separator: ",").map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            }
            rows.append(Row(id: cells[1], guarantee: cells[2], files: files))
        }
        return rows
    }

    static let held = rows(under: "Held")
    static let waiting = rows(under: "Not yet")

    /// The ids cited by the display names of the tests in each file, by path below `Tests`.
    static let cited: [String: Set<String>] = {
        var cited: [String: Set<String>] = [:]
        for path in SourceTree.files where path.hasPrefix("Tests/") && path.hasSuffix(".swift") {
            let names = SourceTree.text(path).matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"/)
            let ids = names.flatMap { name in
                name.output.1.matches(of: /\b[SA]\d\d\b/).map { String($0.output) }
            }
            if !ids.isEmpty { cited[String(path.dropFirst("Tests/".count))] = Set(ids) }
        }
        return cited
    }()

    @Test("The list of guarantees names each row once")
    func unique() {
        let ids = (Self.held + Self.waiting).map(\.id)
        #expect(Set(ids).count == ids.count)
        func numbered(_ letter: String, upTo last: Int) -> [String] {
            (1...last).map { "\(letter)\($0 < 10 ? "0" : "")\($0)" }
        }
        let expected = numbered("S", upTo: 44) + numbered("A", upTo: 14)
        #expect(Set(ids) == Set(expected))
        #expect((Self.held + Self.waiting).allSatisfy { !$0.guarantee.isEmpty })
    }

    @Test("A guarantee that is called held is cited by a test in each file it names")
    func held() {
        for row in Self.held {
            #expect(!row.files.isEmpty, "\(row.id) names no test")
            for file in row.files {
                #expect(
                    Self.cited[file]?.contains(row.id) == true, "\(row.id): not cited in \(file)")
            }
        }
    }

    @Test("A guarantee cited by a test stands in the list")
    func listed() {
        let held = Set(Self.held.map(\.id))
        for (file, ids) in Self.cited.sorted(by: { $0.key < $1.key }) {
            let missing = ids.subtracting(held).sorted()
            #expect(missing.isEmpty, "\(file) cites \(missing), which the list does not hold")
        }
    }
}
