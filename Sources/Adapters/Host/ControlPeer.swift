import Foundation
import Glibc

/// Who is at the other end of a local socket, as the kernel knows it.
package struct ControlPeer: Sendable, Equatable {
    package let uid: UInt32
    package let gid: UInt32
    package let pid: Int32
    /// Root, the daemon's own user, or in the socket's group: those whom the socket's mode lets in.
    package let isProven: Bool

    package init(uid: UInt32, gid: UInt32, pid: Int32, isProven: Bool) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.isProven = isProven
    }

    /// - Parameter group: that of the socket file.
    init?(of descriptor: Int32, group: UInt32) {
        // struct ucred of unix(7), which Glibc's module hides behind _GNU_SOURCE.
        var words: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: words))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &words, &size) == 0 else {
            return nil
        }
        let isIn =
            words.uid == 0 || words.uid == geteuid() || words.gid == group
            || Self.groups(of: descriptor).contains(group)
        self.init(uid: words.uid, gid: words.gid, pid: words.pid, isProven: isIn)
    }

    /// The supplementary groups of the peer when it connected: SO_PEERGROUPS, socket(7).
    private static func groups(of descriptor: Int32) -> [UInt32] {
        let peerGroups: Int32 = 59
        var groups = [UInt32](repeating: 0, count: 1024)
        var size = socklen_t(groups.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &size) == 0 else { return [] }
        return Array(groups.prefix(Int(size) / MemoryLayout<UInt32>.size))
    }

    /// The user's name; the number where there is none.
    package var user: String { Self.name(of: uid) }

    package static func name(of uid: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.pw_name
        else { return String(uid) }
        return String(cString: name)
    }
}
