/// Why `path` is refused, and what was probably meant.
func unknownMessage(_ path: String, _ value: ConfigurationValue?) -> String {
    let isTable = if case .table = value { true } else { false }
    let known = ConfigurationSchema.keys.map(\.path)
    let candidates = isTable ? ConfigurationSchema.tables : known
    let what = isTable ? "unknown table" : "unknown key"
    if ConfigurationSchema.byPath[path + "_credential"] != nil {
        return "\(what); \(path)_credential says where it is kept, never this file"
    }
    if let secret = secretWord(path) {
        return "\(what); a \(secret) never stands in this file, it comes from a credential"
    }
    if let meant = likely(path, among: candidates) {
        return "\(what), perhaps \(meant) is meant"
    }
    return what
}

/// The same table's keys first, then the same name in another table, then all.
private func likely(_ path: String, among candidates: [String]) -> String? {
    // Names longer than any of ours are not compared.
    guard path.utf8.count <= 80 else { return nil }
    let name = path.split(separator: ".").last.map(String.init) ?? path
    let table = path.dropLast(name.count)
    let siblings = candidates.filter {
        $0.hasPrefix(table) && !$0.dropFirst(table.count).contains(".")
    }
    if !table.isEmpty,
        let near = nearestName(
            to: name, among: siblings.map { String($0.dropFirst(table.count)) })
    {
        return table + near
    }
    let namesakes = candidates.filter { $0.hasSuffix(".\(name)") }
    if namesakes.count == 1 { return namesakes[0] }
    return nearestName(to: path, among: candidates)
}

private func secretWord(_ path: String) -> String? {
    let lowered = path.lowercased()
    if ["secret", "password", "token", "passphrase"].contains(where: lowered.contains) {
        return "secret"
    }
    return ["api_key", "apikey", "key_id"].contains(where: lowered.contains) ? "key" : nil
}
