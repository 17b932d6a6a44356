import Foundation
import TestSupport
import Testing

/// The manual pages against the program that they describe.
@Suite struct ManualTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("man")

    static let pages = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .sorted()

    /// Where the commands are described, by the first word of the command line.
    static let groups: [String: String] = [
        "run": "bellwether.8",
        "ctl": "bellwether-ctl.1", "status": "bellwether-ctl.1", "reconcile": "bellwether-ctl.1",
        "report": "bellwether-report.1", "explain": "bellwether-report.1",
        "backtest": "bellwether-backtest.1", "score": "bellwether-backtest.1",
        "calendar": "bellwether-backtest.1",
        "backup": "bellwether-store.1", "restore": "bellwether-store.1",
        "doctor": "bellwether-store.1",
        "check-config": "bellwether-config.1", "config": "bellwether-config.1",
        "simulate": "bellwether-simulate.1", "bench": "bellwether-simulate.1",
        "version": "bellwether.1", "help": "bellwether.1",
    ]

    /// Described once, in bellwether(1), for all.
    static let common: Set<String> = ["config", "set", "version", "help"]

    struct CommandLine {
        let words: [String]
        let options: [String]
    }

    static func text(_ page: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(page), encoding: .utf8)
    }

    /// Every command that does something, with its long options, as the program itself tells.
    static func commands() throws -> [CommandLine] {
        let outcome = try Program.run(["--experimental-dump-help"])
        let tree = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let root = try #require((tree as? [String: Any])?["command"] as? [String: Any])
        var found: [CommandLine] = []
        func walk(_ command: [String: Any], _ words: [String]) {
            if command["shouldDisplay"] as? Bool == false { return }
            let inner = command["subcommands"] as? [[String: Any]] ?? []
            for one in inner { walk(one, words + [one["commandName"] as? String ?? ""]) }
            let options = (command["arguments"] as? [[String: Any]] ?? []).filter {
                $0["shouldDisplay"] as? Bool != false
            }.flatMap { $0["names"] as? [[String: Any]] ?? [] }.compactMap { name in
                name["kind"] as? String == "long" ? name["name"] as? String : nil
            }
            // A group of commands counts where it has options of its own.
            if inner.isEmpty || words == ["ctl"] {
                found.append(CommandLine(words: words, options: options))
            }
        }
        walk(root, [])
        return found
    }

    @Test("A10: the pages hold every command with every option, and no other")
    func commandsAndOptions() throws {
        var described: [String: Set<String>] = [:]
        for command in try Self.commands() {
            let name = command.words.joined(separator: " ")
            let page = try #require(
                Self.groups[command.words[0]], "no page is known for bellwether \(name)")
            let text = try Self.text(page)
            #expect(
                text.contains(".Nm bellwether \(name)\n") || text.contains(".It Cm \(name)\n")
                    || text.contains(".It Cm \(command.words.last ?? "")\n")
                    || text.contains(".Ss \(name)\n") || command.words.count == 1,
                "\(page) lacks bellwether \(name)")
            for option in command.options where !Self.common.contains(option) {
                #expect(
                    text.contains("Fl -\(option)\n") || text.contains("Fl -\(option) "),
                    "\(page) lacks --\(option) of bellwether \(name)")
                described[page, default: []].insert(option)
            }
        }
        for (page, options) in described {
            let items = try Self.text(page).split(separator: "\n").filter {
                $0.hasPrefix(".It Fl -")
            }
            for item in items {
                let option = item.dropFirst(".It Fl -".count).prefix { $0 != " " }
                #expect(
                    options.contains(String(option)) || Self.common.contains(String(option)),
                    "\(page) describes --\(option), which no command has")
            }
        }
    }

    @Test("A09, A10: bellwether.toml(5) is what the table of keys makes it")
    func configuration() throws {
        let made = try Program.run(["config", "manual"])
        let isSame = try made.output == Self.text("bellwether.toml.5")
        #expect(
            isSame, "bellwether config manual > man/bellwether.toml.5 brings the page up to date")
    }

    @Test("A04, A10: the example of every message is one that its schema allows")
    func messages() throws {
        let page = try Self.text("bellwether-mqtt.7")
        let examples = page.matches(
            of: /\.It Pa ([\w\/]+).*\n(?:(?!\.It)[^\n]*\n)*?\.Bd -literal\n((?:(?!\.Ed)[^\n]*\n)+)/)
        let names = examples.map { String($0.output.1) }
        #expect(
            names == [
                "state", "portfolio", "positions", "weights", "event/signal", "event/trade",
                "event/alert", "event/reconciliation", "telemetry",
            ])
        for example in examples {
            let name = String(example.output.1.replacing("/", with: "-"))
            let problems = try ShippedSchema.named(name).problems(String(example.output.2))
            #expect(problems.isEmpty, "\(name): \(problems)")
        }
    }

    @Test("A10: the pages name each other rightly", arguments: pages)
    func references(page: String) throws {
        for line in try Self.text(page).split(separator: "\n")
        where line.hasPrefix(".Xr bellwether") {
            let words = line.split(separator: " ")
            #expect(Self.pages.contains("\(words[1]).\(words[2])"), "\(page): \(line)")
        }
    }

    @Test(
        "A10: the pages are flawless to mandoc and fit a terminal of 80 columns",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/mandoc")),
        arguments: pages)
    func lint(page: String) throws {
        let path = Self.folder.appendingPathComponent(page).path
        let lint = try ChildProcess(
            "/usr/bin/mandoc", ["-Tlint", "-W", "warning", path]
        ).wait()
        #expect(lint.status == 0, "\(lint)")
        let shown = try ChildProcess(
            "/usr/bin/mandoc", ["-Tascii", "-O", "width=80", path]
        ).wait()
        for line in shown.lines {
            // Bold and underlined letters are written as letter, backspace, letter.
            let columns = line.count - 2 * line.count { $0 == "\u{8}" }
            #expect(columns <= 80, "\(page): \(line)")
        }
    }
}
