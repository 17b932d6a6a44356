import Domain
import Glibc

/// Why a file was not read.
struct FileFault: Error {
    let reason: String
    /// Another try may succeed: the file is still being written, or the machine lacks something.
    let mayPass: Bool

    /// Of `errno`.
    init(code: CInt) {
        reason = errorText(code)
        mayPass = [EMFILE, ENFILE, ENOMEM, EIO, EAGAIN].contains(code)
    }

    init(_ reason: String, mayPass: Bool = false) {
        self.reason = reason
        self.mayPass = mayPass
    }
}

/// A regular file's bytes, `bytesMax` at most.
/// - Parameters:
///   - folder: an open folder the name is relative to; nil takes the path as it is.
///   - followsLinks: a symbolic link as the last part of the path is refused without it.
func readFile(
    _ path: String, in folder: CInt? = nil, bytesMax: Int, followsLinks: Bool = true
) throws(FileFault) -> [UInt8] {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = openat(folder ?? AT_FDCWD, path, flags)
    guard descriptor >= 0 else {
        if errno == ELOOP, !followsLinks {
            throw FileFault("is a symbolic link: put the file itself here")
        }
        throw FileFault(code: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw FileFault(code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw FileFault("is not a regular file")
    }
    guard status.st_size <= bytesMax else {
        throw FileFault("is larger than \(bytesMax) bytes: split it")
    }
    // One byte more than it should have shows a file that grows meanwhile.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var filled = 0
    while filled < bytes.count {
        let got = bytes.withUnsafeMutableBytes { buffer in
            read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
        }
        if got < 0 {
            if errno == EINTR { continue }
            throw FileFault(code: errno)
        }
        if got == 0 { break }
        filled += got
    }
    guard filled < bytes.count else {
        throw FileFault("is still growing: write it under another name, then rename", mayPass: true)
    }
    bytes.removeSubrange(filled...)
    return bytes
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }

/// The names in an open folder, sorted; at most `max`, of those the system gives first.
func entryNames(of folder: CInt, max: Int) -> [String] {
    entries(of: folder, max: max).names
}

/// - Returns: `unnamed`, at most `max` too: what is not UTF-8. Repaired, it would name no file.
func entries(of folder: CInt, max: Int) -> (names: [String], unnamed: Set<[UInt8]>) {
    let copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return ([], []) }
    guard let stream = fdopendir(copy) else {
        close(copy)
        return ([], [])
    }
    defer { closedir(stream) }
    var names: [String] = []
    var unnamed: Set<[UInt8]> = []
    var looks = 0
    // What has no name for us must not take the places of the others.
    while names.count < max, looks < 10 * max, let entry = readdir(stream) {
        looks += 1
        let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        guard let name = String(validating: bytes, as: UTF8.self) else {
            if unnamed.count < max { unnamed.insert(bytes) }
            continue
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return (names.sorted(), unnamed)
}
