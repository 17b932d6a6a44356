// How keys stand in a file: a line of JSON for each, with the members of RFC 7517, 7518 and 8037.
//
//     {"kid":"k1a2b3c4d","alg":"HS256","k":"<secret>"}
//     {"kid":"phone","alg":"EdDSA","x":"<point>"}                and "d" where it also signs
//     {"kid":"desk","alg":"ES256","x":"<x>","y":"<y>"}            and "d" where it also signs
//
// Values are base64url without padding. Empty lines and lines that begin with # are passed over.
import Domain
import Primitives

extension CommandKey {
    /// The line of the file, with what is secret and without its end.
    package var line: String {
        var members: [(key: String, value: OrderedJSON)] = [
            ("kid", .string(kid)), ("alg", .string(algorithm.rawValue)),
        ]
        func add(_ name: String, _ bytes: some Sequence<UInt8>) {
            members.append((name, .string(Base64URL.encode(bytes))))
        }
        switch material {
        case .secret(let secret): add("k", secret)
        case .edwards(let point, let seed):
            add("x", point)
            if let seed { add("d", seed) }
        case .p256(let point, let number):
            add("x", point[..<32])
            add("y", point[32...])
            if let number { add("d", number) }
        }
        return OrderedJSON.object(members).compact
    }
}

extension CommandKeys {
    /// What is secret of the keys, as the file spells it: no log may show it.
    package var secretTexts: [String] {
        all.compactMap { key in
            switch key.material {
            case .secret(let secret): Base64URL.encode(secret)
            case .edwards(_, let seed): seed.map { Base64URL.encode($0) }
            case .p256(_, let number): number.map { Base64URL.encode($0) }
            }
        }
    }

    /// As a file holds them.
    package var text: String { all.map { $0.line + "\n" }.joined() }

    /// - Parameter path: for the messages.
    /// - Throws: `broken`, `name`, `unfit`, `tooMany`, `twice`.
    package static func parse(
        _ text: [UInt8], path: String
    ) throws(CommandKeyError) -> CommandKeys {
        var keys: [CommandKey] = []
        var number = 0
        for line in text.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if isBlank || line.first == UInt8(ascii: "#") { continue }
            do throws(Wrong) {
                keys.append(try key(line))
            } catch {
                switch error {
                case .line(let reason): throw .broken(path: path, line: number, reason: reason)
                case .key(let error):
                    throw .broken(path: path, line: number, reason: error.description)
                }
            }
        }
        return try CommandKeys(keys)
    }

    private enum Wrong: Error {
        case line(String)
        case key(CommandKeyError)
    }

    private static func key(_ line: ArraySlice<UInt8>) throws(Wrong) -> CommandKey {
        // The reader's own words may hold a member's name, which may be a secret in a wrong place.
        guard let value = try? JSONReader.read(line), case .object(let members) = value else {
            throw .line("is no JSON object with each member once")
        }
        guard case .string(let kid) = value["kid"] else { throw .line("kid is missing") }
        guard case .string(let name) = value["alg"],
            let algorithm = CommandKey.Algorithm(
                rawValue: name)
        else {
            let known = CommandKey.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw .line("alg must be one of \(known)")
        }
        let (needed, optional): ([String], [String]) =
            switch algorithm {
            case .hs256: (["k"], [])
            case .edDSA: (["x"], ["d"])
            case .es256: (["x", "y"], ["d"])
            }
        var bytes: [String: [UInt8]] = [:]
        for member in members where member.key != "kid" && member.key != "alg" {
            guard (needed + optional).contains(member.key) else {
                throw .line(
                    "a key of \(name) has the members kid, alg, "
                        + (needed + optional).joined(separator: ", ") + " and no others")
            }
            guard case .string(let text) = member.value, let value = Base64URL.decode(text.utf8)
            else { throw .line("\(member.key) is not base64url without padding") }
            bytes[member.key] = value
        }
        for name in needed where bytes[name] == nil { throw .line("\(name) is missing") }
        do throws(CommandKeyError) {
            switch algorithm {
            case .hs256: return try CommandKey(kid: kid, secret: bytes["k"] ?? [])
            case .edDSA:
                return try CommandKey(kid: kid, edwards: bytes["x"] ?? [], seed: bytes["d"])
            case .es256:
                guard bytes["x"]?.count == 32, bytes["y"]?.count == 32 else {
                    throw .unfit(kid: kid, reason: "x and y have 32 bytes each")
                }
                return try CommandKey(
                    kid: kid, p256: (bytes["x"] ?? []) + (bytes["y"] ?? []), number: bytes["d"])
            }
        } catch { throw .key(error) }
    }
}
