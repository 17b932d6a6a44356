/// The topics of one appliance. No outside text becomes a level of one.
struct Topics: Sendable {
    let root: String
    let availability: String
    /// What we subscribe to.
    let requests: String
    let telemetry: String
    /// All places of answers, as a pattern.
    let responses: String
    private let requestPrefix: String
    private let responsePrefix: String

    /// Both must have been checked.
    init(base: String, id: String) {
        root = "\(base)/\(id)/"
        availability = root + "availability"
        requests = root + "request/+"
        telemetry = root + "telemetry"
        responses = root + "response/#"
        requestPrefix = root + "request/"
        responsePrefix = root + "response/"
    }

    func retained(_ topic: RetainedTopic) -> String { root + topic.rawValue }
    func event(_ kind: OutgoingEvent.Kind) -> String { root + "event/" + kind.rawValue }

    /// Where everybody may read the answer; a verb that is no plain word is `unknown`.
    func response(_ verb: String) -> String {
        let isWord =
            (1...32).contains(verb.utf8.count)
            && verb.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
        return responsePrefix + (isWord ? verb : "unknown")
    }

    /// The last level of a request's topic, at most 64 bytes of it; nil for another topic.
    func verb(of topic: String) -> String? {
        guard topic.hasPrefix(requestPrefix) else { return nil }
        let rest = topic.utf8.dropFirst(requestPrefix.utf8.count)
        return String(decoding: rest.prefix(64), as: UTF8.self)
    }

    /// Whether a sender may have its answer there: only below our own `response/`, so that nobody
    /// makes the appliance publish in other places that it may write to.
    func isResponse(_ topic: String) -> Bool {
        guard topic.hasPrefix(responsePrefix), topic.utf8.count <= 256 else { return false }
        let rest = topic.utf8.dropFirst(responsePrefix.utf8.count)
        return !rest.isEmpty
            && rest.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x2B }
    }

    /// One to four levels of a-z, 0-9, `_` and `-`.
    static func isBase(_ text: String) -> Bool {
        let levels = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        return text.utf8.count <= 64 && (1...4).contains(levels.count)
            && levels.allSatisfy {
                !$0.isEmpty
                    && $0.allSatisfy { isLower($0) || (0x41...0x5A).contains($0) || $0 == 0x5F }
            }
    }

    static func isIdentity(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isLower)
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
    }
}
