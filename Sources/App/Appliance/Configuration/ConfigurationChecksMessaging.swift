/// What the keys of `mqtt` show together.
func messagingChecks(_ configuration: Configuration) -> [CrossFinding] {
    let mqtt = configuration.mqtt
    guard mqtt.enabled else { return [] }
    var findings: [CrossFinding] = []
    func find(_ keys: [String], _ message: String, isWarning: Bool = false) {
        findings.append(CrossFinding(keys: keys, message: message, isWarning: isWarning))
    }
    if !mqtt.tls, !mqtt.isLoopback {
        let host = "\(mqtt.host) is not this machine, and without TLS anyone on the way reads "
        if mqtt.plainTextOK {
            find(
                ["mqtt.plain_text_ok", "mqtt.host", "mqtt.tls"],
                host + "positions and the password and may answer in the broker's place",
                isWarning: true)
        } else {
            find(
                ["mqtt.host", "mqtt.tls", "mqtt.plain_text_ok"],
                host + "along: set mqtt.tls = true (and mqtt.port, mostly 8883), or "
                    + "mqtt.plain_text_ok = true where the network is trusted")
        }
    }
    if (mqtt.cert == nil) != (mqtt.key == nil) {
        find(
            mqtt.cert == nil
                ? ["mqtt.key_credential", "mqtt.cert"] : ["mqtt.cert", "mqtt.key_credential"],
            mqtt.cert == nil
                ? "is the key to no certificate: set mqtt.cert, too"
                : "a certificate needs its private key: set mqtt.key_credential, too")
    }
    if mqtt.tls {
        if mqtt.insecure {
            find(
                ["mqtt.insecure"], "anyone may answer in the broker's place: for tests only",
                isWarning: true)
        }
        if mqtt.port == 1883 {
            find(
                ["mqtt.port", "mqtt.tls"],
                "1883 is mostly the port for plain text: brokers speak TLS at 8883",
                isWarning: true)
        }
    } else {
        let unread: [(key: String, isSet: Bool)] = [
            ("mqtt.ca", mqtt.ca != nil), ("mqtt.cert", mqtt.cert != nil),
            ("mqtt.key_credential", mqtt.key != nil), ("mqtt.insecure", mqtt.insecure),
        ]
        for (key, isSet) in unread where isSet {
            find([key], "is not read while mqtt.tls = false", isWarning: true)
        }
    }
    let commands = configuration.commands
    if commands.perMinuteMax > commands.totalPerMinuteMax {
        find(
            ["commands.per_minute_max", "commands.total_per_minute_max"],
            "is above commands.total_per_minute_max, which cuts every client to "
                + "\(commands.totalPerMinuteMax)", isWarning: true)
    }
    return findings
}
