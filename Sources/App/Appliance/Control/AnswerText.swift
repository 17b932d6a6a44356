import Domain
import Host
import Primitives

// Answers of the daemon as people read them. They come as JSON, also from a newer daemon: what is
// not there is left out.

/// The answer to a command.
package func answerText(_ answer: ControlAnswer, colour: Bool) -> String {
    let data = Fields(answer.data)
    var sheet = TextSheet(width: 100, colour: colour)
    sheet.line(Humane.plain(answer.message))
    var facts: [(name: String, text: String)] = []
    if let mode = data.text("mode") { facts.append(("mode", mode)) }
    facts += data.list("holds").map { ("hold", holdText($0)) }
    let bare = data.words("unprotected")
    if !bare.isEmpty { facts.append(("unprotected", bare.joined(separator: ", "))) }
    if let figures = data.object("figures") {
        facts += figures.names.map { ($0, figures.text($0) ?? Humane.none) }
    }
    if let token = data.text("token") { facts.append(("token", token)) }
    if let run = data.object("reconciliation") {
        facts.append(("compared", reconciliationHead(run)))
    }
    sheet.facts(facts)
    if let run = data.object("reconciliation") { reconciliationTable(run, &sheet) }
    return sheet.text
}

package func flattenToken(_ answer: ControlAnswer) -> String? { Fields(answer.data).text("token") }

/// Nil where the answer names none.
package func failure(_ answer: ControlAnswer) -> FailureClass? {
    Fields(answer.data).text("failure").flatMap { FailureClass(rawValue: $0) }
}

package func isProblem(_ answer: ControlAnswer) -> Bool {
    Fields(answer.data).flag("problem") ?? false
}

/// False where the comparison found what it could not set right, or did not come about.
package func reconciliationMatches(_ answer: ControlAnswer) -> Bool {
    let verdict = Fields(answer.data).object("reconciliation")?.text("verdict")
    return verdict == "matches" || verdict == "repaired"
}

private func holdText(_ hold: Fields) -> String {
    let why = hold.text("why").map { $0.isEmpty ? "" : ": \($0)" } ?? ""
    return "\(hold.text("id") ?? "?") \(hold.text("mode") ?? "?") (\(hold.text("cause") ?? "?")) "
        + "by \(hold.text("by") ?? "?") since \(hold.time("since") ?? "?")"
        + (hold.time("until").map { " until \($0)" } ?? "") + why
}

private func reconciliationHead(_ run: Fields) -> String {
    "\(run.text("verdict") ?? "?") at \(run.time("at") ?? "?"): \(run.integer("orders") ?? 0) orders, "
        + "\(run.integer("fills") ?? 0) fills, \(run.integer("positions") ?? 0) positions, cash "
        + "\(run.text("cash_books") ?? "?") here, \(run.text("cash_broker") ?? "unknown") there"
}

private func reconciliationTable(_ run: Fields, _ sheet: inout TextSheet) {
    let lines = run.list("lines")
    if lines.isEmpty { return }
    sheet.line()
    sheet.table(
        [
            TextColumn("what", .left), TextColumn("which", .left), TextColumn("books", .left),
            TextColumn("broker", .left), TextColumn("outcome", .left),
        ],
        lines.map { line in
            let outcome = line.text("outcome") ?? ""
            return ["kind", "subject", "books", "broker"].map { TextCell(line.text($0) ?? "") }
                + [TextCell(outcome, outcome == "unexplained" ? .loss : .plain)]
        })
}

/// What a query brought.
package func dataText(_ answer: ControlAnswer, verb: String, colour: Bool) -> String {
    var sheet = TextSheet(width: 100, colour: colour)
    let data = Fields(answer.data)
    switch verb {
    case "positions": positions(data, &sheet)
    case "limits": limits(data, &sheet)
    case "report":
        let summary = data.object("summary")
        sheet.facts(
            (summary?.names ?? []).map { name in
                (ReportFigures.name(name), summary?.object(name)?.shown("value") ?? Humane.none)
            })
    case "weights":
        sheet.line(
            "version \(data.integer("version") ?? 0)"
                + (data.flag("frozen") == true ? ", frozen" : ""))
        let weights = data.object("weights")
        sheet.facts(
            (weights?.names ?? []).map {
                ($0, weights?.number($0).map { Humane.percent($0) } ?? Humane.none)
            })
    default: status(data, &sheet)
    }
    return sheet.text
}

