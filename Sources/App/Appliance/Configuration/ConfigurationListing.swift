import Primitives

/// The configuration as a person looks at it: what is in force and where it comes from.
package struct ConfigurationListing {
    let loaded: LoadedConfiguration
    let keys: [ConfigurationKey]

    /// - Parameter onlyChanged: leave out the keys that have their default.
    package init(_ loaded: LoadedConfiguration, onlyChanged: Bool) {
        self.loaded = loaded
        keys = ConfigurationSchema.keys.filter {
            !onlyChanged || $0.show(loaded.configuration) != $0.defaultText
        }
    }

    private func origin(_ key: ConfigurationKey) -> String {
        loaded.origins[key.path]?.description ?? "default"
    }

    /// TOML that gives the same configuration when it is read again, each value with its place.
    package var text: String {
        var text = "\(ConfigurationFormat.versionKey) = \(ConfigurationFormat.current.version)\n"
        var table = ""
        for key in keys {
            if key.table != table {
                text += "\n[\(key.table)]\n"
                table = key.table
            }
            text += "\(key.name) = \(key.show(loaded.configuration))  # \(oneLine(origin(key)))\n"
        }
        return text
    }

    /// A path may hold anything, a comment may not.
    private func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? "?" : $0 }))
    }

    package var json: OrderedJSON {
        .object([
            ("config_version", .integer(ConfigurationFormat.current.version)),
            ("files", .array(loaded.files.map(OrderedJSON.string))),
            (
                "keys",
                .object(
                    keys.map { key in
                        let origin = loaded.origins[key.path]
                        return (
                            key.path,
                            .object([
                                ("value", jsonValue(key.show(loaded.configuration))),
                                ("file", OrderedJSON(text: origin?.file)),
                                ("line", origin?.line.map(OrderedJSON.integer) ?? .null),
                            ])
                        )
                    })
            ),
        ])
    }
}

/// What is known of the keys themselves.
extension ConfigurationKey {
    /// As `config explain` shows it. `loaded` adds the value in force.
    package func explained(_ loaded: LoadedConfiguration?) -> String {
        var rows: [(String, String)] = []
        if let loaded {
            let origin = loaded.origins[path]?.description ?? "default"
            rows.append(("value", "\(show(loaded.configuration))  (\(origin))"))
        }
        rows.append(("default", defaultText))
        rows.append(("type", type))
        rows.append(("must be", expectation))
        if let unit { rows.append(("unit", unit)) }
        if isLimit { rows.append(("limit", "\"none\" is for backtests only")) }
        rows.append(("changes", isReloaded ? "at a reload" : "from the next start"))
        let lines = rows.map { name, value in
            "  " + name + String(repeating: " ", count: 9 - name.count) + value
        }
        return "\(path)\n  \(help)\n\n" + lines.joined(separator: "\n") + "\n"
    }

    package var json: OrderedJSON {
        .object([
            ("key", .string(path)), ("type", .string(type)), ("default", jsonValue(defaultText)),
            ("expectation", .string(expectation)), ("unit", OrderedJSON(text: unit)),
            ("limit", .flag(isLimit)), ("reload", .flag(isReloaded)), ("help", .string(help)),
        ])
    }
}

extension ConfigurationProblem {
    package var json: OrderedJSON {
        .object([
            ("file", .string(file)), ("line", line.map(OrderedJSON.integer) ?? .null),
            ("key", OrderedJSON(text: key)), ("message", .string(message)),
        ])
    }
}

/// `toml` as `check-config --json` and its like write it.
private func jsonValue(_ toml: String) -> OrderedJSON {
    let source = try? ConfigurationSource(
        name: "", folder: "", bytes: Array("value = \(toml)".utf8))
    return source?.entries.first.map { json($0.value) } ?? .string(toml)
}

private func json(_ value: ConfigurationValue) -> OrderedJSON {
    switch value {
    case .string(let text): .string(text)
    case .integer(let number): .integer(Int(number))
    case .number(let number): .number(number)
    case .flag(let flag): .flag(flag)
    case .date(let date): .string("\(date)")
    case .list(let members): .array(members.map(json))
    case .table(let members): .object(members.map { ($0.name, json($0.value)) })
    case .other(let what): .string(what)
    }
}

extension ConfigurationSchema {
    /// The key of that name.
    /// - Throws: a sentence that names the nearest one.
    package static func key(_ path: String) throws(ConfigurationProblem) -> ConfigurationKey {
        if let key = byPath[path] { return key }
        let message =
            tables.contains(path)
            ? "is a table: name one of its keys" : unknownMessage(path, nil)
        throw ConfigurationProblem(file: "bellwether", key: path, message: message)
    }
}
