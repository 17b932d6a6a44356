import Domain
import Glibc
import MarketFeeds

/// A folder of this test's own, gone with it.
final class ScratchFolder {
    let path: String

    init() {
        var template = Array("/tmp/bellwether-feeds-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? ""
        precondition(!path.isEmpty, "no room for test files under /tmp")
    }

    deinit {
        for name in ["a.csv", "b.csv", "c.csv", "notes.txt", "x.csv.gz"] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }

    @discardableResult
    func write(_ bytes: some Collection<UInt8>, to name: String = "a.csv") -> String {
        let file = "\(path)/\(name)"
        let handle = fopen(file, "w")
        precondition(handle != nil, "cannot write \(file)")
        let bytes = Array(bytes)
        fwrite(bytes, 1, bytes.count, handle)
        fclose(handle)
        return file
    }

    @discardableResult
    func write(_ text: String, to name: String = "a.csv") -> String {
        write(Array(text.utf8), to: name)
    }
}

let header = "symbol,timestamp,open,high,low,close,volume\n"

/// Everything a feed gives, as rows of text, with its defects.
struct Reading: Equatable {
    var rows: [String] = []
    var defects = DefectLog()
    var interval = Span.zero

    init(_ file: BarFile) throws(FeedError) {
        var file = file
        var bars: [Bar] = []
        while try file.read(into: &bars) {}
        rows = bars.map { csvRow($0, file.symbols[$0.symbol]) }
        defects = file.defects
        interval = file.interval
    }

    init(
        _ paths: String..., interval: Span? = nil, onDefect: DefectPolicy = .skip,
        bufferBytes: Int = 1 << 20, capacity: Int = 8192
    ) throws(FeedError) {
        try self.init(
            try BarFile(
                paths: paths, interval: interval, symbols: SymbolTable(capacity: capacity),
                onDefect: onDefect, bufferBytes: bufferBytes))
    }
}
