import Calendar
import Domain
import Testing

@Suite struct SessionRenderingTests {
    private func sessions(_ from: String, _ through: String) throws -> [Session] {
        MarketCalendar.xnys(try newYork()).sessions(
            from: try date(from), through: try date(through))
    }

    @Test("S22: sessions as JSON") func json() throws {
        let text = renderSessions(try sessions("2025-07-03", "2025-07-07"), json: true)
        #expect(
            text == """
                [{"date":"2025-07-03","open":"2025-07-03T13:30:00Z",\
                "close":"2025-07-03T17:00:00Z","early":true},
                 {"date":"2025-07-07","open":"2025-07-07T13:30:00Z",\
                "close":"2025-07-07T20:00:00Z","early":false}]
                """)
        #expect(renderSessions([], json: true) == "[]")
    }

    @Test("S22: sessions for people") func text() throws {
        let text = renderSessions(try sessions("2025-07-02", "2025-07-05"), json: false)
        #expect(
            text == """
                DATE        DAY  OPEN (UTC)         CLOSE (UTC)
                2025-07-02  Wed  2025-07-02 13:30Z  2025-07-02 20:00Z
                2025-07-03  Thu  2025-07-03 13:30Z  2025-07-03 17:00Z  early
                """)
        #expect(!renderSessions([], json: false).contains("\n"))
    }
}
