import Foundation
import Glibc
import TestSupport
import Testing

/// What the installed program says of its configuration, and how it ends.
@Suite struct ProcessConfigTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder(inMemory: true) }

    /// Without the state folder of whoever runs the tests.
    private func run(_ arguments: [String]) throws -> ChildProcess.Outcome {
        try Program.run(arguments)
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    @Test("A09: everything wrong is told at once as file:line: key: message, exit code 78")
    func allAtOnce() throws {
        try folder.write(
            "[risk]\npositions_max = 0\n[mqtt]\nhost = \"broker.lan\"\nport = \"x\"\n"
                + "password = \"hunter2\"\n", to: "a.toml")
        try folder.write("[log]\nlevl = \"debug\"\n", to: "a.toml.d/10.toml")
        let file = folder("a.toml")
        let expected = [
            "\(file):2: risk.positions_max: must be an integer from 1 to 1000 or \"none\", is 0",
            "\(file):5: mqtt.port: must be an integer from 1 to 65535, is \"x\"",
            "\(file):6: mqtt.password: unknown key; mqtt.password_credential says where it is "
                + "kept, never this file",
            "\(file).d/10.toml:2: log.levl: unknown key, perhaps log.level is meant",
            "\(file):4: mqtt.host: broker.lan is not this machine, and without TLS anyone on the "
                + "way reads along: set mqtt.tls = true (and mqtt.port, mostly 8883), or "
                + "mqtt.plain_text_ok = true where the network is trusted",
        ]
        for command in [["check-config"], ["config", "check"], ["config", "show"], ["run"]] {
            let outcome = try run(command + ["--config", file])
            #expect(outcome.status == 78, "\(outcome)")
            #expect(outcome.output.isEmpty, "\(outcome)")
            #expect(
                outcome.errors.split(separator: "\n").map(String.init) == expected, "\(outcome)")
        }
        let json = try run(["check-config", "--json", "--config", file])
        #expect(json.status == 78 && json.errors.isEmpty, "\(json)")
        let result = try object(json.output)
        #expect(result["valid"] as? Bool == false)
        let errors = try #require(result["errors"] as? [[String: Any]])
        #expect(errors.map { $0["line"] as? Int } == [2, 5, 6, 2, 4])
        #expect(errors.map { $0["key"] as? String }.last == "mqtt.host")
        #expect(!json.output.contains("hunter2"))
    }

    @Test("A09, S14: warnings alone end with 0, or with 78 where they are taken as errors")
    func warnings() throws {
        let words = settings(["mqtt.host=broker.lan", "mqtt.plain_text_ok=true"])
        let warning = "warning: --set: mqtt.plain_text_ok: broker.lan is not this machine"
        let mild = try run(["check-config"] + words)
        #expect(mild.status == 0 && mild.errors.hasPrefix(warning), "\(mild)")
        #expect(mild.output.hasSuffix(": valid\n"), "\(mild)")
        let strict = try run(["check-config", "--strict"] + words)
        #expect(strict.status == 78 && strict.errors.hasPrefix(warning), "\(strict)")
        #expect(strict.output.isEmpty, "\(strict)")
        let json = try object(try run(["check-config", "--json"] + words).output)
        #expect(json["valid"] as? Bool == true)
        #expect((json["warnings"] as? [[String: Any]])?.count == 1)
        let refused = try run(["check-config"] + settings(["mqtt.host=broker.lan"]))
        #expect(refused.status == 78, "\(refused)")
        let quiet = try run(["check-config", "--strict"])
        #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet)")
    }

    @Test("A09: config show names the place of every value, and is a configuration itself")
    func show() throws {
        try folder.write("[mqtt]\nbase = \"a\"\n", to: "b.toml")
        try folder.write("[mqtt]\nbase = \"b\"\nid = \"box\"\n", to: "b.toml.d/10.toml")
        let file = folder("b.toml")
        let options = ["--config", file] + settings(["storage.path=\(folder.path)"])
        let changed = try run(["config", "show", "--changed"] + options)
        #expect(changed.status == 0 && changed.errors.isEmpty, "\(changed)")
        #expect(changed.output.contains("\nbase = \"b\"  # \(file).d/10.toml:2\n"), "\(changed)")
        #expect(changed.output.contains("\npath = \"\(folder.path)\"  # --set\n"), "\(changed)")
        #expect(!changed.output.contains("keepalive"), "\(changed)")
        let all = try run(["config", "show", "--effective"] + options)
        #expect(try run(["config"] + options).output == all.output)
        #expect(all.output.contains("\nkeepalive = \"30s\"  # default\n"), "\(all)")
        try folder.write(all.output, to: "c.toml")
        let again = try run(["config", "show", "--json", "--config", folder("c.toml")])
        let keys = try #require(try object(again.output)["keys"] as? [String: [String: Any]])
        #expect(keys["mqtt.base"]?["value"] as? String == "b")
        #expect(keys["mqtt.base"]?["file"] as? String == folder("c.toml"))
        #expect(try run(["config", "show", "--effective", "--changed"]).status == 64)
    }

    @Test("A09: no secret is shown, wherever it is kept")
    func secrets() throws {
        try folder.write("hunter2", to: "credentials/mqtt-password")
        chmod(folder("credentials/mqtt-password"), 0o600)
        let words = settings(["storage.path=\(folder.path)", "mqtt.username=me"])
        for command in [
            ["config", "show"], ["config", "show", "--json"], ["config", "explain", "mqtt"],
        ] {
            let outcome = try run(command + words)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(!outcome.output.contains("hunter2") && !outcome.errors.contains("hunter2"))
        }
    }

    @Test("A09: keys and explain tell default, range, unit and what a reload changes")
    func explain() throws {
        let keys = try run(["config", "keys"])
        #expect(keys.lines.contains("log.level\t\"info\"\treload"), "\(keys)")
        #expect(keys.lines.contains("risk.positions_max\t10\trestart"), "\(keys)")
        let json = try run(["config", "keys", "--json"])
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(list.count == keys.lines.count)
        #expect(list.allSatisfy { $0["help"] is String && $0["expectation"] is String })
        let one = try run(["config", "explain", "mqtt.telemetry_every"])
        for words in [
            "value    \"1m\"  (default)", "default  \"1m\"",
            "must be  a length of time from 1s to 1d",
            "unit     s, m, h or d", "changes  at a reload",
        ] { #expect(one.output.contains(words), "\(one)") }
        let table = try run(["config", "explain", "commands"])
        #expect(table.lines.count { $0.hasPrefix("commands.") } == 3, "\(table)")
        let wrong = try run(["config", "explain", "log.levl"])
        #expect(
            wrong.status == 1 && wrong.errors.contains("perhaps log.level is meant"), "\(wrong)")
    }

    @Test("A09: a file of today is left alone by migrate, one of a newer version is refused")
    func migrate() throws {
        try folder.write("# mine\n[log]\nlevel = \"debug\"\n", to: "d.toml")
        let file = folder("d.toml")
        let outcome = try run(["config", "migrate", "--config", file])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output == "\(file): version 1 is the newest, nothing to do\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["d.toml"])
        try folder.write("config_version = 9\n[future]\n", to: "e.toml")
        for command in [["config", "migrate"], ["check-config"], ["run"]] {
            let newer = try run(command + ["--config", folder("e.toml")])
            #expect(newer.status == 78, "\(newer)")
            #expect(
                newer.errors.hasPrefix(
                    "\(folder("e.toml")):1: config_version: the file is of version 9"), "\(newer)")
            #expect(newer.errors.split(separator: "\n").count == 1, "\(newer)")
        }
        #expect(try run(["config", "migrate", "--config", folder("no.toml")]).status == 78)
    }
}
