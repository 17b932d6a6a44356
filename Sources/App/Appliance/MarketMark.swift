import Domain
import Foundation
import Storage

/// The store was filled from another market than the one that is configured.
package struct OtherMarket: Error, Sendable, Equatable, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String {
        "\(path): \(reason); give another storage.path"
    }
}

/// Ties a store to the market that fills it: the ledger only knows how many bars were taken, and
/// of another market as many would be passed over.
///
/// The file `market` holds a line for each thing that decides which bars come. It is the beginning
/// of the lines of the market: files may be added at the end, and a line that was cut is mended.
package func demandSameMarket(
    _ configuration: Configuration, interval: Span, folder: String
) throws {
    let files = FileManager.default
    if files.fileExists(atPath: folder + "/" + StoreAccess.backtestMark) {
        throw OtherMarket(path: folder, reason: "this store was made by a backtest")
    }
    let path = folder + "/market"
    let lines = marketLines(configuration, interval: interval)
    let text = lines.map { $0 + "\n" }.joined()
    let stored = try StoreFiles.text(path, max: 1 << 20) ?? ""
    if stored == text { return }
    // The last line counts once it is whole.
    let known = stored.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    for (index, line) in known.enumerated() where index >= lines.count || line != lines[index] {
        let now = index < lines.count ? "“\(lines[index])” is configured" : "no such is configured"
        throw OtherMarket(
            path: folder,
            reason: "this store belongs to another market: it has “\(line)” where \(now)")
    }
    try StoreFiles.replace(path, with: text)
}

private func marketLines(_ configuration: Configuration, interval: Span) -> [String] {
    let market = configuration.market
    let symbols = configuration.trading.symbols.map(\.name)
    var lines = [
        "kind \(market.kind.rawValue)", "interval_seconds \(interval.seconds)",
    ]
    switch market.kind {
    case .simulated:
        let simulation = market.simulation
        lines.append("seed \(simulation.seed)")
        lines.append("start \(simulation.start)")
        lines.append(
            symbols.isEmpty
                ? "symbols_count \(simulation.symbolsCount)"
                : "symbols \(symbols.joined(separator: ","))")
    case .replay:
        let traded = symbols.isEmpty ? "all" : symbols.sorted().joined(separator: ",")
        lines.append("symbols \(traded)")
        lines += market.bars.map { "file \(($0 as NSString).lastPathComponent)" }
    }
    return lines
}
