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
}
