import Domain
import Foundation
import News
import Risk
import Testing

@testable import Appliance

@Suite struct ConfigurationFileTests {
    let folder: ConfigurationFolder

    init() throws { folder = try ConfigurationFolder() }

    /// The single problem of loading `path`, without the path.
    private func problem(_ path: String) -> String? {
        do {
            _ = try loadConfiguration(path: path)
            return nil
        } catch {
            #expect(error.problems.count == 1)
            #expect(error.problems.first?.file == path)
            return error.description.replacingOccurrences(of: path + ":", with: "")
        }
    }

    @Test("S39: a file that cannot be taken says why")
    func unusable() throws {
        #expect(problem(folder.path + "/none.toml") == " there is no such file")
        #expect(problem(folder.path) == " is a folder, not a file")
        let file = try folder.write("", to: "empty.toml")
        #expect(problem(file) == nil)
        #expect(problem(file + "/x.toml")?.contains("cannot be read") == true)
        let latin = try folder.write(Data([0x23, 0x0A, 0x23, 0xE9, 0x0A]), to: "latin.toml")
        #expect(problem(latin) == "2: is not UTF-8 text")
        let zero = try folder.write(Data([0x23, 0x0A, 0x0A, 0x00]), to: "zero.toml")
        #expect(problem(zero) == "3: holds a zero byte")
        let broken = try folder.write("[risk]\n\npositions_max = = 3\n", to: "broken.toml")
        #expect(problem(broken)?.hasPrefix("3: is not TOML: ") == true)
    }

    @Test("S39: a file above one MiB is refused, one of exactly that size is read")
    func oversize() throws {
        let line = Data("# ".utf8) + Data(repeating: 0x2D, count: 1021) + Data("\n".utf8)
        let exact = Data((0..<1024).map { _ in line }.joined())
        #expect(exact.count == 1 << 20)
        #expect(problem(try folder.write(exact, to: "exact.toml")) == nil)
        let over = try folder.write(exact + Data("\n".utf8), to: "over.toml")
        #expect(problem(over)?.contains("is larger than 1048576 bytes") == true)
    }

    @Test("S39: a file that this user may not read is refused", .enabled(if: geteuid() != 0))
    func forbidden() throws {
        let file = try folder.write("", to: "secret.toml")
        chmod(file, 0)
        #expect(problem(file) == " may not be read by this user")
    }

