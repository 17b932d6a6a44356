import Backtest
import Domain
import Primitives

/// One row of the schema: everything that is known of a key.
package struct ConfigurationKey: Sendable {
    /// The dotted name, e.g. `risk.positions_max`.
    package let path: String
    /// What a value must be: `an integer from 1 to 1000 or "none"`.
    package let expectation: String
    /// What it means and when to change it, in a sentence or two.
    package let help: String
    /// A risk limit, which may be `"none"` in backtests only.
    package let isLimit: Bool
    /// A reload brings it into force; every other key waits for the next start.
    package let isReloaded: Bool
    /// The value in `configuration`, as TOML.
    package let show: @Sendable (Configuration) -> String
    /// Sets the value; relative paths in it start at the given folder.
    let apply: Apply
    /// Takes over this key's value alone, from the first to the second.
    let copy: @Sendable (Configuration, inout Configuration) -> Void
    /// What kind of value it is, in a word or two: `integer`, `length of time`.
    package let type: String
    /// What is refused is not shown, as it may be a secret.
    let isHidden: Bool
    /// A list: the command line may give its members as words between commas.
    let isList: Bool

    /// The default, as TOML.
    package var defaultText: String { show(Configuration()) }
    /// The part after the last point.
    package var name: String { String(path[path.index(after: lastPoint)...]) }
    /// The part before the last point.
    package var table: String { String(path[..<lastPoint]) }

    typealias Apply =
        @Sendable (inout Configuration, ConfigurationValue, String) throws(KeyProblems) -> Void

    private var lastPoint: String.Index { path.lastIndex(of: ".") ?? path.startIndex }

    /// - Parameter combine: how a later file's value joins an earlier one's; nil: it replaces it.
    init<T>(
        _ path: String, _ field: any WritableKeyPath<Configuration, T> & Sendable,
        _ codec: Codec<T>,
        limit: Bool = false, reload: Bool = false,
        combine: (@Sendable (_ old: T, _ new: T) -> T)? = nil, _ help: String
    ) {
        self.path = path
        self.help = help
        expectation = codec.expectation
        isLimit = limit
        isReloaded = reload
        isHidden = codec.isHidden
        type = typeName(T.self)
        copy = { $1[keyPath: field] = $0[keyPath: field] }
        isList = codec.isList
        show = { codec.write($0[keyPath: field]) }
        apply = { (configuration, value, folder) throws(KeyProblems) in
            let new = try codec.read(value, folder)
            let old = configuration[keyPath: field]
            configuration[keyPath: field] = combine.map { $0(old, new) } ?? new
        }
    }
}

/// How a type of value is described, read and written.
struct Codec<T: Sendable>: Sendable {
    let expectation: String
    var isList = false
    /// What is refused is not shown, as it may be a secret.
    var isHidden = false
    /// The value and the folder at which relative paths start.
    let read: @Sendable (ConfigurationValue, String) throws(KeyProblems) -> T
    /// As TOML, such that `read` gives the same back.
    let write: @Sendable (T) -> String

    init(
        _ expectation: String, isList: Bool = false, isHidden: Bool = false,
        read: @escaping @Sendable (ConfigurationValue, String) throws(KeyProblems) -> T,
        write: @escaping @Sendable (T) -> String
    ) {
        self.expectation = expectation
        self.isList = isList
        self.isHidden = isHidden
        self.read = read
        self.write = write
    }

    /// For readers that only say whether a value is what is expected.
    init(
        _ expectation: String, match: @escaping @Sendable (ConfigurationValue) -> T?,
        write: @escaping @Sendable (T) -> String
    ) {
        self.init(
            expectation,
            read: { (value, _) throws(KeyProblems) in
                guard let result = match(value) else {
                    throw KeyProblems("must be \(expectation), is \(value.shown)")
                }
                return result
            }, write: write)
    }

    /// This type, or `word`, which stands for nil.
    func or(_ word: String) -> Codec<T?> {
        let both = "\(expectation) or \(quoted(word))"
        return Codec<T?>(
            both, isHidden: isHidden,
            read: { [read, isHidden] (value, folder) throws(KeyProblems) in
                if value == .string(word) { return nil }
                do { return try read(value, folder) } catch {
                    let rest = isHidden ? "never the secret itself" : "is \(value.shown)"
                    throw KeyProblems("must be \(both), \(rest)")
                }
            },
            write: { [write] in $0.map(write) ?? quoted(word) })
    }
}

/// What a person calls values of this type.
private func typeName<T>(_ type: T.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is Double.Type, is Double?.Type: "number"
    case is MarketSettings.Speed.Type: "number or word"
    case is Int64.Type: "size"
    case is Int.Type, is Int?.Type, is Int32.Type, is UInt64.Type: "integer"
    case is Money.Type: "amount"
    case is Quantity.Type: "quantity"
    case is Span.Type, is Span?.Type: "length of time"
    case is CivilDate.Type: "date"
    case is String.Type, is String?.Type: "text"
    case is CredentialReference.Type, is CredentialReference?.Type: "credential"
    case is [Symbol: [String]].Type: "table"
    case is any RangeReplaceableCollection.Type: "list"
    default: "word"
    }
}
