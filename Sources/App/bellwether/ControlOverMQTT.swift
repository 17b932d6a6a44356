import Appliance
import ArgumentParser
import Domain
import Foundation
import Glibc
import Host
import Messaging
import Primitives

/// Where the broker is and who asks; what is not given comes from the configuration.
struct MQTTOptions: ParsableArguments {
    @Flag(help: "Ask over the MQTT broker instead of the daemon's socket; signed where needed.")
    var mqtt = false
    @Option(
        help: ArgumentHelp(
            "The broker; else mqtt.host. To another than that goes neither user nor password nor "
                + "certificate of the configuration.", valueName: "name"))
    var host: String?
    @Option(help: ArgumentHelp("Its port; else mqtt.port.", valueName: "port")) var port: Int?
    @Option(
        help: ArgumentHelp("The first level of the topics; else mqtt.base.", valueName: "topic"))
    var base: String?
    @Option(
        help: ArgumentHelp(
            "The appliance; else mqtt.id, or the name that its first start made.",
            valueName: "name"))
    var id: String?
    @Option(
        help: ArgumentHelp(
            "Who you are at the broker; else mqtt.username and its password.", valueName: "name"))
    var user: String?
    @Option(
        help: ArgumentHelp(
            "The file with the password to --user; nobody else may read it.", valueName: "file"))
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "Use TLS; the broker's certificate is signed by one of these, in PEM: a file or a "
                + "folder. Else mqtt.tls and mqtt.ca.", valueName: "path"))
    var ca: String?
    @Flag(help: "Ask over a network without TLS: others can read along, and answer instead.")
    var plainTextOk = false
    @Option(
        help: ArgumentHelp(
            "The file with the key that signs, see ctl key; else commands.key_credential.",
            valueName: "file"))
    var key: String?
    @Option(help: ArgumentHelp("Which key of the file.", valueName: "name")) var kid: String?

    func validate() throws {
        let given = [host, base, id, user, passwordFile, ca, key, kid].contains { $0 != nil }
        if !mqtt && (given || port != nil || plainTextOk) {
            throw ValidationError("these options need --mqtt before the verb")
        }
        if user == nil && passwordFile != nil {
            throw ValidationError("--password-file needs --user")
        }
    }
}

/// Asks the daemon over MQTT.
struct MQTTAccess {
    let options: MQTTOptions
    let configuration: Configuration

    func ask(_ request: ControlRequest, seconds: Double = 30) throws -> ControlAnswer {
        let config = try connection()
        let transaction = request.transaction ?? ControlAccess.transaction()
        let payload = try payload(request, transaction, id: config.id)
        let bytes: [UInt8]
        do throws(RequestClientError) {
            bytes = try RequestClient.ask(
                config, verb: request.verb.name, payload: payload, transaction: transaction,
                seconds: seconds)
        } catch {
            complain("bellwether: \(error)")
            if case .setup(.plainText) = error {
                complain("bellwether: for this request alone: --ca, or --plain-text-ok")
            }
            switch error {
            case .setup: throw Exit.configuration
            case .unreachable, .absent: throw Exit.unavailable
            case .refused, .denied: throw Exit.permission
            case .silent, .broken: throw Exit.tryLater
            }
        }
        guard let value = try? JSONReader.read(bytes[...]), let answer = ControlAnswer(value) else {
            complain("bellwether: the answer is none of a daemon's")
            throw Exit.tryLater
        }
        return answer
    }

    private func payload(
        _ request: ControlRequest, _ transaction: String, id: String
    ) throws -> String {
        var args: [(key: String, value: OrderedJSON)] = []
        if case .object(let members) = try JSONReader.read(Array(request.line.utf8)[...])["args"] {
            args = members.map { ($0.key, OrderedJSON($0.value)) }
        }
        guard let key = try signingKey(request) else {
            return CommandSigner.plain(transaction: transaction, args: args)
        }
        let issuer = "ctl-" + ControlPeer.name(of: geteuid())
        guard
            let token = CommandSigner.sign(
                verb: request.verb.name, args: args, transaction: transaction,
                issuer: String(issuer.prefix(64).filter { $0.isASCII && !$0.isWhitespace }),
                deviceID: id, now: wallTime(), key: key)
        else {
            complain("bellwether: the key \(key.kid) only verifies: it has no private part")
            throw Exit.configuration
        }
        return token
    }

