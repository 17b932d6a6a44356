import Domain
import Foundation
import Primitives
import Testing

@testable import Appliance

@Suite struct ConfigurationListingTests {
    let folder: ConfigurationFolder

    init() throws { folder = try ConfigurationFolder() }

    private func sample() throws -> (file: String, loaded: LoadedConfiguration) {
        let file = try folder.write(
            """
            [risk]
            positions_max = 4

            cooldown = "30m"
            [news.aliases]
            AAPL = ["Apple"]
            """)
        try folder.write("\n[risk]\npositions_max = 5", to: "test.toml.d/10-a.toml")
        try folder.write("[mqtt]\nid = \"box\"", to: "test.toml.d/9-z.toml")
        let loaded = try loadConfiguration(
            path: file, overrides: ["log.level=debug"], bars: ["b.csv"], workingFolder: "/w")
        return (file, loaded)
    }

    @Test("A09: every value knows the file and line that gave it, the last one counts")
    func origins() throws {
        let (file, loaded) = try sample()
        #expect(
            loaded.origins.mapValues(\.description) == [
                "risk.positions_max": file + ".d/10-a.toml:3",
                "risk.cooldown": file + ":4", "news.aliases": file + ":5",
                "mqtt.id": file + ".d/9-z.toml:2", "log.level": "--set", "market.bars": "--bars",
                "market.kind": "--bars", "news.sources": "--bars",
            ])
        #expect(loaded.keysSet == Set(loaded.origins.keys))
    }

    @Test("A09: the listing names each value's place and gives itself when read again")
    func text() throws {
        let (file, loaded) = try sample()
        let text = ConfigurationListing(loaded, onlyChanged: false).text
        #expect(try load(text).configuration == loaded.configuration)
        #expect(text.contains("\npositions_max = 5  # \(file).d/10-a.toml:3\n"))
        #expect(text.contains("\ncooldown = \"30m\"  # \(file):4\n"))
        #expect(text.contains("\nlevel = \"debug\"  # --set\n"))
        let values = text.split(separator: "\n").filter { $0.contains("  # ") }
        #expect(values.count == ConfigurationSchema.keys.count)
        #expect(values.count { $0.hasSuffix("# default") } == values.count - loaded.origins.count)
    }

    @Test("A09: only what differs from the default is listed as changed, also as JSON")
    func changed() throws {
        let (file, loaded) = try sample()
        let listing = ConfigurationListing(loaded, onlyChanged: true)
        // The cooldown is set to its default.
        #expect(
            listing.keys.map(\.path) == [
                "market.kind", "market.bars", "news.sources", "news.aliases", "risk.positions_max",
                "mqtt.id", "log.level",
            ])
        let json = listing.json.compact
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let keys = try #require(object["keys"] as? [String: [String: Any]])
        #expect(keys.count == 7)
        #expect(keys["risk.positions_max"]?["value"] as? Int == 5)
        #expect(keys["risk.positions_max"]?["file"] as? String == file + ".d/10-a.toml")
        #expect(keys["risk.positions_max"]?["line"] as? Int == 3)
        #expect(keys["news.aliases"]?["value"] as? [String: [String]] == ["AAPL": ["Apple"]])
        #expect(keys["log.level"]?["line"] is NSNull)
        #expect((object["files"] as? [String])?.count == 3)
    }

    @Test("A place with strange bytes in its name stays one line of comment")
    func strangeFile() throws {
        let file = try folder.write("[log]\nlevel = \"debug\"", to: "a\n[x]\n.toml")
        let loaded = try loadConfiguration(path: file)
        let text = ConfigurationListing(loaded, onlyChanged: true).text
        #expect(try load(text).configuration == loaded.configuration)
    }

    @Test("A09: every key is explained with its default, what it may be, and when it changes")
    func explained() throws {
        for key in ConfigurationSchema.keys {
            let text = key.explained(nil)
            #expect(text.hasPrefix("\(key.path)\n  \(key.help)\n\n"))
            #expect(text.contains("\n  default  \(key.defaultText)\n"))
            #expect(text.contains("\n  must be  \(key.expectation)\n"))
            #expect(
                text.hasSuffix(
                    "  changes  "
                        + (key.isReloaded ? "at a reload\n" : "from the next start\n")))
        }
        let (file, loaded) = try sample()
        let key = try ConfigurationSchema.key("risk.cooldown")
        #expect(key.explained(loaded).contains("  value    \"30m\"  (\(file):4)\n"))
        #expect(key.explained(loaded).contains("  limit    \"none\" is for backtests only\n"))
    }

    @Test("S39: a name that is no key is answered with the nearest one")
    func unknown() {
        let error = #expect(throws: ConfigurationProblem.self) {
            _ = try ConfigurationSchema.key("log.levl")
        }
        #expect(error?.message.contains("perhaps log.level is meant") == true)
        let table = #expect(throws: ConfigurationProblem.self) {
            _ = try ConfigurationSchema.key("strategies")
        }
        #expect(table?.message.contains("is a table") == true)
    }
}