private func limits(_ data: Fields, _ sheet: inout TextSheet) {
    let limits = data.object("limits")
    sheet.facts(
        (limits?.names ?? []).map { name in
            let limit = limits?.object(name)
            let value = limit?.shown("value") ?? "none"
            return (name, value + (limit?.flag("lowered") == true ? ", lowered by command" : ""))
        })
}

private func positions(_ data: Fields, _ sheet: inout TextSheet) {
    let positions = data.list("positions")
    if positions.isEmpty {
        sheet.line("no positions")
        return
    }
    sheet.table(
        [
            TextColumn("symbol", .left), TextColumn("side", .left), TextColumn("quantity"),
            TextColumn("paid"), TextColumn("mark"), TextColumn("value"), TextColumn("gain"),
            TextColumn("stop", .left), TextColumn("since", .left),
        ],
        positions.map { position in
            let gain = position.money("unrealized")
            let isBare = position.flag("protected") == false
            return [
                TextCell(position.text("symbol") ?? ""), TextCell(position.text("side") ?? ""),
                TextCell(position.text("quantity") ?? ""),
                TextCell(position.money("average_price") ?? Humane.none),
                TextCell(position.money("mark") ?? Humane.none),
                TextCell(position.money("value") ?? Humane.none),
                TextCell(gain ?? Humane.none, gain?.hasPrefix("-") == true ? .loss : .gain),
                TextCell(isBare ? "none" : "yes", isBare ? .loss : .plain),
                TextCell(position.time("opened_at") ?? ""),
            ]
        })
}

private func status(_ data: Fields, _ sheet: inout TextSheet) {
    let mode = data.text("mode") ?? "?"
    let isProblem = data.flag("problem") ?? false
    let state = data.flag("running") == false ? "not running, mode \(mode)" : mode
    sheet.line(
        sheet.bold("Bellwether \(data.object("versions")?.text("bellwether") ?? "")") + "  "
            + sheet.toned(
                state + (isProblem ? ", needs attention" : ""),
                isProblem ? .loss : mode == "active" ? .gain : .plain))
    var facts = data.list("holds").map { (name: "hold", text: holdText($0)) }
    if let run = data.object("run") {
        facts.append(
            (
                "trades",
                "a \(run.text("market") ?? "?") market, news "
                    + (run.words("news").isEmpty
                        ? "none" : run.words("news").joined(separator: ", "))
                    + ", broker \(run.text("broker") ?? "?")"
            ))
    }
    if let id = data.text("id") { facts.append(("id", "\(id), in MQTT topics")) }
    if let session = data.object("session") {
        let word = session.flag("open") == true ? "open, closes" : "closed, opens"
        facts.append(
            (
                "session",
                (session.time("next_change").map { "\(word) \($0)" } ?? "not begun")
                    + (data.time("market_time").map { "; market time \($0)" } ?? "")
            ))
    }
    if let account = data.object("account") {
        facts.append(
            (
                "account",
                "equity \(account.money("equity") ?? "?"), cash \(account.money("cash") ?? "?"), "
                    + "\(account.integer("positions") ?? 0) positions worth "
                    + "\(account.money("exposure") ?? "?"), \(account.integer("orders") ?? 0) orders"
            ))
        if let unknown = account.integer("orders_unknown"), unknown > 0 {
            facts.append(("unknown", "\(unknown) orders of which nobody knows what became"))
        }
    }
    let bare = data.words("unprotected")
    if !bare.isEmpty { facts.append(("unprotected", bare.joined(separator: ", "))) }
    if let run = data.object("reconciliation") {
        facts.append(
            (
                "compared",
                "\(run.text("verdict") ?? "?") at \(run.time("at") ?? "?"), "
                    + "\(run.integer("lines") ?? 0) lines"
            ))
    }
    if let journal = data.object("journal") {
        facts.append(
            (
                "journal",
                "\(journal.integer("seq") ?? 0) commits, head "
                    + "\(journal.text("head")?.prefix(12) ?? "?")"
            ))
    }
    let components = data.object("components")
    let bad = (components?.names ?? []).filter { components?.object($0)?.text("health") != "ok" }
    for name in bad {
        let part = components?.object(name)
        facts.append(
            (name, "\(part?.text("health") ?? "?")\(part?.text("detail").map { ": \($0)" } ?? "")"))
    }
    if let names = components?.names, !names.isEmpty, bad.count < names.count {
        facts.append(
            ("well", names.filter { !bad.contains($0) }.joined(separator: ", ")))
    }
    sheet.facts(facts)
}

