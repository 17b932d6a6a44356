/// The manual page bellwether.toml(5) in mdoc, written from the table of keys, so that none is
/// missing and no default is another than the program's. A test holds the page that is shipped to it.
package func configurationManual() -> String {
    var page = opening
    var table = ""
    for key in ConfigurationSchema.keys {
        if key.table != table {
            page += (table.isEmpty ? "" : ".El\n") + ".Ss [\(key.table)]\n.Bl -tag -width Ds\n"
            table = key.table
        }
        page += item(key)
    }
    return page + ".El\n" + closing
}

private func item(_ key: ConfigurationKey) -> String {
    var text = ".It Va \(key.name) No = \(argument(key.defaultText))\n"
    text += line(key.help)
    text += line("It must be \(key.expectation).")
    if let unit = key.unit, key.type != "length of time", key.type != "size" {
        text += line("Unit: \(unit).")
    }
    if key.isReloaded { text += "A reload changes it.\n" }
    return text
}

/// A line of running text.
private func line(_ text: String) -> String {
    let plain = text.replacingBackslashes
    return (plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" : "") + plain + "\n"
}

/// One argument of a macro: quoted, so that a space or a word that is itself a macro is just text.
private func argument(_ text: String) -> String {
    var quoted = ""
    for character in text.replacingBackslashes {
        quoted += character == "\"" ? "\\(dq" : String(character)
    }
    return "Li \"\(quoted)\""
}

extension String {
    fileprivate var replacingBackslashes: String {
        var text = ""
        for character in self { text += character == "\\" ? "\\e" : String(character) }
        return text
    }
}

private let opening = """
    .\\" Written by "bellwether config manual" from the table of keys.
    .Dd November 22, 2026
    .Dt BELLWETHER.TOML 5
    .Os
    .Sh NAME
    .Nm bellwether.toml
    .Nd configuration of the trading daemon
    .Sh DESCRIPTION
    .Pa /etc/bellwether/bellwether.toml
    configures
    .Xr bellwether 8 ,
    and in so far as they use it, the other commands of
    .Xr bellwether 1 .
    It is TOML, version 1.0.
    Without it, and as it is shipped, every key has its default: a simulated market,
    paper money, no account and no network.
    .Pp
    Drop-ins are read after it: the files
    .Pa /etc/bellwether/bellwether.toml.d/*.toml
    in the order of their names.
    A later value wins, key by key; a list is replaced as a whole.
    A file given with
    .Fl -config
    has its drop-ins in the folder of its own name with
    .Pa .d
    behind it.
    .Pp
    What is wrong is told all at once, with file, line and key:
    .Dl bellwether check-config
    What is in force, and where each value comes from:
    .Dl bellwether config show
    .Pp
    A change counts from the next start, or, where the key says so, from
    .Dl systemctl reload bellwether
    .Pp
    Lengths of time are written
    .Qq 90s ,
    .Qq 5m ,
    .Qq 2h
    or
    .Qq 3d ,
    sizes
    .Qq 64MB .
    Relative paths start at the folder of the file in which they stand.
    .Ss Secrets
    No secret stands here, only names of credentials: a name is looked for among
    those that systemd gives the service
    .Pq Va LoadCredential No in Xr systemd.exec 5 ,
    then as a file in
    .Pa credentials
    of the store, which its owner alone may read.
    A key that signs commands has at least 32 bytes from a random source; a shorter
    one, or one that is plainly no random one, stops the start.
    .Ss The format's version
    .Bl -tag -width Ds
    .It Va config_version No = Li 1
    Stands at the top, before any table.
    Older versions are read with a warning for each key that has another name now;
    .Nm bellwether config migrate
    rewrites the file.
    A newer one is refused.
    .El
    .Sh KEYS
    Each with its default.

    """

private let closing = """
    .Sh FILES
    .Bl -tag -width Ds -compact
    .It Pa /etc/bellwether/bellwether.toml
    .It Pa /etc/bellwether/bellwether.toml.d/*.toml
    .El
    .Sh EXAMPLES
    .Bd -literal
    # /etc/bellwether/bellwether.toml.d/mine.toml
    [trading]
    symbols = ["AAPL", "MSFT"]

    [risk]
    positions_max = 2
    .Ed
    .Sh SEE ALSO
    .Xr bellwether-config 1 ,
    .Xr bellwether-mqtt 7 ,
    .Xr bellwether 8

    """
