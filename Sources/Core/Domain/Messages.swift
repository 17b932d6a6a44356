/// What a signed command is known by: kept before the command has its effect, and for longer than
/// its signature holds, so that nobody can send it a second time.
package struct CommandProof: Sendable, Equatable {
    /// The sender's own name of the message, never used twice.
    package let jti: String
    /// The key that signed it.
    package let kid: String
    /// When the signature ends to hold: the claim `exp`, by the wall clock.
    package let until: Timestamp

    /// How much later than `until` a message could still be taken for valid: how long a signature
    /// may hold at most, and twice what the clocks of sender and daemon may differ.
    package static let margin = Span(seconds: 300)

    package init(jti: String, kid: String, until: Timestamp) {
        self.jti = jti
        self.kid = kid
        self.until = until
    }
}

/// Something that happened and is to be told outside, until the broker has confirmed it.
package struct OutboxRow: Sendable, Equatable {
    /// A ULID; what a receiver that gets it twice knows it by.
    package let id: String
    /// The last word of its topic: `trade`.
    package let kind: String
    /// JSON.
    package let payload: String
    package let at: Timestamp

    package init(id: String, kind: String, payload: String, at: Timestamp) {
        self.id = id
        self.kind = kind
        self.payload = payload
        self.at = at
    }
}
