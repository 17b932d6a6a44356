/// As much HTML as feeds put into headlines: entities, tags, and elements whose content a reader
/// never sees. Not a parser of pages.
enum HTMLText {
    /// Longer than this between `<` and `>` is text, not a tag.
    private static let tagLengthMax = 512
    private static let entityLengthMax = 10

    /// Replaces entities. `&amp;lt;` becomes `<`, as double encoding is common in feeds.
    static func decoded(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard scalars.contains("&") else { return scalars }
        var input = scalars
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            guard input[index] == "&", let (scalar, end) = entity(input, at: index) else {
                result.append(input[index])
                index += 1
                continue
            }
            if scalar == "&" {
                // What follows may make an entity with it; the input only gets shorter.
                input[end - 1] = "&"
                index = end - 1
                if entity(input, at: index) == nil {
                    result.append("&")
                    index = end
                }
            } else {
                if let scalar { result.append(scalar) }
                index = end
            }
        }
        return result
    }

    /// The scalar of the entity at `start` (nil for one that stands for nothing) and where it ends;
    /// nil when there is no entity.
    private static func entity(
        _ input: [Unicode.Scalar], at start: Int
    ) -> (scalar: Unicode.Scalar?, end: Int)? {
        var name = ""
        var index = start + 1
        while index < input.count, index <= start + entityLengthMax, input[index] != ";" {
            guard input[index].isASCII, input[index] != "&" else { return nil }
            name.unicodeScalars.append(input[index])
            index += 1
        }
        guard index < input.count, input[index] == ";", !name.isEmpty else { return nil }
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let isHex = digits.first == "x" || digits.first == "X"
            let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            guard let code else { return nil }
            return (Unicode.Scalar(code), index + 1)
        }
        guard let scalar = named[name] else { return nil }
        return (scalar, index + 1)
    }

    private static let named: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ensp": " ",
        "emsp": " ", "thinsp": " ", "shy": "\u{AD}", "zwnj": "\u{200C}", "zwj": "\u{200D}",
        "rsquo": "’", "lsquo": "‘", "rdquo": "”", "ldquo": "“", "sbquo": "‚", "bdquo": "„",
        "ndash": "–", "mdash": "—", "minus": "−", "hellip": "…", "bull": "•", "middot": "·",
        "pound": "£", "euro": "€", "yen": "¥", "cent": "¢", "copy": "©", "reg": "®",
        "trade": "™", "deg": "°", "times": "×", "frac12": "½", "eacute": "é", "egrave": "è",
        "agrave": "à", "ccedil": "ç", "auml": "ä", "ouml": "ö", "uuml": "ü", "szlig": "ß",
        "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "ntilde": "ñ", "oslash": "ø", "aring": "å",
    ]

    /// Takes out tags and comments, and the content of elements that no reader sees. A tag that
    /// breaks the line becomes a space; others vanish, as they may stand inside a word.
    static func withoutTags(_ input: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard input.contains("<") else { return input }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            guard input[index] == "<", let end = tagEnd(input, at: index) else {
                result.append(input[index])
                index += 1
                continue
            }
            let tag = Tag(input[(index + 1)..<(end - 1)])
            if tag.breaksLine { result.append(" ") }
            index = tag.hidesContent ? closing(input, of: tag.name, from: end) : end
        }
        return result
    }

    private struct Tag {
        let name: String
        let breaksLine: Bool
        let hidesContent: Bool

        init(_ scalars: ArraySlice<Unicode.Scalar>) {
            var text = String.UnicodeScalarView()
            for scalar in scalars where scalar != " " { text.append(scalar) }
            let lower = String(text).lowercased()
            let isClosing = scalars.first == "/"
            var name = ""
            for scalar in scalars.drop(while: { $0 == "/" }) {
                guard scalar.isASCIILetter || (scalar.value &- 48 < 10) else { break }
                name.unicodeScalars.append(scalar)
            }
            self.name = name.lowercased()
            breaksLine = Self.lineBreakers.contains(self.name)
            let isVoid = scalars.last == "/" || Self.voids.contains(self.name)
            hidesContent =
                !isClosing && !isVoid
                && (Self.unseen.contains(self.name) || Self.hides(lower))
        }

        private static func hides(_ attributes: String) -> Bool {
            ["display:none", "visibility:hidden", "font-size:0", "opacity:0;", "opacity:0\""]
                .contains { attributes.contains($0) } || attributes.hasSuffix("hidden")
                || attributes.contains("hidden=")
        }

        private static let lineBreakers: Set<String> = [
            "br", "p", "div", "li", "ul", "ol", "td", "th", "tr", "table", "hr", "h1", "h2", "h3",
            "h4", "h5", "h6", "title",
        ]
        private static let unseen: Set<String> = ["script", "style", "template", "noscript"]
        private static let voids: Set<String> = ["br", "hr", "img", "input", "meta", "link", "wbr"]
    }

    /// Past the `>` of the tag or comment that begins at `start`; nil when none does.
    private static func tagEnd(_ input: [Unicode.Scalar], at start: Int) -> Int? {
        guard start + 2 < input.count else { return nil }
        let next = input[start + 1]
        guard next.isASCIILetter || next == "/" || next == "!" || next == "?" else { return nil }
        if next == "/", !input[start + 2].isASCIILetter { return nil }
        var index = start + 2
        while index < input.count, index - start <= tagLengthMax {
            if input[index] == ">" { return index + 1 }
            if input[index] == "<" { return nil }
            index += 1
        }
        return nil
    }

    /// Past the closing tag of `name`, or the end: what is hidden and never closed stays hidden.
    private static func closing(_ input: [Unicode.Scalar], of name: String, from: Int) -> Int {
        let wanted = Array(("/" + name).unicodeScalars)
        var index = from
        while index + wanted.count < input.count {
            if input[index] == "<" {
                let candidate = input[(index + 1)...(index + wanted.count)]
                if String(candidate.map(Character.init)).lowercased() == "/" + name {
                    while index < input.count, input[index] != ">" { index += 1 }
                    return min(index + 1, input.count)
                }
            }
            index += 1
        }
        return input.count
    }
}
