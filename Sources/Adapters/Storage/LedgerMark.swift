import Foundation
import Glibc

/// How far the chain had come, beside the ledger: a WAL that lost its end, or an older copy put in
/// its place, is a ledger that looks whole and is not.
///
/// Written after each commit and left to the kernel: after a power cut it may be behind the ledger,
/// which is durable first, and never ahead of it.
final class LedgerMark {
    static let name = "ledger.mark"

    struct Place: Equatable {
        let seq: Int64
        let hash: String
    }

    private let descriptor: Int32
    private var isEmpty: Bool
    let path: String

    init(folder: String) throws(StorageError) {
        path = (folder as NSString).appendingPathComponent(Self.name)
        descriptor = try StoreFiles.openOwn(
            path, O_RDWR | O_CREAT, "cannot be opened for writing")
        StoreFiles.handOver(descriptor, path)
        isEmpty = StoreFolder.size(path) ?? 0 == 0
    }

    deinit { close(descriptor) }

    /// Nil for a file that is missing or has nothing in it yet.
    /// - Throws: `badMark` for content that is no mark, `denied`, `markFailed`.
    static func read(folder: String) throws(StorageError) -> Place? {
        let path = (folder as NSString).appendingPathComponent(name)
        var information = stat()
        if lstat(path, &information) != 0, errno == ENOENT || errno == ENOTDIR { return nil }
        let descriptor = try StoreFiles.openOwn(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1000)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(path, "cannot be read", errno) }
        if count == 0 { return nil }
        let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
        guard words.count == 4, words[0] == "bellwether-mark", words[1] == "1",
            let seq = Int64(words[2]), seq > 0, words[3].utf8.count == 2 * Digest.size + 1,
            words[3].last == "\n"
        else { throw .badMark(path: path) }
        return Place(seq: seq, hash: String(words[3].dropLast()))
    }

    /// Of a fixed length, so that a later one covers an earlier one. No room leaves the earlier one:
    /// it is behind, as after a power cut, until the next.
    func write(_ head: ChainHead) throws(StorageError) {
        let digits = String(head.seq)
        let zeros = String(repeating: "0", count: max(0, 19 - digits.utf8.count))
        let hash = Digest.hexadecimal(head.hash)
        let line = Array("bellwether-mark 1 \(zeros)\(digits) \(hash)\n".utf8)
        let written = pwrite(descriptor, line, line.count, 0)
        if written < 0, errno == ENOSPC || errno == EDQUOT { return }
        guard written == line.count else {
            throw Self.failure(path, "cannot be written", written < 0 ? errno : EIO)
        }
        // The first one, so that no power cut leaves a length without the content.
        if isEmpty { try seal() }
        isEmpty = false
    }

    func seal() throws(StorageError) {
        guard fdatasync(descriptor) == 0 else {
            throw Self.failure(path, "cannot be made durable", errno)
        }
    }

    private static func failure(_ path: String, _ what: String, _ code: Int32) -> StorageError {
        let error = StoreFolder.failure(path, what, code)
        guard case .folder(_, let reason) = error else { return error }
        return .markFailed(path: path, reason: reason)
    }

    /// Whether a chain with `head`, and at the mark's seq the hash `hash`, can be what was marked.
    static func check(
        _ place: Place, head: Int64, hash: [UInt8]?, path: String
    ) throws(StorageError) {
        if head < place.seq {
            throw .behindMark(path: path, mark: place.seq, head: head)
        }
        if hash.map(Digest.hexadecimal) != place.hash {
            throw .damaged(
                file: .ledger, path: path,
                detail: "commit \(place.seq) is not the one that \(name) remembers")
        }
    }
}
