import Domain
import Engine
import Foundation
import Messaging
import Primitives
import TestSupport
import Testing

@testable import Appliance

@Suite struct PublishingPayloadTests {
    private func recorded() throws -> [OutgoingEvent] {
        var recorder = EventRecorder(boot: 1)
        return recorder.events(
            try PublishingFixture.everything(),
            written: try ReportingFixture.time("2026-11-22T15:04:05.123Z"))
    }

    @Test("A04: every event is valid by the schema of its topic, whatever text is in it")
    func events() throws {
        let events = try recorded()
        #expect(Set(events.map(\.kind)) == Set(OutgoingEvent.Kind.allCases))
        for event in events {
            let schema = try ShippedSchema.named("event-\(event.kind.rawValue)")
            let problems = schema.problems(event.payload)
            #expect(problems.isEmpty, "\(event.kind) \(problems) \(event.payload)")
            #expect(event.payload.utf8.count < 64_000)
            let value = try JSONReader.read(Array(event.payload.utf8)[...])
            #expect(value["id"] == .string(event.id))
        }
        #expect(events.map(\.id) == events.map(\.id).sorted())
        #expect(Set(events.map(\.id)).count == events.count)
    }

    @Test("A04: a trade says what became of the order: fill, reject, denied or canceled")
    func tradeTypes() throws {
        let types = try recorded().filter { $0.kind == .trade }.map { event in
            HomeAssistantRules.text(
                try JSONReader.read(Array(event.payload.utf8)[...])["event_type"]) ?? "none"
        }
        #expect(
            types == [
                "denied", "reject", "reject", "denied", "canceled", "canceled", "canceled", "fill",
            ])
    }

    @Test("Refusals that say nothing of risk stay in the ledger", arguments: RefusalCode.allCases)
    func quiet(code: RefusalCode) throws {
        var recorder = EventRecorder(boot: 1)
        let effect = Effect.record(
            .signal(try PublishingFixture.signal(), .refused(Refusal(code, []))))
        let events = recorder.events(
            [effect], written: try ReportingFixture.time("2026-11-22T15:04:05Z"))
        #expect(events.map(\.kind) == (EventRecorder.isQuiet(code) ? [] : [.signal, .trade]))
    }

    @Test("What is not known is null, what is known is exact")
    func portfolio() throws {
        let schema = try ShippedSchema.named("portfolio")
        let written = try ReportingFixture.time("2026-11-22T15:04:05Z")
        var tally = TradeTally()
        tally.take(try ReportingFixture.trade())
        tally.take(try ReportingFixture.trade(2))
        tally.take(try PublishingFixture.fill())
        let engine = try PublishingFixture.engine()
        for (figures, asOf) in [
            (PortfolioFigures(engine, TradeTally()), nil),
            (PortfolioFigures(engine, tally), written),
        ] {
            let json = figures.json(written: written, asOf: asOf).compact
            let problems = schema.problems(json)
            #expect(problems.isEmpty, "\(problems)")
        }
        #expect(tally.holdSecondsAverage == 5400 && tally.trades == 2)
        #expect(TradeTally().holdSecondsAverage == nil)
    }

    @Test("S03: telemetry counts every class of error, also those that did not occur")
    func telemetry() throws {
        let schema = try ShippedSchema.named("telemetry")
        let written = try ReportingFixture.time("2026-11-22T15:04:05Z")
        var figures = TelemetryFigures()
        #expect(schema.problems(figures.json(written: written).compact).isEmpty)
        figures.boot = 7
        figures.engine.errors = [.transient: 2]
        figures.process = .read()
        figures.commit.take(.milliseconds(4))
        figures.link.depths = [(name: "events", count: 3)]
        figures.outbox = 3
        let text = figures.json(written: written).compact
        #expect(schema.problems(text).isEmpty, "\(schema.problems(text))")
        #expect(
            text.contains(
                #""errors":{"transient":2,"refused":0,"invalid":0,"storage":0,"bug":0}"#))
        #expect(figures.process.residentBytes ?? 0 > 1 << 20)
        #expect(figures.process.bytesWritten != nil)
    }

    @Test("Files of the kernel are read without trust")
    func kernelFiles() {
        let fields = ProcessFigures.parse("VmRSS:\t  123 kB\nbroken\nName: x\nThreads:\t4\n:\n")
        #expect(fields == ["VmRSS": 123, "Threads": 4])
        #expect(ProcessFigures.fields("/nowhere").isEmpty)
    }

    @Test(
        "A schema finds what is missing, too much, or of another kind",
        arguments: [
            (#""v":1"#, #""v":2"#), (#""currency":"USD""#, #""currency":"dollars""#),
            (#""equity":"0.00""#, #""equity":0.0"#),
            (#""closed_trades":0"#, #""closed_trades":-1"#),
            (#""cash":"0.00","#, ""), (#""cash":"#, #""cash2":"#),
            (#""ts":"2026"#, #""ts":"26"#), (#""drawdown_pct":0"#, #""drawdown_pct":null"#),
        ])
    func finds(change: (from: String, to: String)) throws {
        let engine = try PublishingFixture.engine()
        let text = PortfolioFigures(engine, TradeTally()).json(
            written: try ReportingFixture.time("2026-11-22T15:04:05Z"), asOf: nil
        ).compact
        let range = try #require(text.range(of: change.from), "\(text)")
        let schema = try ShippedSchema.named("portfolio")
        #expect(schema.problems(text).isEmpty)
        #expect(!schema.problems(text.replacingCharacters(in: range, with: change.to)).isEmpty)
    }

    @Test("The validators of others agree on the schemas and the events")
    func otherValidator() throws {
        let folder = try ScratchFolder()
        let lines = try recorded().map { #"["event-\#($0.kind.rawValue)",\#($0.payload)]"# }
        try folder.write(lines.joined(separator: "\n"), to: "events.jsonl")
        let script = try folder.write(
            """
            import json, sys
            try:
                import jsonschema
                Validator = jsonschema.Draft202012Validator
            except Exception:
                sys.exit(3)
            import glob, os
            schemas = {}
            for path in glob.glob(sys.argv[1] + "/*.schema.json"):
                schema = json.load(open(path))
                Validator.check_schema(schema)
                schemas[os.path.basename(path)[:-12]] = Validator(schema)
            count = 0
            for line in open(sys.argv[2]):
                name, payload = json.loads(line)
                schemas[name].validate(payload)
                count += 1
            print(len(schemas), count)
            """, to: "check.py")

        let outcome = try ChildProcess(
            "/usr/bin/env", ["python3", script, ShippedSchema.folder, folder("events.jsonl")]
        ).wait()
        // 3: the library is not here; the own reader above has looked at the same.
        if outcome.status == 3 { return }
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output == "10 \(lines.count)\n", "\(outcome)")
    }
}