    @Test("A09: drop-ins are read after the file, by name, and win key by key")
    func dropIns() throws {
        let file = try folder.write(
            """
            [risk]
            positions_max = 1
            orders_per_day_max = 7
            [news.aliases]
            AAPL = ["Apple"]
            MSFT = ["Soft"]
            """)
        try folder.write("[risk]\npositions_max = 3", to: "test.toml.d/20-b.toml")
        try folder.write(
            "[risk]\npositions_max = 2\n[news.aliases]\nMSFT = [\"Microsoft\"]\n[news]\nspool = \"in\"",
            to: "test.toml.d/10-a.toml")
        try folder.write("not toml", to: "test.toml.d/readme.txt")
        try folder.write("not toml", to: "test.toml.d/.hidden.toml")
        let loaded = try loadConfiguration(path: file)
        #expect(loaded.configuration.risk.positionsMax == 3)
        #expect(loaded.configuration.risk.ordersPerDayMax == 7)
        #expect(loaded.configuration.news.spool == folder.path + "/in")
        let aliases = loaded.configuration.news.admission.aliases
        #expect(
            Set(aliases.map { "\($0.key) \($0.value)" }) == [
                "AAPL [\"Apple\"]", "MSFT [\"Microsoft\"]",
            ])
        #expect(loaded.files == [file, file + ".d/10-a.toml", file + ".d/20-b.toml"])
    }

    @Test("A09: a problem in a drop-in names the drop-in, beside those of the file")
    func dropInProblems() throws {
        let file = try folder.write("[risk]\npositions_max = 0")
        try folder.write("\n[risk]\ncash_only = 1", to: "test.toml.d/10-a.toml")
        try folder.write("[risk", to: "test.toml.d/20-b.toml")
        do {
            _ = try loadConfiguration(path: file)
            Issue.record("was loaded")
        } catch {
            #expect(
                error.problems.map(\.file) == [
                    file, file + ".d/10-a.toml", file + ".d/20-b.toml",
                ])
            #expect(error.problems.map(\.line) == [2, 3, 1])
        }
    }

    @Test("A09: drop-ins are read in the order of their bytes, whatever the locale")
    func dropInOrder() throws {
        let file = try folder.write("")
        for name in ["b", "B", "a", "é", "10", "9", "_", "a-b", "a.b"] {
            try folder.write("", to: "test.toml.d/\(name).toml")
        }
        let names = try loadConfiguration(path: file).files.dropFirst().map {
            $0.split(separator: "/").last.map { $0.dropLast(5) } ?? ""
        }
        #expect(names == ["10", "9", "B", "_", "a-b", "a.b", "a", "b", "é"])
    }

    @Test("S39: drop-ins that cannot be read are told, not passed over")
    func dropInFolder() throws {
        let file = try folder.write("[risk]\npositions_max = 0")
        try folder.write("", to: "test.toml.d")
        let error = #expect(throws: ConfigurationErrors.self) {
            _ = try loadConfiguration(path: file)
        }
        #expect(
            error?.problems.map(\.message).last == "is a file, not a folder of drop-ins")
        #expect(error?.problems.map(\.file) == [file, file + ".d"])
    }

    @Test("A relative path to the file counts from the working folder")
    func relative() throws {
        try folder.write("[storage]\npath = \"db\"", to: "sub/x.toml")
        let loaded = try loadConfiguration(path: "sub/x.toml", workingFolder: folder.path)
        #expect(loaded.configuration.storage.path == folder.path + "/sub/db")
    }

    struct Override: CustomTestStringConvertible, Sendable {
        let word: String
        /// The key's value as TOML, or a part of the problem.
        let key: String
        let shown: String
        var testDescription: String { word }

        init(_ word: String, _ key: String, _ shown: String) {
            self.word = word
            self.key = key
            self.shown = shown
        }
    }

    @Test(
        "S39: overrides take TOML values, bare words and bare lists",
        arguments: [
            Override("risk.positions_max=5", "risk.positions_max", "5"),
            Override(" risk.positions_max = 5 ", "risk.positions_max", "5"),
            Override("risk.positions_max=none", "risk.positions_max", "\"none\""),
            Override("risk.cooldown=5m", "risk.cooldown", "\"5m\""),
            Override("risk.cooldown='5m'", "risk.cooldown", "\"5m\""),
            Override("market.start=2021-04-20", "market.start", "2021-04-20"),
            Override("news.spool=2021", "news.spool", "\"/somewhere/2021\""),
            Override(
                "market.bars=a.csv,/b.csv", "market.bars", "[\"/somewhere/a.csv\", \"/b.csv\"]"),
            Override("market.bars=[\"a=b.csv\"]", "market.bars", "[\"/somewhere/a=b.csv\"]"),
            Override("trading.symbols=AAPL, MSFT", "trading.symbols", "[\"AAPL\", \"MSFT\"]"),
            Override("trading.symbols=", "trading.symbols", "[]"),
            Override(
                "news.aliases.BRK.B=Berkshire", "news.aliases", "{ \"BRK.B\" = [\"Berkshire\"] }"),
            Override("news.aliases={A=[\"Agilent\"]}", "news.aliases", "{ A = [\"Agilent\"] }"),
            Override("risk.positions_max=ten", "", "is \"ten\""),
            Override("risk.positions_max=", "", "is \"\""),
            Override("risk.positions_max=5\n[log]", "", "is \"5\\n[log]\""),
            Override("risk.positions_maks=5", "", "risk.positions_max is meant"),
            Override("risk=5", "", "is a table"), Override("=5", "", "unknown key"),
            Override("5", "", "not of the form"), Override("", "", "not of the form"),
            Override("trading.symbols=[a]", "", "symbols"),
            Override("trading.symbols=a,b", "", "\"a\" is not a symbol"),
        ])
    func overridden(_ row: Override) throws {
        do {
            let loaded = try loadConfiguration(
                path: nil, overrides: [row.word], workingFolder: "/somewhere")
            let key = try #require(ConfigurationSchema.byPath[row.key])
            #expect(key.show(loaded.configuration) == row.shown)
        } catch let error as ConfigurationErrors {
            #expect(row.key.isEmpty, "\(error)")
            #expect("\(error)".contains(row.shown), "\(error)")
        }
    }

    @Test("Files of the command line make a replay of any configuration")
    func replay() throws {
        let bars = try loadConfiguration(path: nil, bars: ["b.csv"], workingFolder: "/w")
            .configuration
        #expect(bars.market.kind == .replay)
        #expect(bars.market.bars == ["/w/b.csv"])
        #expect(bars.news.sources.isEmpty)
        let both = try loadConfiguration(
            path: nil, bars: ["b.csv"], news: ["n.jsonl"], workingFolder: "/w"
        ).configuration
        #expect(both.news.sources == [.replay])
        #expect(both.news.paths == ["/w/n.jsonl"])
    }

    struct StateCase: Sendable, CustomTestStringConvertible {
        let name: String
        var set: [String] = []
        var environment = ["HOME": "/u/a"]
        var isAllowed = false
        let store: String
        let spool: String
        var speaks = false
        var testDescription: String { name }
    }

    @Test(
        "The store of a user without rights is in the user's own folder",
        arguments: [
            StateCase(
                name: "allowed", isAllowed: true, store: "/var/lib/bellwether",
                spool: "/var/lib/bellwether/spool"),
            StateCase(
                name: "home", store: "/u/a/.local/state/bellwether",
                spool: "/u/a/.local/state/bellwether/spool", speaks: true),
            StateCase(
                name: "XDG", environment: ["HOME": "/u/a", "XDG_STATE_HOME": "/s"],
                store: "/s/bellwether", spool: "/s/bellwether/spool", speaks: true),
            StateCase(
                name: "a relative path is ignored",
                environment: ["HOME": "/u/a", "XDG_STATE_HOME": "s"],
                store: "/u/a/.local/state/bellwether",
                spool: "/u/a/.local/state/bellwether/spool", speaks: true),
            StateCase(
                name: "no home", environment: [:], store: "/var/lib/bellwether",
                spool: "/var/lib/bellwether/spool"),
            StateCase(
                name: "the store is configured", set: ["storage.path=/var/lib/bellwether"],
                store: "/var/lib/bellwether", spool: "/u/a/.local/state/bellwether/spool"),
            StateCase(
                name: "the spool is configured", set: ["news.spool=/spool"],
                store: "/u/a/.local/state/bellwether", spool: "/spool", speaks: true),
        ])
    func stateFolder(_ row: StateCase) throws {
        var loaded = try loadConfiguration(path: nil, overrides: row.set)
        let said = loaded.moveStateHome(environment: row.environment) { path in
            #expect(path == "/var/lib/bellwether")
            return row.isAllowed
        }
        #expect(loaded.configuration.storage.path == row.store)
        #expect(loaded.configuration.news.spool == row.spool)
        #expect((said != nil) == row.speaks)
        if let said { #expect(said.contains(row.store)) }
    }
}
