import Domain
import Testing

@testable import Messaging

/// Mail behind a reference, so that an expectation can change it.
private final class Post {
    var mail: Mail

    init(_ change: (inout MessagingConfig.Limits) -> Void = { _ in }) {
        var limits = MessagingConfig.Limits()
        change(&limits)
        mail = Mail(topics: Topics(base: "b", id: "i"), limits: limits)
    }

    func offer(_ event: OutgoingEvent) -> Bool { mail.offer(event) == .taken }
    func takeDelivered() -> [String] { mail.takeDelivered() }
    func next(isBusy: Bool, at now: ContinuousClock.Instant) -> Parcel? {
        mail.next(isBusy: isBusy, at: now)
    }

    /// Takes all that may go, as `topic=payload`; numbers them in their order.
    func drain(from first: Int32 = 1) -> [String] {
        let now = ContinuousClock.now
        var sent: [String] = []
        var number = first
        while let parcel = mail.next(isBusy: false, at: now) {
            sent.append("\(parcel.topic)=\(parcel.payload)")
            mail.handed(parcel, number: number, at: now)
            number += 1
        }
        return sent
    }
}

@Suite("What waits for the broker")
struct MailTests {
    private let post = Post()
    private let now = ContinuousClock.now

    private func request(
        responseTopic: String? = nil, correlation: [UInt8]? = nil
    ) -> IncomingRequest {
        IncomingRequest(
            verb: "pause", payload: [], isRetained: false, responseTopic: responseTopic,
            correlation: correlation)
    }

