import Domain
import Foundation
import Primitives
import Testing

@testable import Appliance

/// Each argument is the seed of its cases: a failure names it.
@Suite struct ConfigurationPropertyTests {
    /// Values of every type, near the edges of what keys take.
    static let values = [
        "0", "1", "-1", "2", "100", "1000000", "9223372036854775807", "-9223372036854775808",
        "0.5", "1e-9", "1e300", "inf", "-inf", "nan", "-0.0", "true", "false", "\"\"", "\"none\"",
        "\"max\"", "\"auto\"", "\"0s\"", "\"5m\"", "\"999999999d\"", "[]", "[[]]", "[\"A\"]",
        "[\"replay\"]", "{}", "{A=[\"Ab\"]}", "{\"\"={\"\"=[]}}", "2024-02-30", "2024-02-29",
        "12:00:00", "2024-01-02T00:00:00Z", "\"\\u0000\"", "\"\\uD800\"", "\"é\"", "'''\n'''",
        "\"\"\"\n\"\"\"", "0x7FFFFFFFFFFFFFFF", "\"fixed\"", "\"data\"", "\"replay\"",
    ]

    @Test("S39: no mutation of the shipped file traps", arguments: [1, 2, 3, 4] as [UInt64])
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let text = try String(contentsOfFile: shippedFile, encoding: .utf8)
        let shipped = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0 != "#"
                ? String($0.dropFirst()) : String($0)
        }.filter { !$0.hasPrefix("#") && !$0.isEmpty }
        for _ in 0..<250 {
            var lines = shipped
            for _ in 0...random.below(4) { mutate(&lines, &random) }
            var bytes = Array(lines.joined(separator: "\n").utf8)
            if random.below(3) == 0 { mutate(&bytes, &random) }
            check(bytes)
        }
    }

    /// A loaded one is printed and read again; a refused one says something.
    private func check(_ bytes: [UInt8]) {
        var loader = ConfigurationLoader(main: "m", workingFolder: "/work")
        do {
            loader.take(try ConfigurationSource(name: "m", folder: "/conf", bytes: bytes))
            let configuration = try loader.finish().configuration
            let text = effectiveConfiguration(configuration)
            #expect(try load(text).configuration == configuration, "\(text)")
        } catch let errors as ConfigurationErrors {
            #expect(!errors.problems.isEmpty)
            #expect(errors.problems.allSatisfy { !$0.message.isEmpty && !"\($0)".contains("\n") })
        } catch {
            #expect((error as? ConfigurationProblem)?.message.isEmpty == false)
        }
    }

    private func mutate(_ lines: inout [String], _ random: inout SeededRandom) {
        let at = random.below(lines.count)
        switch random.below(7) {
        case 0: lines.remove(at: at)
        case 1: lines.insert(lines[random.below(lines.count)], at: at)
        case 2: lines.swapAt(at, random.below(lines.count))
        case 3: lines[at] = String(lines[at].dropLast(random.below(5)))
        default:
            let name = lines[at].prefix { $0 != " " && $0 != "=" }
            lines[at] = "\(name) = \(Self.values[random.below(Self.values.count)])"
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        for _ in 0...random.below(4) {
            let at = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.insert(Array("\"'[]{}.=#\\\n\r\0".utf8)[random.below(13)], at: at)
            case 2: bytes.remove(at: at)
            default: bytes.removeLast(min(bytes.count - 1, random.below(400)))
            }
        }
    }

    @Test("S39: no value of any key traps, and what is taken is written back the same")
    func everyValue() throws {
        for key in ConfigurationSchema.keys {
            for value in Self.values {
                check(Array("[\(key.table)]\n\(key.name) = \(value)\n".utf8))
                _ = try? loadConfiguration(path: nil, overrides: ["\(key.path)=\(value)"])
            }
        }
    }

    @Test("S39: text that nests without end is refused before it is parsed")
    func depth() {
        for unit in ["[", "{a=", "a.", "[a.", "\"a\".", "a={b.c.", "x=[{"] {
            for count in [1, 9, 70, 5_000, 100_000] {
                let text = String(repeating: unit, count: count)
                for start in ["", "a = ", "[a]\nb = "] {
                    #expect(!problems(in: start + text).isEmpty)
                }
            }
        }
        let points = "a = { " + String(repeating: "b .", count: 100_000) + "c = 1 }"
        #expect(problems(in: points) == ["1: too many points in one value"])
        let digits = "a = 2" + String(repeating: "_0", count: 70)
        #expect(problems(in: digits) == ["1: is not TOML: a number or word too long"])
    }

    @Test(
        "S39: what would end the process inside the parser is refused before",
        arguments: [
            "[", "[[", "[ ", "[=]", "[[\n]]", "[é]", "a = [}", "a = {]", "a = ]", "a = é",
            "a = [\u{A0}]",
        ])
    func parserTraps(text: String) {
        let found = problems(in: text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("1: is not TOML: ") == true, "\(found)")
    }

    @Test("The line of a key is the line on which it stands")
    func lines() {
        let text = """
            # a comment [not.a.table]
            top = 1
            [a] # [b]
            x = \"\"\"
            y = 1
            [c]
            \"\"\"
            'quoted.key' = [
              1, # ] "
              "]",
            ]
            inline = { k = 1 }
            [ d . "e f" ]
            z.w = '''
            [no]'''
            [[list]]
            v = 1\r
            """
        let scan = TOMLScan(Array(text.utf8))
        #expect(scan.refusal == nil)
        #expect(scan.lines[["top"]] == 2)
        #expect(scan.lines[["a"]] == 3)
        #expect(scan.lines[["a", "x"]] == 4)
        #expect(scan.lines[["a", "y"]] == nil)
        #expect(scan.lines[["c"]] == nil)
        #expect(scan.lines[["a", "quoted.key"]] == 8)
        #expect(scan.lines[["a", "inline"]] == 12)
        #expect(scan.line(of: ["a", "inline", "k"]) == 12)
        #expect(scan.lines[["d", "e f"]] == 13)
        #expect(scan.lines[["d", "e f", "z", "w"]] == 14)
        #expect(scan.lines[["no"]] == nil)
        #expect(scan.lines[["list", "v"]] == 17)
        #expect(scan.line(of: ["nowhere"]) == nil)
    }

    struct Names: Sendable {
        let name: String
        let nearest: String?
    }

    @Test(
        "A misspelt name finds its neighbour, a strange one finds none",
        arguments: [
            Names(name: "symbol", nearest: "symbols"), Names(name: "symbosl", nearest: "symbols"),
            Names(name: "capitol", nearest: "capital"), Names(name: "moda", nearest: "mode"),
            Names(name: "colour", nearest: nil), Names(name: "", nearest: nil),
            Names(name: "x", nearest: nil),
        ])
    func nearest(_ row: Names) {
        let candidates = ["mode", "symbols", "capital", "shorts"]
        #expect(nearestName(to: row.name, among: candidates) == row.nearest)
    }
}
