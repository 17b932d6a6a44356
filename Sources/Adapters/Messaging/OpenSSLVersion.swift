import COpenSSL

/// Of the libcrypto that this program was loaded with, without its name and date.
package func opensslVersion() -> String {
    let words = String(cString: OpenSSL_version(OPENSSL_VERSION)).split(separator: " ")
    return words.count > 1 ? String(words[1]) : "unknown"
}
