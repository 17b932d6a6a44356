import Domain
import Foundation
import NewsFeeds

/// A folder of this test's own, gone with it.
final class ScratchFolder {
    let url: URL
    var path: String { url.path }

    init() {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("bellwether-news-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write(Data(text.utf8), to: name)
    }

    @discardableResult
    func write(_ bytes: Data, to name: String) throws -> String {
        try bytes.write(to: url.appendingPathComponent(name))
        return url.appendingPathComponent(name).path
    }

    func names(_ folder: String) -> [String] {
        let path = url.appendingPathComponent(folder).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    func text(_ name: String) -> String {
        (try? String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }
}

/// 13:30 UTC of weekdays, at or after the instant.
func nextOpen(_ instant: Timestamp) -> Timestamp? {
    var date = instant.utcDate
    for _ in 0..<10 {
        let open = Timestamp(date, secondsOfDay: 13 * 3600 + 1800)
        if (1...5).contains(date.weekday), open >= instant { return open }
        date = date.adding(days: 1)
    }
    return nil
}

func jsonLine(
    id: String = "\"n1\"", headline: String = "\"Alfa beats\"", symbols: String = "[\"ALFA\"]",
    createdAt: String = "\"2021-04-20T14:00:00Z\""
) -> String {
    #"{"id": \#(id), "headline": \#(headline), "symbols": \#(symbols), "created_at": \#(createdAt)}"#
}
