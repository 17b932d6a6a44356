import Appliance
import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine: the time from a bar to an order, and to a durable one.",
        discussion: """
            Reads no store: the data is made up, in a temporary folder. Writes one line a figure.
            """)

    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        try reporting {
            let figures = try measure()
            print(json ? try figuresJSON(figures) : figuresText(figures))
        }
    }
}
