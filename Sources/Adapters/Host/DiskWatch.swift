import Foundation
import Glibc

/// Looks every ten seconds, on a thread of its own, how much room the disk of a folder has.
package final class DiskWatch: Sendable {
    private let folder: String
    private let freeMin: Int64
    private let free: @Sendable (String) -> Int64?
    private let onLook: @Sendable (String?) -> Void
    private let isOver: @Sendable () -> Bool
    private let heartbeat: Heartbeat?

    /// - Parameters:
    ///   - freeMin: bytes that have to be free.
    ///   - free: bytes that this user may still write on the disk of a folder; nil, with `errno`,
    ///     when it cannot be asked.
    ///   - onLook: how it stands when that is too little, or nil; at every look.
    package init(
        folder: String, freeMin: Int64, free: @escaping @Sendable (String) -> Int64?,
        heartbeat: Heartbeat? = nil,
        isOver: @escaping @Sendable () -> Bool,
        onLook: @escaping @Sendable (String?) -> Void
    ) {
        self.folder = folder
        self.freeMin = freeMin
        self.free = free
        self.heartbeat = heartbeat
        self.isOver = isOver
        self.onLook = onLook
    }

    package func start() {
        let thread = Thread { [self] in
            var rounds = 0
            while !isOver() {
                heartbeat?.beat()
                if rounds % 20 == 0 { onLook(Self.shortage(folder, freeMin: freeMin, free)) }
                rounds += 1
                Thread.sleep(forTimeInterval: 0.5)
            }
            heartbeat?.rest()
        }
        thread.name = "disk"
        thread.start()
    }

    /// How it stands when there is too little room; nil when there is enough.
    package static func shortage(
        _ folder: String, freeMin: Int64, _ free: (String) -> Int64?
    ) -> String? {
        guard let free = free(folder) else {
            return "\(folder): \(String(cString: strerror(errno)))"
        }
        if free >= freeMin { return nil }
        return "\(free >> 20) MB free in \(folder), at least \(freeMin >> 20) MB are needed"
    }
}
