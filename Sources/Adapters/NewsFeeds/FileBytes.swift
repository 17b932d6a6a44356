import Domain
import Glibc

/// A regular file's bytes, `bytesMax` at most.
/// - Parameters:
///   - folder: an open folder the name is relative to; nil takes the path as it is.
///   - followsLinks: a symbolic link as the last part of the path is refused without it.
func readFile(
    _ path: String, in folder: CInt? = nil, bytesMax: Int, followsLinks: Bool = true
) throws(FeedError) -> [UInt8] {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = openat(folder ?? AT_FDCWD, path, flags)
    guard descriptor >= 0 else {
        let reason =
            errno == ELOOP && !followsLinks
            ? "is a symbolic link: put the file itself here" : errorText(errno)
        throw .cannotRead(path: path, reason: reason)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw .cannotRead(path: path, reason: errorText(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw .cannotRead(path: path, reason: "is not a regular file")
    }
    func tooLarge() -> FeedError {
        .cannotRead(path: path, reason: "is larger than \(bytesMax) bytes: split it")
    }
    guard status.st_size <= bytesMax else { throw tooLarge() }
    // One byte more than it should have shows a file that grows meanwhile.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var filled = 0
    while filled < bytes.count {
        let got = bytes.withUnsafeMutableBytes { buffer in
            read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
        }
        if got < 0 {
            if errno == EINTR { continue }
            throw .cannotRead(path: path, reason: errorText(errno))
        }
        if got == 0 { break }
        filled += got
    }
    guard filled < bytes.count else {
        throw .cannotRead(
            path: path, reason: "grew while it was read: write it aside, then move it")
    }
    bytes.removeSubrange(filled...)
    return bytes
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }

/// The names in an open folder, sorted; at most `max`, of those the system gives first.
func entryNames(of folder: CInt, max: Int) -> [String] {
    let copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return [] }
    guard let stream = fdopendir(copy) else {
        close(copy)
        return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < max, let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
