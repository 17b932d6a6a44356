import Domain

/// What news is let in, and how it is tied to symbols.
package struct NewsConfig: Sendable, Equatable {
    /// Older than this when first seen: stored, but not scored.
    package var ageMax = Span(seconds: 6 * 3600)
    /// A stamp further ahead of our time than this is refused.
    package var futureMax = Span(seconds: 120)
    /// Bytes of UTF-8 in a headline; longer ones are cut at a character.
    package var headlineBytesMax = 1_000
    /// How many recent items the duplicate check remembers.
    package var duplicateWindow = 4_096
    /// And for how long: the same words after this time are news again.
    package var duplicateAge = Span(seconds: 2 * 86_400)
    /// An item naming more symbols than this says little of any of them: stored, but not scored.
    package var symbolsMax = 8
    /// Names that stand for a symbol in a headline, e.g. `Apple` for AAPL. Matched as whole words.
    package var aliases: [Symbol: [String]] = [:]
    /// Only these symbols are linked; empty means every valid one.
    package var universe: Set<Symbol> = []

    package init() {}
}
