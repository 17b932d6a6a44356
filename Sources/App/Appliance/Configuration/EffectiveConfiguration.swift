/// The whole configuration as TOML, every key with its value. Read again, it gives an equal
/// configuration; paths are absolute in it.
package func effectiveConfiguration(_ configuration: Configuration) -> String {
    var text = "\(ConfigurationFormat.versionKey) = \(ConfigurationFormat.current.version)\n"
    var table = ""
    for key in ConfigurationSchema.keys {
        if key.table != table {
            text += "\n[\(key.table)]\n"
            table = key.table
        }
        text += "\(key.name) = \(key.show(configuration))\n"
    }
    return text
}
