import Messaging

extension Configuration {
    /// Made at the first start, in `storage.path`.
    package static let commandKeyName = "command.key"

    /// The file of the keys that commands are signed with.
    /// - Throws: where a credential that is named is not to be had.
    package func commandKeyFile(
        environment: [String: String]
    ) throws(CredentialError) -> CommandKeyFile {
        guard let key = commands.key else {
            return CommandKeyFile(storage.path + "/" + Self.commandKeyName)
        }
        let credentials = Credentials(environment: environment, store: storage.path)
        switch key {
        case .file(let path): return CommandKeyFile(path)
        case .name(let name):
            let own = "\(storage.path)/credentials/\(name)"
            let path = try credentials.path(of: key) ?? own
            return CommandKeyFile(path, isCredential: path != own)
        }
    }

    /// Only the daemon makes a key, and only where none was configured.
    package var makesCommandKey: Bool { commands.key == nil }
}
