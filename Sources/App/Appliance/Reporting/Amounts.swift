import Primitives

extension OrderedJSON {
    /// A money string, or null.
    static func amount(_ amount: (any FixedDecimal)?) -> OrderedJSON {
        OrderedJSON(text: amount.map { $0.description })
    }
}
