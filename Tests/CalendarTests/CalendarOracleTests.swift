import Calendar
import Domain
import Foundation
import Testing

/// Python's word on sessions and time zones, where it and its modules are installed.
private enum Oracle {
    static let hasExchangeCalendars = (try? run("import exchange_calendars")) != nil
    static let hasZoneInfo = (try? run("import zoneinfo")) != nil

    /// The lines that a script prints. `BELLWETHER_PYTHON` names the interpreter.
    static func run(_ script: String, _ arguments: [String] = []) throws -> [Substring] {
        let python = ProcessInfo.processInfo.environment["BELLWETHER_PYTHON"] ?? "python3"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unreadable(text: "python ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }
}

@Suite struct CalendarOracleTests {
    @Test(
        "S22: every session from 1998 to 2030 agrees with exchange_calendars",
        .enabled(
            if: Oracle.hasExchangeCalendars,
            "python3 with the package exchange_calendars is not here (BELLWETHER_PYTHON)"))
    func sessions() throws {
        let script = """
            import exchange_calendars
            c = exchange_calendars.get_calendar("XNYS", start="1998-01-01", end="2030-12-31")
            early = set(c.early_closes)
            for day, row in c.schedule.iterrows():
                print(day.strftime("%Y-%m-%d"), row["open"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                      row["close"].strftime("%Y-%m-%dT%H:%M:%SZ"), day in early)
            """
        let expected = try Oracle.run(script)
        let sessions = MarketCalendar.xnys(try newYork()).sessions(
            from: try date("1998-01-01"), through: try date("2030-12-31"))
        let ours = sessions.map { session in
            "\(session.date) \(session.open) \(session.close) "
                + (session.isEarlyClose ? "True" : "False")
        }
        #expect(expected.count == 8298)
        for difference in ours.difference(from: expected.map(String.init)) {
            Issue.record("\(difference)")
        }
    }

    static let zones = [
        "America/New_York", "Europe/London", "Europe/Dublin", "Africa/Casablanca",
        "Australia/Lord_Howe", "America/Sao_Paulo", "America/Nuuk", "Asia/Kathmandu",
        "Asia/Gaza", "Antarctica/Troll", "Pacific/Apia", "Etc/UTC",
    ]

    @Test(
        "S22: offsets and local times agree with Python's zoneinfo",
        .enabled(if: Oracle.hasZoneInfo, "python3 is not here (BELLWETHER_PYTHON)"),
        arguments: zones)
    func offsets(_ name: String) throws {
        // Every 25 hours and 25 minutes from 1950 to 2070, and back from the reading of the clock.
        let script = """
            import sys, zoneinfo, datetime as d
            zone = zoneinfo.ZoneInfo(sys.argv[1])
            utc = d.timezone.utc
            epoch = d.datetime(1970, 1, 1, tzinfo=utc)
            second = d.timedelta(seconds=1)
            for t in range(-631152000, 3155760000, 91500):
                local = (epoch + t * second).astimezone(zone)
                wall = local.replace(fold=0)
                print(t, local.utcoffset() // second, (wall.astimezone(utc) - epoch) // second)
            """
        let rules = try TimeZoneRules(tzif: systemZoneBytes(name))
        var count = 0
        for line in try Oracle.run(script, [name]) {
            let fields = line.split(separator: " ").compactMap { Int64($0) }
            guard fields.count == 3 else { throw Unreadable(text: String(line)) }
            let time = Timestamp(seconds: fields[0])
            let back = rules.timestamp(
                rules.localDate(of: time), secondsOfDay: rules.localSecondsOfDay(of: time))
            if Int64(rules.utcOffset(at: time)) != fields[1] || back.seconds != fields[2] {
                Issue.record("\(name) at \(time): \(rules.utcOffset(at: time)), \(back)")
            }
            count += 1
        }
        #expect(count == 41388)
    }
}
