import Domain

/// A word of a fixed set, as it stands in the file.
typealias ConfigurationWord = RawRepresentable<String> & CaseIterable & Sendable & Equatable

extension Codec where T: ConfigurationWord {
    /// One of the type's words. `later` are words that other versions know: they are refused with
    /// that reason.
    static func choice(later: [String] = []) -> Codec {
        let expectation = wordList(T.allCases.map(\.rawValue))
        return Codec(
            expectation,
            read: { (value, _) throws(KeyProblems) in
                if case .string(let text) = value, let word = T(rawValue: text) { return word }
                throw KeyProblems(choiceMessage(expectation, value, later))
            }, write: { quoted($0.rawValue) })
    }
}

/// A list of words of a fixed set, none twice.
func choices<Word: ConfigurationWord>(
    _: Word.Type, countMin: Int, later: [String]
) -> Codec<[Word]> {
    let one = wordList(Word.allCases.map(\.rawValue))
    let expectation = (countMin > 0 ? "a list of at least one of " : "a list of ") + one
    return Codec<[Word]>(
        expectation, isList: true,
        read: { (value, _) throws(KeyProblems) in
            guard case .list(let members) = value, members.count >= countMin else {
                throw KeyProblems("must be \(expectation), is \(value.shown)")
            }
            var words: [Word] = []
            var problems: [KeyProblem] = []
            for member in members {
                guard case .string(let text) = member, let word = Word(rawValue: text) else {
                    let message = choiceMessage("made of \(one)", member, later)
                    problems.append(KeyProblem(message: message))
                    continue
                }
                if words.contains(word) {
                    problems.append(KeyProblem(message: "names \(quoted(text)) twice"))
                } else {
                    words.append(word)
                }
            }
            if !problems.isEmpty { throw KeyProblems(problems) }
            return words
        }, write: { listText($0.map(\.rawValue)) })
}

private func choiceMessage(
    _ expectation: String, _ value: ConfigurationValue, _ later: [String]
) -> String {
    var message = "must be \(expectation), is \(value.shown)"
    if case .string(let text) = value, later.contains(text) {
        message += ", which is not built into this version"
    }
    return message
}

/// `"a", "b" or "c"`
private func wordList(_ words: [String]) -> String {
    let words = words.map(quoted)
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}

private func listText(_ members: [String]) -> String {
    "[" + members.map(quoted).joined(separator: ", ") + "]"
}

/// The strings of a list of at most `countMax`; nil when it is none.
private func strings(_ value: ConfigurationValue, countMax: Int) -> [String]? {
    guard case .list(let members) = value, members.count <= countMax else { return nil }
    var texts: [String] = []
    for member in members {
        guard case .string(let text) = member else { return nil }
        texts.append(text)
    }
    return texts
}

extension Codec where T == [Symbol] {
    static var symbols: Codec {
        let expectation = "a list of at most 5000 symbols"
        return Codec(
            expectation, isList: true,
            read: { (value, _) throws(KeyProblems) in
                guard let texts = strings(value, countMax: 5000) else {
                    throw KeyProblems("must be \(expectation), is \(value.shown)")
                }
                var seen: Set<Symbol> = []
                var symbols: [Symbol] = []
                var problems: [KeyProblem] = []
                for text in texts {
                    if let symbol = Symbol(text) {
                        if seen.insert(symbol).inserted {
                            symbols.append(symbol)
                        } else {
                            problems.append(KeyProblem(message: "names \(symbol) twice"))
                        }
                    } else {
                        problems.append(KeyProblem(message: symbolMessage(text)))
                    }
                }
                if !problems.isEmpty { throw KeyProblems(problems) }
                return symbols
            }, write: { listText($0.map(\.name)) })
    }
}

private func symbolMessage(_ text: String) -> String {
    "\(ConfigurationValue.string(text).shown) is not a symbol: 1 to 15 of A-Z 0-9 . - / in "
        + "capitals, a letter or digit first"
}

extension Codec where T == [Symbol: [String]] {
    /// A table whose keys are symbols; each holds the names that stand for it.
    static var aliases: Codec {
        Codec(
            "a table of symbols, each with a list of names",
            read: { (value, _) throws(KeyProblems) in
                guard case .table(let entries) = value else {
                    throw KeyProblems(
                        "must be a table of symbols, each with a list of names, is \(value.shown)")
                }
                var aliases: [Symbol: [String]] = [:]
                var problems: [KeyProblem] = []
                for (name, value) in entries {
                    guard let symbol = Symbol(name) else {
                        problems.append(KeyProblem(entry: name, message: symbolMessage(name)))
                        continue
                    }
                    guard let names = strings(value, countMax: 100),
                        names.allSatisfy({ (2...100).contains($0.utf8.count) })
                    else {
                        let message =
                            "must be a list of at most 100 names of 2 to 100 bytes, is "
                            + value.shown
                        problems.append(KeyProblem(entry: name, message: message))
                        continue
                    }
                    aliases[symbol] = names
                }
                if !problems.isEmpty { throw KeyProblems(problems) }
                return aliases
            },
            write: { aliases in
                let entries = aliases.sorted { $0.key < $1.key }
                    .map { "\(quotedKey($0.key.name)) = \(listText($0.value))" }
                return entries.isEmpty ? "{}" : "{ " + entries.joined(separator: ", ") + " }"
            })
    }
}

extension Codec where T == String {
    /// A file or folder; relative ones start at the folder of the file that names them.
    static var path: Codec {
        let expectation = "a path of 1 to 1024 bytes"
        return Codec(
            expectation,
            read: { (value, folder) throws(KeyProblems) in
                guard case .string(let text) = value, let path = resolved(text, folder) else {
                    throw KeyProblems("must be \(expectation), is \(value.shown)")
                }
                return path
            }, write: quoted)
    }

    /// The first part of every order's id.
    static var orderPrefix: Codec {
        Codec(
            "1 to 11 of a-z 0-9 -, a letter or digit first",
            match: { value in
                guard case .string(let text) = value, (1...11).contains(text.utf8.count),
                    text.utf8.allSatisfy({
                        ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
                    }), text.first != "-"
                else { return nil }
                return text
            }, write: quoted)
    }
}

extension Codec where T == [String] {
    static var paths: Codec {
        let expectation = "a list of at most 1000 paths"
        return Codec(
            expectation, isList: true,
            read: { (value, folder) throws(KeyProblems) in
                guard let texts = strings(value, countMax: 1000) else {
                    throw KeyProblems("must be \(expectation), is \(value.shown)")
                }
                var paths: [String] = []
                for text in texts {
                    guard let path = resolved(text, folder) else {
                        let shown = ConfigurationValue.string(text).shown
                        throw KeyProblems("must hold paths of 1 to 1024 bytes, holds \(shown)")
                    }
                    paths.append(path)
                }
                return paths
            }, write: listText)
    }
}

/// `text` as an absolute path, `.` and doubled slashes dropped; `..` stays, as a link may lie
/// before it. Nil when it is no path.
private func resolved(_ text: String, _ folder: String) -> String? {
    guard (1...1024).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
    let whole = text.hasPrefix("/") ? text : folder + "/" + text
    return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}
