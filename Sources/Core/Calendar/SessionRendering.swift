import Domain

/// Sessions for people, one aligned line each under a header, or for machines: a JSON array of
/// `{"date","open","close","early"}` with RFC 3339 times in UTC. Without a newline at the end.
package func renderSessions(_ sessions: [Session], json: Bool) -> String {
    if json {
        let objects = sessions.map { session in
            "{\"date\":\"\(session.date)\",\"open\":\"\(session.open)\","
                + "\"close\":\"\(session.close)\",\"early\":\(session.isEarlyClose)}"
        }
        return "[" + objects.joined(separator: ",\n ") + "]"
    }
    let header = "DATE        DAY  OPEN (UTC)         CLOSE (UTC)"
    let lines = sessions.map { session in
        "\(session.date)  \(weekdayName(session.date))  \(minutes(session.open))  "
            + minutes(session.close) + (session.isEarlyClose ? "  early" : "")
    }
    return ([header] + lines).joined(separator: "\n")
}

/// Sessions open and close on whole minutes: `2025-07-03 13:30Z`.
private func minutes(_ time: Timestamp) -> String {
    let text = time.description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))Z"
}

private func weekdayName(_ date: CivilDate) -> String {
    ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.weekday]
}
