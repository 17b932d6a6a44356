import Domain

extension Rules {
    /// CLOCK, BROKER, RECONCILING, UNRESOLVED, DISK, SUSPENDED: something that goes away by itself
    /// keeps entries back. Exits wait too where what is held is not known well enough to close it.
    @Sendable static func blocked(_ proposal: Proposal) -> Refusal? {
        guard let block = proposal.context.block, proposal.isEntry || block.stopsExits else {
            return nil
        }
        return Refusal(block.refusal, [Figure("blocked", block.rawValue), Figure("limit", "none")])
    }
}

extension EntryBlock {
    /// The code of the same name.
    package var refusal: RefusalCode {
        switch self {
        case .clock: .clock
        case .broker: .broker
        case .reconciling: .reconciling
        case .unresolved: .unresolved
        case .disk: .disk
        case .suspended: .suspended
        }
    }
}