    /// Nil where the request goes without: questions do, and a pause for which there is no key.
    private func signingKey(_ request: ControlRequest) throws -> CommandKey? {
        guard request.needsProof || request.isPause else { return nil }
        do throws(CommandKeyError) {
            return try keyFile().load().only(options.kid)
        } catch {
            if request.isPause && options.key == nil { return nil }
            complain("bellwether: \(error)")
            if !request.needsProof {
                complain("bellwether: without --key the pause goes unsigned")
            } else if options.key == nil {
                complain("bellwether: \(request.verb.name) over MQTT needs a key: give --key")
            }
            throw Exit.code(error)
        }
    }

    private func keyFile() throws(CommandKeyError) -> CommandKeyFile {
        if let path = options.key { return CommandKeyFile(path) }
        do {
            return try configuration.commandKeyFile(
                environment: ProcessInfo.processInfo.environment)
        } catch {
            throw .unreadable(path: configuration.storage.path, reason: "\(error)")
        }
    }

    private func connection() throws -> MessagingConfig {
        guard let id = try options.id ?? configuration.deviceID() else {
            complain(
                "bellwether: no appliance is known here: give --id, the name after "
                    + "\(options.base ?? configuration.mqtt.base)/ in its topics")
            throw Exit.usage
        }
        var config: MessagingConfig
        do {
            config = try MessagingConfig(
                addressed, ProcessInfo.processInfo.environment, id: id, boot: 0)
        } catch let error as MessagingSetupError {
            complain("bellwether: \(error); or say who you are with --user")
            throw Exit.configuration
        } catch {
            complain("bellwether: \(error)")
            throw Exit.permission
        }
        if let user = options.user { (config.username, config.password) = (user, try password()) }
        return config
    }

    /// The configuration as the options change it. What it says of its own broker, who we are there
    /// and what may be left out, is for no other.
    private var addressed: Configuration {
        var configuration = configuration
        var mqtt = configuration.mqtt
        if options.user != nil { mqtt.username = nil }
        if let host = options.host, host != mqtt.host {
            (mqtt.host, mqtt.username) = (host, nil)
            (mqtt.cert, mqtt.key) = (nil, nil)
            (mqtt.insecure, mqtt.plainTextOK) = (false, false)
        }
        if options.plainTextOk { mqtt.plainTextOK = true }
        if let port = options.port { mqtt.port = port }
        if let base = options.base { mqtt.base = base }
        if let ca = options.ca { (mqtt.tls, mqtt.ca) = (true, ca) }
        configuration.mqtt = mqtt
        return configuration
    }

    private func password() throws -> String? {
        guard let file = options.passwordFile else { return nil }
        let credentials = Credentials(
            environment: ProcessInfo.processInfo.environment, store: configuration.storage.path)
        do throws(CredentialError) {
            return try credentials.read(.file(absolute(file)))?.text
        } catch {
            complain("bellwether: \(error)")
            throw Exit.permission
        }
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

extension CommandKeys {
    /// The key of that name; nil: the only one.
    func only(_ kid: String?) throws(CommandKeyError) -> CommandKey {
        let found = kid.map { kid in all.filter { $0.kid == kid } } ?? all
        if found.count == 1 { return found[0] }
        throw kid == nil
            ? .whichOne(path: "the file of keys", kids: all.map(\.kid))
            : .unknown(kid: kid ?? "", path: "the file of keys")
    }
}

extension Exit {
    static func code(_ error: CommandKeyError) -> ExitCode {
        switch error {
        case .unreadable: permission
        case .absent: unavailable
        case .unwritable: io
        case .exists, .unknown, .whichOne, .name, .twice: usage
        case .unfit, .tooMany, .exposed, .broken, .empty: configuration
        }
    }
}