    @Test("A04: birth goes first, then answers, device, newest values, events, telemetry")
    func order() {
        post.mail.publish(telemetry: "t")
        _ = post.offer(event(1))
        post.mail.publish(.portfolio, "p")
        post.mail.publish(.state, "old")
        post.mail.publish(.state, "new")
        post.mail.announce((topic: "d", payload: "D"))
        post.mail.answer(request(), verb: "pause", payload: "a", at: now)
        post.mail.connectionBegan()
        #expect(
            post.drain() == [
                "b/i/availability=online", "b/i/response/pause=a", "d=D", "b/i/state=new",
                "b/i/portfolio=p", #"b/i/event/trade={"n":1}"#, "b/i/telemetry=t",
            ])
    }

    @Test("S27: at most 20 are unacknowledged, at most 16 of them events; the rest waits its turn")
    func inflight() {
        for number in 0..<100 { #expect(post.offer(event(number))) }
        #expect(post.drain().count == 16)
        for number in 0..<10 {
            post.mail.answer(request(), verb: "status", payload: "\(number)", at: now)
        }
        #expect(post.drain(from: 100).count == 4)
        #expect(post.mail.depths.unacknowledged == 20)
        for number in 1...Int32(16) { post.mail.acknowledged(number, reason: 0, text: "") }
        #expect(post.takeDelivered() == (0..<16).map { "e\($0)" })
        #expect(post.drain(from: 200).count == 16)
    }

    @Test("S27: one value of a topic is on its way; newer ones replace each other meanwhile")
    func coalescing() {
        post.mail.publish(.state, "1")
        #expect(post.drain() == ["b/i/state=1"])
        post.mail.publish(.state, "2")
        post.mail.publish(.state, "3")
        #expect(post.drain(from: 2).isEmpty)
        post.mail.acknowledged(1, reason: 0, text: "")
        #expect(post.drain(from: 2) == ["b/i/state=3"])
    }

    @Test(
        "A04: what was on its way when the connection ended goes again, in order and before others")
    func again() {
        for number in 0..<3 { _ = post.offer(event(number)) }
        post.mail.answer(request(), verb: "pause", payload: "a", at: now)
        var number: Int32 = 1
        for _ in 0..<3 {
            guard let parcel = post.next(isBusy: false, at: now) else { break }
            post.mail.handed(parcel, number: number, at: now + .milliseconds(Int(number)))
            number += 1
        }
        post.mail.connectionEnded()
        #expect(post.mail.depths.unacknowledged == 0)
        post.mail.connectionBegan()
        #expect(
            post.drain() == [
                "b/i/availability=online", "b/i/response/pause=a",
                #"b/i/event/trade={"n":0}"#, #"b/i/event/trade={"n":1}"#,
                #"b/i/event/trade={"n":2}"#,
            ])
    }

    @Test(
        "S27: the events' bound counts those that wait, travel, were refused and were not fetched")
    func eventBound() {
        let post = Post {
            $0.events = 5
            $0.refusedPause = .seconds(3_600)
        }
        for number in 0..<5 { #expect(post.offer(event(number))) }
        #expect(!post.offer(event(5)))
        #expect(post.drain().count == 5)
        #expect(!post.offer(event(5)))
        post.mail.acknowledged(1, reason: 0, text: "")
        post.mail.acknowledged(2, reason: 0x87, text: "Not authorized")
        #expect(!post.offer(event(5)))
        #expect(post.takeDelivered() == ["e0"])
        #expect(post.offer(event(5)))
        #expect(!post.offer(event(6)))
        #expect(post.mail.dropped.events == 4)
    }

    @Test("S27: rings have a bound in bytes too; too long a payload is refused and counted")
    func bytes() {
        let post = Post {
            $0.ringBytes = 100
            $0.payloadBytes = 60
        }
        let forty = String(repeating: "x", count: 40)
        for _ in 0..<3 { post.mail.publish(telemetry: forty) }
        #expect(post.mail.depths.telemetry == 2)
        #expect(post.mail.dropped.telemetry == 1)
        #expect(post.offer(OutgoingEvent(id: "1", kind: .alert, payload: forty)))
        #expect(post.offer(OutgoingEvent(id: "2", kind: .alert, payload: forty)))
        #expect(!post.offer(OutgoingEvent(id: "3", kind: .alert, payload: forty)))
        let long = String(repeating: "x", count: 61)
        post.mail.publish(.state, long)
        post.mail.publish(telemetry: long)
        post.mail.answer(request(), verb: "pause", payload: long, at: now)
        #expect(post.mail.offer(OutgoingEvent(id: "4", kind: .alert, payload: long)) == .never)
        #expect(post.mail.dropped.oversize == 4)
        #expect(post.mail.depths.retained == 0)
    }

    @Test("S27: answers drop their oldest when full, and die of age")
    func answers() {
        let post = Post { $0.answers = 3 }
        for number in 0..<5 {
            post.mail.answer(request(), verb: "pause", payload: "\(number)", at: now)
        }
        #expect(post.mail.dropped.answers == 2)
        #expect(post.next(isBusy: false, at: now)?.payload == "2")
        #expect(post.next(isBusy: false, at: now + .seconds(61)) == nil)
        #expect(post.mail.dropped.answers == 4)
    }

    @Test("S27: telemetry waits while the library has bytes to write, and for the message before")
    func telemetryWaits() {
        post.mail.publish(telemetry: "1")
        post.mail.publish(telemetry: "2")
        #expect(post.next(isBusy: true, at: now) == nil)
        #expect(post.drain() == ["b/i/telemetry=1"])
        post.mail.acknowledged(1, reason: 0, text: "")
        #expect(post.drain(from: 2) == ["b/i/telemetry=2"])
    }

    @Test("A04: a refused value makes a fault by topic, which goes when a later one passes")
    func faults() {
        post.mail.publish(.state, "1")
        _ = post.drain()
        post.mail.acknowledged(1, reason: 0x87, text: "Not authorized")
        #expect(post.mail.faults.keys.sorted() == ["b/i/state"])
        post.mail.publish(.state, "2")
        _ = post.drain(from: 2)
        post.mail.acknowledged(2, reason: 0, text: "")
        #expect(post.mail.faults.isEmpty)
        post.mail.subscribed("b/i/request/+", reason: 0x87, text: "Not authorized")
        #expect(post.mail.faults.keys.sorted() == ["b/i/request/+"])
        post.mail.subscribed("b/i/request/+", reason: 1, text: "")
        #expect(post.mail.faults.isEmpty)
    }

    @Test("A04: a device that moved or went away leaves an empty topic behind")
    func discovery() {
        post.mail.announce((topic: "d1", payload: "D"))
        #expect(post.drain() == ["d1=D"])
        post.mail.announce((topic: "d1", payload: "D"))
        #expect(post.drain(from: 2).isEmpty)
        post.mail.announce((topic: "d2", payload: "D"))
        #expect(post.drain(from: 3) == ["d1=", "d2=D"])
        post.mail.announce(nil)
        #expect(post.drain(from: 5) == ["d2="])
        // That they are emptied was not confirmed: it goes again.
        post.mail.connectionBegan()
        #expect(post.drain(from: 8) == ["b/i/availability=online", "d1=", "d2="])
        for number in Int32(9)...10 { post.mail.acknowledged(number, reason: 0, text: "") }
        let removed = post.mail.takeRemoved()
        #expect(removed == ["d1", "d2"] && post.mail.takeRemoved().isEmpty)
        post.mail.connectionBegan()
        #expect(post.drain(from: 20) == ["b/i/availability=online"])
    }

    @Test("A04: to empty the topic of an old device is not done before the broker says so")
    func retiring() {
        post.mail.announce((topic: "new", payload: "D"))
        for topic in ["old", "older", "old", "new"] { post.mail.retire(discovery: topic) }
        #expect(!post.mail.isSettled)
        #expect(post.drain() == ["old=", "older=", "new=D"])
        post.mail.acknowledged(1, reason: 0, text: "")
        post.mail.connectionEnded()
        #expect(!post.mail.isSettled)
        #expect(post.drain(from: 4) == ["older=", "new=D"])
        // A refusal is left to the next start, and blocks nothing.
        post.mail.acknowledged(4, reason: 0x87, text: "Not authorized")
        post.mail.acknowledged(5, reason: 0, text: "")
        #expect(post.mail.isSettled && post.mail.takeRemoved() == ["old"])
        #expect(post.mail.faults.keys.sorted() == ["older"])
        // One that is announced again is not taken away.
        post.mail.retire(discovery: "third")
        post.mail.announce((topic: "third", payload: "D"))
        #expect(post.drain(from: 6) == ["new=", "third=D"])
    }

    @Test("A04: closing says offline, whatever is on its way, and nothing else")
    func closing() {
        for number in 0..<30 { _ = post.offer(event(number)) }
        post.mail.answer(request(), verb: "pause", payload: "a", at: now)
        _ = post.drain()
        post.mail.publish(.state, "1")
        post.mail.close()
        #expect(!post.mail.isSettled)
        #expect(post.drain(from: 100) == ["b/i/availability=offline"])
        #expect(!post.mail.isSettled)
        post.mail.acknowledged(100, reason: 0, text: "")
        #expect(post.mail.isSettled)
    }

    struct Place: Sendable, CustomTestStringConvertible {
        let asked: String
        let isAllowed: Bool
        var testDescription: String { asked }
    }

    @Test(
        "A05: answers go below our own response topic only",
        arguments: [
            Place(asked: "b/i/response/x", isAllowed: true),
            Place(asked: "b/i/response/x/y-1", isAllowed: true),
            Place(asked: "b/i/response/", isAllowed: false),
            Place(asked: "b/i/response", isAllowed: false),
            Place(asked: "b/i/response/+", isAllowed: false),
            Place(asked: "b/i/response/#", isAllowed: false),
            Place(asked: "b/i/response/a b", isAllowed: false),
            Place(asked: "b/i/response/\u{e9}", isAllowed: false),
            Place(asked: "b/i/response/\n", isAllowed: false),
            Place(asked: "b/i/state", isAllowed: false),
            Place(asked: "b/i/request/resume", isAllowed: false),
            Place(asked: "b/other/response/x", isAllowed: false),
            Place(asked: "", isAllowed: false),
        ])
    func responseTopics(_ place: Place) {
        post.mail.answer(
            request(responseTopic: place.asked, correlation: [1]), verb: "pause", payload: "a",
            at: now)
        let sent = post.drain()
        #expect(
            sent == ["b/i/response/pause=a"] + (place.isAllowed ? ["\(place.asked)=a"] : []))
    }

    @Test(
        "A05: a verb that is no plain word never becomes a topic level",
        arguments: ["", "#", "+", "a/b", "PAUSE", "p\u{e4}use", String(repeating: "a", count: 33)])
    func strangeVerbs(_ verb: String) {
        post.mail.answer(request(), verb: verb, payload: "a", at: now)
        #expect(post.drain() == ["b/i/response/unknown=a"])
    }
}
