import Foundation
import Glibc
import Messaging
import Synchronization
import TestSupport
import Testing

@Suite struct CommandKeyFileTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("S10: a new key is its owner's alone and reads back")
    func make() throws {
        let folder = try ScratchFolder()
        let before = umask(0)
        defer { umask(before) }
        let file = CommandKeyFile(folder.path + "/command.keys")
        #expect(throws: CommandKeyError.absent(path: file.path)) { try file.load() }
        let key = try file.make()
        #expect(key.algorithm == .hs256)
        #expect(mode(file.path) == 0o600)
        #expect(try file.load().all == [key])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }

    @Test("Nothing is written over; a first start makes a key once")
    func noOverwriting() throws {
        let folder = try ScratchFolder()
        let file = CommandKeyFile(folder.path + "/command.keys")
        let keys = try file.loadOrMake()
        #expect(throws: CommandKeyError.exists(path: file.path)) { try file.make() }
        #expect(try file.loadOrMake() == keys)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        #expect(throws: CommandKeyError.self) {
            try CommandKeyFile(folder.path + "/none/command.keys").make()
        }
    }

    @Test("A new key takes the place of the old one and leaves the others")
    func rotate() throws {
        let folder = try ScratchFolder()
        let file = CommandKeyFile(folder.path + "/command.keys")
        let old = try file.make(.edDSA, kid: "desk")
        let stamp = try #require(file.stamp)
        #expect(throws: CommandKeyError.unknown(kid: "x", path: file.path)) {
            try file.rotate("x")
        }
        #expect(throws: CommandKeyError.twice("desk")) { try file.rotate(to: "desk") }
        let new = try file.rotate(to: "desk2")
        #expect(new.algorithm == .edDSA && new != old)
        #expect(try file.load().all == [new])
        #expect(mode(file.path) == 0o600)
        #expect(file.stamp != stamp)
        // A second one beside it.
        let other = try CommandKey.mint(.hs256, kid: "phone")
        try (new.line + "\n" + other.line).write(
            toFile: file.path, atomically: false, encoding: .utf8)
        #expect(throws: CommandKeyError.whichOne(path: file.path, kids: ["desk2", "phone"])) {
            try file.rotate()
        }
        let third = try file.rotate("phone")
        #expect(try file.load().all == [new, third])
    }

    @Test("S10: a file that others may read is refused", arguments: [0o640, 0o604, 0o660, 0o644])
    func exposed(mode: Int) throws {
        let folder = try ScratchFolder()
        let file = CommandKeyFile(folder.path + "/command.keys")
        _ = try file.make()
        chmod(file.path, mode_t(mode))
        #expect(throws: CommandKeyError.exposed(path: file.path, mode: UInt32(mode))) {
            try file.load()
        }
        let credential = CommandKeyFile(file.path, isCredential: true)
        if mode & 0o007 == 0 {
            #expect(try credential.load().all.count == 1)
        } else {
            #expect(throws: CommandKeyError.self) { try credential.load() }
        }
    }

    @Test("A file without keys stops a start; emptied later, it is told once and no key holds")
    func empty() throws {
        let folder = try ScratchFolder()
        let file = CommandKeyFile(folder.path + "/command.keys")
        let key = try file.make()
        let troubles = Mutex<[CommandKeyError]>([])
        let source = try CommandKeySource(file) { error in troubles.withLock { $0.append(error) } }
        #expect(source.keys.all == [key])
        try "# none yet\n\n".write(toFile: file.path, atomically: false, encoding: .utf8)
        #expect(source.keys.all.isEmpty && source.keys.all.isEmpty)
        #expect(troubles.withLock { $0 } == [.empty(path: file.path)])
        #expect(throws: CommandKeyError.empty(path: file.path)) {
            try CommandKeySource(file, makes: true) { _ in }
        }
    }

    @Test("What is no file of keys is refused, not waited for")
    func strange() throws {
        let folder = try ScratchFolder()
        #expect(throws: CommandKeyError.self) { try CommandKeyFile(folder.path).load() }
        let pipe = folder.path + "/pipe"
        mkfifo(pipe, 0o600)
        #expect(throws: CommandKeyError.self) { try CommandKeyFile(pipe).load() }
        let large = folder.path + "/large"
        _ = FileManager.default.createFile(
            atPath: large, contents: Data(count: CommandKeyFile.bytesMax + 1),
            attributes: [.posixPermissions: 0o600])
        #expect(throws: CommandKeyError.self) { try CommandKeyFile(large).load() }
    }
}
