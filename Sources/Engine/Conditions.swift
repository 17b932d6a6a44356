import Domain
import Execution
import Primitives

/// What the machine knows of its surroundings; nothing of it outlives the process.
struct HostState: Sendable, Equatable {
    /// Why the clock cannot be trusted; nil: it can.
    var clockDistrust: String?
    /// How the disk stands when it is nearly full; nil: room enough.
    var diskShortage: String?

    var isClockTrusted: Bool { clockDistrust == nil }
}

extension TradingEngine {
    /// What keeps entries in a symbol back for now. Where there are several, one that keeps exits
    /// back too comes first.
    func entryBlock(_ id: SymbolID) -> EntryBlock? {
        if !host.isClockTrusted { return .clock }
        let broker = brokerBlock(id)
        if let broker, broker.stopsExits { return broker }
        return host.diskShortage == nil ? broker : .disk
    }

    mutating func take(_ condition: HostCondition, _ effects: inout [Effect]) {
        switch condition {
        case .clock(let distrust):
            let wasTrusted = host.isClockTrusted
            host.clockDistrust = distrust
            if wasTrusted != host.isClockTrusted {
                let message = distrust.map { "the clock cannot be trusted: \($0)" }
                tell("clock", message ?? "the clock can be trusted again", &effects)
                execution.trustClock(host.isClockTrusted, at: now)
                execution.schedule(at: now)
            }
            endHolds(&effects)
        case .disk(let shortage):
            let hadRoom = host.diskShortage == nil
            host.diskShortage = shortage
            if hadRoom != (shortage == nil) {
                let message = shortage.map { "the disk is nearly full: \($0)" }
                tell("disk", message ?? "there is room on the disk again", &effects)
            }
        }
    }

    /// Entries that were refused for it are worth a word again.
    private mutating func tell(_ code: String, _ message: String, _ effects: inout [Effect]) {
        raise(code, .warning, message, &effects)
        for index in states.indices { states[index].lastRefusal = nil }
    }
}