/// The members of a JSON object, read without trust.
private struct Fields {
    let value: JSONValue

    init(_ json: OrderedJSON) {
        value = (try? JSONReader.read(Array(json.compact.utf8)[...])) ?? .null
    }

    private init(value: JSONValue) { self.value = value }

    var names: [String] {
        if case .object(let members) = value { members.map(\.key) } else { [] }
    }

    func text(_ name: String) -> String? {
        if case .string(let text) = value[name] { Humane.plain(text) } else { nil }
    }

    /// With its line breaks: only for text that the daemon has made safe.
    func raw(_ name: String) -> String? {
        if case .string(let text) = value[name] { text } else { nil }
    }

    func flag(_ name: String) -> Bool? {
        if case .bool(let flag) = value[name] { flag } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .number(let text) = value[name] { Int(text) } else { nil }
    }

    func number(_ name: String) -> Double? {
        if case .number(let text) = value[name] { Double(text) } else { nil }
    }

    /// A text or a number as it stands.
    func shown(_ name: String) -> String? {
        if case .number(let text) = value[name] { Humane.plain(text) } else { text(name) }
    }

    func time(_ name: String) -> String? {
        text(name).flatMap { Timestamp(rfc3339: $0) }.map { Humane.time($0) }
    }

    func money(_ name: String) -> String? {
        text(name).flatMap { try? Money(parsing: $0) }.map { Humane.amount($0) }
    }

    func object(_ name: String) -> Fields? {
        guard let inner = value[name], case .object = inner else { return nil }
        return Fields(value: inner)
    }

    func list(_ name: String) -> [Fields] {
        if case .array(let values) = value[name] { values.map { Fields(value: $0) } } else { [] }
    }

    func words(_ name: String) -> [String] {
        guard case .array(let values) = value[name] else { return [] }
        return values.compactMap {
            if case .string(let word) = $0 { Humane.plain(word) } else { nil }
        }
    }
}

/// What `doctor` found, a line each.
package func findingsText(_ data: OrderedJSON, colour: Bool) -> String {
    var sheet = TextSheet(width: 100, colour: colour)
    let findings = Fields(data).list("findings")
    sheet.table(
        [TextColumn("check", .left), TextColumn("verdict", .left), TextColumn("detail", .left)],
        findings.map { finding in
            let verdict = finding.text("verdict") ?? "?"
            return [
                TextCell(finding.text("check") ?? "?"),
                TextCell(verdict, verdict == "ok" ? .gain : .loss),
                TextCell(finding.text("detail") ?? ""),
            ]
        })
    let without = Fields(data).words("not_examined")
    if !without.isEmpty {
        sheet.line()
        sheet.line("not looked at while the daemon runs: " + without.joined(separator: ", "))
    }
    return sheet.text
}

/// False where something is broken, or where nothing was learned.
package func isSound(_ data: OrderedJSON) -> Bool { Fields(data).flag("sound") ?? false }

/// The story of an order, as `explain` prints it.
package func explainedText(_ answer: ControlAnswer, json: Bool) -> String {
    let data = Fields(answer.data)
    if !json { return data.raw("text") ?? "" }
    guard case .object(let members) = answer.data,
        let story = members.first(where: { $0.key == "explanation" })?.value
    else { return "" }
    return story.lines + "\n"
}
