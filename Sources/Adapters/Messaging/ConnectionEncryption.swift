import CMosquitto
import Glibc

extension MessagingConfig.TLS {
    /// Which certificates are trusted.
    ///
    /// - Parameter ca: a file, a folder, or nil for those of the system; what is not there counts as
    ///   a file, and is found to be missing by `MessagingConfig.check`.
    package mutating func trust(_ ca: String?) {
        caFile = ca
        guard let ca else { return }
        var kind = stat()
        if stat(ca, &kind) == 0, kind.st_mode & S_IFMT == S_IFDIR { (caFile, caFolder) = (nil, ca) }
    }

    /// - Returns: the library's code for the first thing that it did not take; 0 is none.
    func apply(to handle: OpaquePointer) -> Int32 {
        // Without this a key with a passphrase would be asked for at a terminal.
        let noPassphrase:
            @convention(c) (
                UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
            ) -> Int32 = { _, _, _, _ in 0 }
        let files = mosquitto_tls_set(
            handle, caFile, caFile == nil ? caFolder : nil, certificate, key, noPassphrase)
        guard files == MOSQ_ERR_SUCCESS.rawValue else { return files }
        // 1 is SSL_VERIFY_PEER; the version is the least that is taken.
        let options = mosquitto_tls_opts_set(handle, isInsecure ? 0 : 1, "tlsv1.2", nil)
        guard options == MOSQ_ERR_SUCCESS.rawValue else { return options }
        return mosquitto_tls_insecure_set(handle, isInsecure)
    }
}
