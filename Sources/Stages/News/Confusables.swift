/// Letters that look like Latin ones, folded so that a headline reads to the machine as it reads
/// to a person. A small extract of Unicode TR 39 (confusables.txt): Cyrillic, Greek and Armenian
/// look-alikes, plus the compatibility forms that NFKC would fold (full width, mathematical).
enum Confusables {
    /// Full-width, mathematical and typographic forms are always folded. A Cyrillic or Greek letter
    /// is folded where its word also has Latin letters, or where all of its word looks Latin and
    /// the text is mostly Latin: real Russian and Greek stay as they are.
    static func folded(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        if scalars.allSatisfy(\.isASCII) { return scalars }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(scalars.count)
        for scalar in scalars { appendFolded(scalar, to: &result) }

        var latin = 0
        var other = 0
        for scalar in result where scalar.isWordPart {
            if scalar.value < 0x370 { latin += 1 } else { other += 1 }
        }
        var start = 0
        while start < result.count {
            guard result[start].isWordPart else {
                start += 1
                continue
            }
            var end = start
            while end < result.count, result[end].isWordPart { end += 1 }
            foldWord(&result, start..<end, textIsLatin: latin > other)
            start = end
        }
        return result
    }

    private static func foldWord(
        _ scalars: inout [Unicode.Scalar], _ range: Range<Int>, textIsLatin: Bool
    ) {
        var hasLatin = false
        var allFold = true
        var anyFold = false
        for index in range {
            let scalar = scalars[index]
            if scalar.isASCIILetter {
                hasLatin = true
            } else if scalar.value >= 0x370 {
                if lookAlikes[scalar] == nil { allFold = false } else { anyFold = true }
            }
        }
        guard anyFold, hasLatin || (allFold && textIsLatin) else { return }
        for index in range {
            if let latin = lookAlikes[scalars[index]] { scalars[index] = latin }
        }
    }

    private static func appendFolded(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
        let value = scalar.value
        switch value {
        case ..<0x80: result.append(scalar)
        case 0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC, 0x00B4: result.append("'")
        case 0x201C, 0x201D, 0x201E, 0x201F, 0x2033, 0x00AB, 0x00BB: result.append("\"")
        case 0x2010...0x2013, 0x2212: result.append("-")
        case 0x2014, 0x2015: result.append(contentsOf: [" ", "-", " "])
        case 0x2026: result.append(contentsOf: [".", ".", "."])
        case 0x2044, 0x2215: result.append("/")
        case 0xFB00: result.append(contentsOf: ["f", "f"])
        case 0xFB01: result.append(contentsOf: ["f", "i"])
        case 0xFB02: result.append(contentsOf: ["f", "l"])
        case 0xFF01...0xFF5E: append(value - 0xFEE0, to: &result, or: scalar)
        // Thirteen alphabets of 26 capital and 26 small letters.
        case 0x1D400...0x1D6A3:
            let letter = (value - 0x1D400) % 52
            append(letter < 26 ? 0x41 + letter : 0x61 + letter - 26, to: &result, or: scalar)
        case 0x1D7CE...0x1D7FF: append(0x30 + (value - 0x1D7CE) % 10, to: &result, or: scalar)
        // Letters in circles.
        case 0x24B6...0x24CF: append(value - 0x24B6 + 0x41, to: &result, or: scalar)
        case 0x24D0...0x24E9: append(value - 0x24D0 + 0x61, to: &result, or: scalar)
        default: result.append(scalar)
        }
    }

    private static func append(
        _ value: UInt32, to result: inout [Unicode.Scalar], or original: Unicode.Scalar
    ) {
        result.append(Unicode.Scalar(value) ?? original)
    }

    private static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = {
        // Pairs: the look-alike, then the Latin letter.
        let pairs =
            // Cyrillic
            "аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw ɡg ӏl кk мm тt нh вb пn гr "
            + "АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS ԌG ԚQ ԜW ӀI ҮY "
            // Greek
            + "αa οo νv ρp τt υu ιi κk χx γy εe ηn ωw "
            + "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
            // Armenian
            + "օo սu հh ոn ցg զq"
        var table: [Unicode.Scalar: Unicode.Scalar] = [:]
        for pair in pairs.split(separator: " ") {
            let scalars = Array(pair.unicodeScalars)
            if scalars.count == 2, scalars[1].isASCII { table[scalars[0]] = scalars[1] }
        }
        return table
    }()
}
