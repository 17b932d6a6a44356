import Foundation

extension Configuration {
    /// Where the daemon of this configuration takes commands.
    package var controlPath: String {
        if let path = control.path { return path }
        let folder = "/run/bellwether"
        let isService =
            storage.path == StorageSettings().path
            && FileManager.default.fileExists(atPath: folder)
        return (isService ? folder : storage.path) + "/control.sock"
    }
}
