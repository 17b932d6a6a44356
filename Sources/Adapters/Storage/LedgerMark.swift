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
    let path: String

    init(folder: String) throws(StorageError) {
        path = (folder as NSString).appendingPathComponent(Self.name)
        descriptor = try StoreFiles.openOwn(
            path, O_RDWR | O_CREAT, "cannot be opened for writing")
        StoreFiles.handOver(descriptor, path)
    }

    deinit { close(descriptor) }

    /// Nil for a file that is missing, empty or no mark.
    static func read(folder: String) -> Place? {
        let path = (folder as NSString).appendingPathComponent(name)
        guard let data = StoreFiles.contents(path, max: 1000), data.count < 1000 else {
            return nil
        }
        let words = String(decoding: data, as: UTF8.self).split(separator: " ")
        guard words.count == 4, words[0] == "bellwether-mark", words[1] == "1",
            let seq = Int64(words[2]), seq > 0, words[3].utf8.count == 2 * Digest.size + 1,
            words[3].last == "\n"
        else { return nil }
        return Place(seq: seq, hash: String(words[3].dropLast()))
    }

    /// Of a fixed length, so that a later one covers an earlier one. False when it was not written.
    @discardableResult
    func write(_ head: ChainHead) -> Bool {
        let digits = String(head.seq)
        let zeros = String(repeating: "0", count: max(0, 19 - digits.utf8.count))
        let hash = Digest.hexadecimal(head.hash)
        let line = Array("bellwether-mark 1 \(zeros)\(digits) \(hash)\n".utf8)
        return pwrite(descriptor, line, line.count, 0) == line.count
    }

    func seal() { _ = fdatasync(descriptor) }

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
