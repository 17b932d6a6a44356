import Storage

extension RunReport { package func html() -> String { "" } }
package func explainText(_ e: OrderExplanation, colour: Bool) -> String { "\(e)" }
package func explainJSON(_ e: OrderExplanation) -> String { "\(e)" }
