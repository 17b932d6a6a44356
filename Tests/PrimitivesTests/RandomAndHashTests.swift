import TestSupport
import Testing

@testable import Primitives

@Suite struct SeededRandomTests {
    /// Source: the published first outputs of SplitMix64 for seed 0.
    @Test("The state is filled by SplitMix64")
    func seeding() {
        let state = SeededRandom(seed: 0).state
        #expect(state.0 == 0xE220_A839_7B1D_CDAF)
        #expect(state.1 == 0x6E78_9E6A_A1B9_65F4)
        #expect(state.2 == 0x06C4_5D18_8009_454F)
        #expect(state.3 == 0xF88B_B8A8_724C_81EC)
    }

    /// Source: first outputs of the authors' xoshiro256starstar.c from the state 1, 2, 3, 4.
    @Test("The generator is xoshiro256**")
    func knownAnswers() {
        var random = SeededRandom(seed: 0)
        random.state = (1, 2, 3, 4)
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
            607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
            10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test("The same seed gives the same numbers for ever")
    func stable() {
        var random = SeededRandom(seed: 42)
        let first = (0..<4).map { _ in random.next() }
        #expect(
            first == [
                0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1,
                0xECB8_AD47_03B3_60A1,
            ])
    }

    @Test("Property: derived numbers stay in their range")
    func ranges() {
        var sum = 0.0
        var squares = 0.0
        forAll(20_000) { draw in
            let unit = draw.random.unit()
            #expect(unit >= 0 && unit < 1, "\(draw)")
            let bound = draw.int(in: 1...1_000_000)
            let number = draw.random.below(bound)
            #expect((0..<bound).contains(number), "\(draw)")
            let normal = draw.random.normal()
            #expect(normal.magnitude <= 6, "\(draw)")
            sum += normal
            squares += normal * normal
        }
        #expect((sum / 20_000).magnitude < 0.05, "seed \(propertySeed)")
        #expect((squares / 20_000 - 1).magnitude < 0.05, "seed \(propertySeed)")
    }
}

@Suite struct StableHashTests {
    /// Computed by an implementation in another language from the definition; ids stored in
    /// ledgers depend on these values, so they never change.
    @Test("S33: ids made from a cause are the same in every version")
    func vectors() {
        #expect(StableHash().text == "7n58aykadnx2dzwmv1nwxta5rm")
        #expect(StableHash().value64 == 0x358D_F6D8_0112_AB86)

        var hash = StableHash()
        hash.combine("AAPL")
        hash.combine(-1)
        hash.combine(UInt8(7))
        #expect(hash.text == "7ej5gqe7nyepef4a2f1ddqsayr")
        #expect(hash.value64 == 0x1F4A_7854_7DFB_B4BB)

        hash = StableHash()
        hash.combine("é")
        hash.combine(Int64(1_618_925_400_000_000_000))
        #expect(hash.text == "3s0ksmfdbedmqm5dwvtfxjcnq1")
        #expect(hash.value64 == 0xD447_8FD2_530A_4DD5)
    }

    @Test("Where one text ends and the next begins is part of the hash")
    func boundaries() {
        func text(_ parts: String...) -> String {
            var hash = StableHash()
            for part in parts { hash.combine(part) }
            return hash.text
        }
        #expect(text("ab", "c") != text("a", "bc"))
        #expect(text("abc") != text("abc", ""))
        #expect(text("") != text())
    }

    @Test("Property: near causes do not share an id")
    func distinct() {
        var seen: Set<String> = []
        var shortSeen: Set<UInt64> = []
        for symbol in ["AAPL", "AAPM", "A", "AA"] {
            for minute in 0..<5_000 {
                var hash = StableHash()
                hash.combine(symbol)
                hash.combine(minute)
                #expect(hash.text.utf8.count == 26)
                seen.insert(hash.text)
                shortSeen.insert(hash.value64)
            }
        }
        #expect(seen.count == 20_000)
        #expect(shortSeen.count == 20_000)
    }
}
