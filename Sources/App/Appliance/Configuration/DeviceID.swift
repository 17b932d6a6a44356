import Glibc
import Primitives

/// The name of an appliance, stable for as long as its folder of databases is.
///
/// It is drawn at random at the first start and kept in a file of its own, not in the ledger: a
/// ledger that is restored on a second machine does not make two machines speak under one name, nor
/// obey the commands that were signed for the other. Who moves to another machine and wants to keep
/// the name copies the file, or sets `mqtt.id`.
package enum DeviceID {
    /// Its file in `storage.path`.
    package static let fileName = "device-id"

    /// 1 to 32 of a-z 0-9 -, a letter or digit first.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...32).contains(bytes.count) && bytes.first != 0x2D
            && bytes.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
    }

    /// The name in `folder`; nil where none was made yet.
    package static func read(folder: String) throws(DeviceIDError) -> String? {
        let path = folder + "/" + fileName
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .cannotRead(path: path, code: errno)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .cannotRead(path: path, code: errno) }
        var text = String(decoding: bytes[..<count], as: UTF8.self)
        if text.last == "\n" { text.removeLast() }
        guard isValid(text) else { throw .damaged(path: path) }
        return text
    }

    /// The name in `folder`, made now where there is none. Of several processes that make one at
    /// the same time, one wins and all return its name.
    package static func make(folder: String) throws(DeviceIDError) -> String {
        if let name = try read(folder: folder) { return name }
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let name =
            "bw-"
            + String(decoding: (0..<8).map { _ in letters.randomElement() ?? 0x61 }, as: UTF8.self)
        let path = folder + "/" + fileName
        let draft = "\(path).\(name)"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { throw .cannotWrite(path: draft, code: errno) }
        defer { unlink(draft) }
        let bytes = Array((name + "\n").utf8)
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let code = errno
        close(file)
        guard isWritten else { throw .cannotWrite(path: draft, code: code) }
        // Unlike a rename this never takes the place of another's name.
        if link(draft, path) != 0, errno != EEXIST { throw .cannotWrite(path: path, code: errno) }
        guard let kept = try read(folder: folder) else {
            throw .cannotRead(path: path, code: ENOENT)
        }
        return kept
    }
}

package enum DeviceIDError: Error, Sendable, Equatable, CustomStringConvertible {
    case cannotRead(path: String, code: Int32)
    case cannotWrite(path: String, code: Int32)
    case damaged(path: String)

    package var description: String {
        switch self {
        case .cannotRead(let path, let code):
            "\(path): cannot be read: \(String(cString: strerror(code)))"
        case .cannotWrite(let path, let code):
            "\(path): cannot be written: \(String(cString: strerror(code)))"
        case .damaged(let path):
            "\(path): holds no name of 1 to 32 of a-z 0-9 -: write the appliance's name into it, "
                + "or remove it and a new one is made"
        }
    }
}

extension Configuration {
    /// `mqtt.id`, or the name that the first start made. Only the daemon makes one.
    /// - Returns: nil where none was made yet.
    package func deviceID() throws(DeviceIDError) -> String? {
        if let id = mqtt.id { return id }
        return try DeviceID.read(folder: storage.path)
    }

    /// As `deviceID`, and makes the name where there is none.
    package func madeDeviceID() throws(DeviceIDError) -> String {
        if let id = mqtt.id { return id }
        return try DeviceID.make(folder: storage.path)
    }
}
