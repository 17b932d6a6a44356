import Domain
import Glibc

/// A regular file read in chunks, each with its own open and close.
final class ChunkedFile {
    let path: String
    /// Where the next chunk begins.
    var offset = 0
    /// Bytes, as of the last chunk.
    private(set) var size = 0
    private var identity: (device: UInt64, inode: UInt64)?

    /// Checks that the path names a regular file that can be read and is not compressed.
    init(path: String) throws(FeedError) {
        self.path = path
        if path.hasSuffix(".gz") { throw Self.compressed(path) }
        var magic: (UInt8, UInt8) = (0, 0)
        let got = try withUnsafeMutableBytes(of: &magic) { bytes throws(FeedError) in
            try read(into: bytes.assumingMemoryBound(to: UInt8.self))
        }
        if got == 2, magic == (0x1F, 0x8B) { throw Self.compressed(path) }
        offset = 0
    }

    /// Reads up to `count` bytes at `offset` and moves on.
    /// - Returns: 0 at the end of the file.
    func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) throws(FeedError) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotRead(
                path: path, reason: "is not a regular file (a pipe or device): save it as one")
        }
        let found = (device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        if let identity, identity != found || Int(status.st_size) < offset {
            throw .cannotRead(
                path: path, reason: "was replaced or cut while it was read: start again")
        }
        identity = found
        size = Int(status.st_size)
        var total = 0
        while total < count {
            let got = pread(descriptor, buffer + total, count - total, off_t(offset + total))
            if got < 0 {
                if errno == EINTR { continue }
                throw failure()
            }
            if got == 0 { break }
            total += got
        }
        offset += total
        return total
    }

    /// Fills as much of `buffer` as there are bytes.
    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(FeedError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        return try read(into: base, count: buffer.count)
    }

    /// The first line without byte order mark and line end, and the bytes it takes with them.
    /// At most 4 KiB are looked at.
    func readHeader() throws(FeedError) -> (text: String, bytes: Int) {
        offset = 0
        var bytes = [UInt8](repeating: 0, count: 4096)
        let got = try bytes.withUnsafeMutableBufferPointer { buffer throws(FeedError) in
            try read(into: buffer)
        }
        bytes.removeSubrange(got...)
        let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let end = bytes.firstIndex(of: 0x0A)
        var line = bytes[mark..<(end ?? bytes.count)]
        if line.last == 0x0D { line.removeLast() }
        return (String(decoding: line, as: UTF8.self), end.map { $0 + 1 } ?? bytes.count)
    }

    private func failure() -> FeedError {
        .cannotRead(path: path, reason: String(cString: strerror(errno)))
    }

    private static func compressed(_ path: String) -> FeedError {
        .cannotRead(path: path, reason: "is compressed: unpack it first, with gunzip -k")
    }
}

/// The files to read: those given, and for a folder every `*.csv` inside, sorted by name.
func barFiles(at paths: [String]) throws(FeedError) -> [String] {
    var files: [String] = []
    for path in paths {
        guard let folder = opendir(path) else {
            files.append(path)
            continue
        }
        defer { closedir(folder) }
        var names: [String] = []
        var compressed = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            if name.hasSuffix(".csv") { names.append(name) }
            if name.hasSuffix(".csv.gz") { compressed += 1 }
        }
        guard !names.isEmpty else {
            let hint = compressed > 0 ? " (\(compressed) end in .csv.gz: unpack them first)" : ""
            throw .cannotRead(path: path, reason: "the folder holds no .csv file\(hint)")
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        files += names.sorted().map { base + $0 }
    }
    guard !files.isEmpty else { throw .cannotRead(path: "", reason: "no bar file was named") }
    guard files.count <= 10_000 else {
        throw .cannotRead(
            path: files[10_000], reason: "more than 10,000 bar files at once: join some of them")
    }
    return files
}
