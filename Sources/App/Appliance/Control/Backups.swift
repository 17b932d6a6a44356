import Domain
import Host
import Primitives
import Storage

extension LiveRunner {
    func backUp(
        _ folder: String?, keep: Int?, _ transaction: String?
    ) throws -> ControlAnswer {
        ControlAnswer(
            transaction: transaction, error: .unavailable, message: "backups are not built yet")
    }
}
