import Messaging
import Testing

@Test("The topics and events have the names that the interface promises")
func namesOfTheInterface() {
    #expect(
        RetainedTopic.allCases.map(\.rawValue) == ["state", "portfolio", "positions", "weights"])
    #expect(
        OutgoingEvent.Kind.allCases.map(\.rawValue)
            == ["signal", "trade", "alert", "reconciliation"])
}
