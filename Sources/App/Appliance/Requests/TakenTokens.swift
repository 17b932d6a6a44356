import Domain
import Messaging
import Primitives

/// The signed messages that were let through and have not expired: what comes again is not of the
/// signer. A help for the rates alone; whether a command had its effect is known by the ledger.
struct TakenTokens: Sendable {
    private var held: [(kid: String, jti: String, until: Timestamp)] = []
    /// Beyond it the oldest is forgotten.
    static let countMax = 512

    func hold(_ proof: VerifiedCommand.Proof?, at now: Timestamp) -> Bool {
        guard let proof else { return false }
        return held.contains { $0.jti == proof.jti && $0.kid == proof.kid && now < $0.until }
    }

    mutating func keep(_ proof: VerifiedCommand.Proof?, at now: Timestamp) {
        guard let proof else { return }
        held.removeAll { $0.until <= now }
        if held.count >= Self.countMax { held.removeFirst() }
        held.append((proof.kid, proof.jti, proof.expires))
    }

    mutating func forget(_ kid: String, _ jti: String) {
        held.removeAll { $0.jti == jti && $0.kid == kid }
    }
}
