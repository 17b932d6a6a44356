import Domain

/// What can happen to an order, as far as its status is concerned.
package enum OrderStep: String, Sendable, CaseIterable {
    /// The commit before the first byte.
    case submit
    case accepted
    case rejected
    case partialFill
    case completeFill
    case canceled
    case expired
    case replaced
    /// Nobody knows whether the request arrived.
    case ambiguous
    /// Proven never to have arrived.
    case provenAbsent
    /// Ran out of time here before it was sent.
    case lapsed
}

/// The order table: `(status, step) -> status`. What is not listed cannot happen; the caller
/// keeps the status and raises an alert.
///
/// Fills may overtake the acknowledgement, and may arrive for an order that has ended already, even
/// for one that the broker denied: shares that changed hands are booked, the terminal status stays.
package func nextStatus(_ status: OrderStatus, _ step: OrderStep) -> OrderStatus? {
    switch (status, step) {
    case (.intent, .submit): .submitting
    case (.intent, .lapsed): .expiredLocal
    case (.intent, .canceled): .expiredLocal
    // Found at the broker: another life of this ledger sent it, not this one.
    case (.intent, .ambiguous): .unknown
    case (.intent, .partialFill): .acked
    case (.intent, .completeFill): .filled

    // The same id may be sent again where it is proven that no byte left, never under a new one
    // and never once it is unknown.
    case (.submitting, .submit): .submitting
    case (.submitting, .ambiguous): .unknown
    case (.submitting, .provenAbsent): .notPlaced
    case (.unknown, .provenAbsent): .notPlaced

    case (.submitting, .accepted), (.unknown, .accepted), (.acked, .accepted): .acked
    case (.submitting, .rejected), (.unknown, .rejected), (.acked, .rejected): .rejected
    case (.submitting, .partialFill), (.unknown, .partialFill), (.acked, .partialFill): .acked
    case (.submitting, .completeFill), (.unknown, .completeFill), (.acked, .completeFill): .filled
    case (.submitting, .canceled), (.unknown, .canceled), (.acked, .canceled): .canceled
    case (.submitting, .expired), (.unknown, .expired), (.acked, .expired): .expired
    case (.submitting, .replaced), (.unknown, .replaced), (.acked, .replaced): .replaced

    // Shares that were taken back may be filled anew.
    case (.filled, .partialFill), (.filled, .completeFill): .filled
    case (.canceled, .partialFill), (.canceled, .completeFill): .canceled
    case (.expired, .partialFill), (.expired, .completeFill): .expired
    case (.replaced, .partialFill), (.replaced, .completeFill): .replaced
    case (.rejected, .partialFill), (.rejected, .completeFill): .rejected
    case (.notPlaced, .partialFill), (.notPlaced, .completeFill): .notPlaced
    default: nil
    }
}
