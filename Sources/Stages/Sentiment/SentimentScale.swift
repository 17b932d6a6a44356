import Domain

/// A score of at least this is positive, of at most its negative is negative; what lies between
/// is neutral. Every scorer of the chain is read on this one scale.
package let sentimentLabelThreshold = 0.2

/// The label of a score in -1 ... 1; neutral for one that is not a number.
package func sentimentLabel(_ score: Double) -> SentimentLabel {
    if score >= sentimentLabelThreshold { return .positive }
    if score <= -sentimentLabelThreshold { return .negative }
    return .neutral
}

/// The confidence of one headline's score for each of the `symbols` it is linked to.
///
/// A headline is scored once; the more companies it names, the less it says of each: c / sqrt(n).
/// - Parameter c: 0 ... 1; anything else that a scorer might give is brought into that range.
package func dilutedConfidence(_ c: Double, symbols: Int) -> Double {
    guard c > 0 else { return 0 }
    let bounded = c < 1 ? c : 1
    return symbols > 1 ? bounded / Double(symbols).squareRoot() : bounded
}
