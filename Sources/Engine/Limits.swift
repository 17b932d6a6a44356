import Domain

/// Every bound of the engine's memory that is not a key of the configuration, with its reason.
package enum Limits {
    /// One box watches thousands of symbols, not tens of thousands; 8,192 fit the memory budget.
    package static let symbols = 8_192
    /// Headlines shown as evidence of one signal: what a person reads, and a row of a few kB.
    package static let evidenceHeadlines = 8
    /// Entry orders per symbol whose votes are kept for the learning of their trades: a position
    /// has one entry, and reports may be late for the one before.
    package static let rememberedEntries = 4
    /// Effects of a single event beyond which something runs in circles.
    package static let effectsPerEvent = 4_096
    /// Holds that stand at a time: one for each cause of the machine, and for each of fifty
    /// senders.
    package static let holds = 64
    /// Commands whose answers are kept for repetitions: more than one person gives in a day.
    package static let commands = 256
    /// Commands that wait for a comparison at a time: one run answers them all.
    package static let commandsWaiting = 8
    /// How long they wait: a broker that answers at all has done so by then.
    package static let commandPatience = Span(seconds: 60)
    /// How long a position may be without a stop because its order waits, before a person is told:
    /// a comparison or a new connection has set it free by then.
    package static let barePatience = Span(seconds: 60)
    /// Within this time `flatten` is to be confirmed.
    package static let flattenConfirmation = Span(seconds: 60)
}
