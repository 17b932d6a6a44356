/// A headline as a row of units, each a word, phrase or number with its role, and the evidence
/// that can be read from it.
struct LexiconSentence {
    private struct Unit {
        let role: LexiconRole
        /// Names the word or phrase; 0 for what is not in the lexicon.
        let id: Int
        var percent: Double?
        /// A number of any kind.
        var isNumber = false
        var clause = 0
    }

    private var units: [Unit] = []
    /// The weight of each clause.
    private var clauseWeights: [Double] = [1]
    private(set) var addressesMachine = false
    /// 0 ... 1: below 1 for questions, lists and conjecture.
    private(set) var certainty = 1.0

    /// How far a move looks for its noun, in units; a negator for what it turns.
    private static let subjectReach = 6
    private static let objectReach = 5
    private static let modifierReach = 2
    private static let negatorReach = 4
    /// What is stopped stands just before, if it does: "merger blocked", "trial was halted".
    private static let stopReach = 2
    /// No headline says more than this; a text stuffed with words gains nothing.
    private static let evidenceMax = 12

    init(_ tokens: [LexiconToken], lexicon: Lexicon) {
        units.reserveCapacity(tokens.count)
        var index = 0
        var clause = 0
        func begin(_ weight: Double) {
            clauseWeights.append(weight)
            clause = clauseWeights.count - 1
        }
        while index < tokens.count {
            switch tokens[index].kind {
            case .mark:
                begin(1)
                index += 1
            case .question:
                certainty *= 0.5
                begin(1)
                index += 1
            case .number(let value, let isPercent, let isNegative):
                let (role, id, length) = Self.match(
                    tokens, at: index, lexicon.numberWord, lexicon)
                var unit = Unit(role: role, id: length > 1 ? id : 0, clause: clause)
                unit.isNumber = true
                if isPercent { unit.percent = isNegative ? -value : value }
                units.append(unit)
                index += length
            case .word(let word):
                let (role, id, length) = Self.match(tokens, at: index, word, lexicon)
                index += length
                if case .clause(let weight, let before) = role {
                    for earlier in clauseWeights.indices { clauseWeights[earlier] *= before }
                    begin(weight)
                }
                if case .hedge = role { certainty *= 0.8 }
                if case .instruction = role { addressesMachine = true }
                units.append(Unit(role: role, id: id, clause: clause))
            }
        }
        certainty = max(certainty, 0.2) * (Self.isList(tokens, lexicon) ? 0.5 : 1)
    }

    /// The longest phrase that starts at `index`, else the word.
    private static func match(
        _ tokens: [LexiconToken], at index: Int, _ word: Int, _ lexicon: Lexicon
    ) -> (LexiconRole, id: Int, length: Int) {
        guard word >= 0 else { return (.nothing, 0, 1) }
        for phrase in lexicon.phrases[word] where index + phrase.words.count <= tokens.count {
            var offset = 1
            while offset < phrase.words.count,
                tokens[index + offset].word(lexicon) == phrase.words[offset]
            {
                offset += 1
            }
            if offset == phrase.words.count { return (phrase.role, phrase.id, offset) }
        }
        return (lexicon.roles[word], word + 1, 1)
    }

    /// "3 Stocks to Buy", "Why Moderna Stock Jumped Today", "Is X a Buy": an opinion, or old news.
    private static func isList(_ tokens: [LexiconToken], _ lexicon: Lexicon) -> Bool {
        guard let first = tokens.first else { return false }
        if case .word(let word) = first.kind { return lexicon.opensArticle(word) }
        guard case .number(let count, false, _) = first.kind, count < 200 else { return false }
        return tokens.dropFirst().prefix(7).contains { token in
            token.word(lexicon).map(lexicon.isListed) ?? false
        }
    }

    /// Signed weights, in the order of the text.
    func evidence() -> [Double] {
        var values: [Double] = []
        var seen: [Int] = []
        var spoken = [Bool](repeating: false, count: units.count)
        // Moves first: the nouns they take say nothing by themselves.
        var moved = [Double?](repeating: nil, count: units.count)
        for index in units.indices { moved[index] = move(at: index, &spoken) }
        for index in units.indices where values.count < Self.evidenceMax {
            var value = moved[index] ?? alone(at: index, spoken)
            guard value != 0 else { continue }
            value *= degree(around: index)
            if isNegated(index) { value *= value > 0 ? -0.7 : -0.5 }
            if units[index].id != 0 {
                // Repeating a word adds nothing, unless it now points the other way.
                let key = 2 * units[index].id + (value > 0 ? 1 : 0)
                if seen.contains(key) { continue }
                seen.append(key)
            }
            values.append(max(-1, min(1, value * clauseWeights[units[index].clause])))
        }
        return values
    }

    // MARK: What a unit says

    private func alone(at index: Int, _ spoken: [Bool]) -> Double {
        switch units[index].role {
        case .plain(let value): return value
        case .surprise(let value): return value * (hasFigure(near: index) ? 1 : 0.6)
        case .noun(_, let alone), .restraint(let alone): return spoken[index] ? 0 : alone
        case .negator(let alone): return alone
        case .updown(let value): return isUpDown(at: index) ? value : 0
        case .nothing:
            // "Stock moves -0.47%"
            if let percent = units[index].percent, percent < 0 { return -0.2 }
            return 0
        default: return 0
        }
    }

    /// The evidence of a move with its noun; marks the noun as spoken for. Nil for other roles.
    private func move(at index: Int, _ spoken: inout [Bool]) -> Double? {
        switch units[index].role {
        case .move(let value, let reach, let alone):
            guard let noun = noun(of: index, reach) else { return value * alone * size(at: index) }
            spoken[noun] = true
            var polarity = polarity(noun, &spoken)
            if case .lift = reach, case .restraint = units[noun].role { polarity = 1 }
            return value * polarity * size(at: index)
        case .stop(let strength, let alone):
            guard
                let noun = ahead(from: index, Self.objectReach) ?? before(index, Self.stopReach)
            else { return alone }
            return -strength * polarity(noun, &spoken)
        case .updown(let value):
            guard isUpDown(at: index) else { return 0 }
            guard let noun = noun(of: index, .subject) else { return value * size(at: index) }
            return value * polarity(noun, &spoken) * size(at: index)
        default: return nil
        }
    }

    private func noun(of index: Int, _ reach: LexiconRole.Reach) -> Int? {
        switch reach {
        case .subject:
            if index + 1 < units.count, case .link = units[index + 1].role,
                let ahead = ahead(from: index, Self.objectReach)
            {
                return ahead
            }
            return before(index, Self.subjectReach) ?? ahead(from: index, 3)
        case .object, .lift:
            return ahead(from: index, Self.objectReach) ?? before(index, Self.negatorReach)
        case .modifier:
            return ahead(from: index, Self.modifierReach) ?? before(index, Self.negatorReach)
        }
    }

    private func isNoun(_ index: Int) -> Bool {
        switch units[index].role {
        case .noun, .restraint: true
        default: false
        }
    }

    private func ahead(from index: Int, _ reach: Int) -> Int? {
        var next = index + 1
        while next < units.count, next - index <= reach, units[next].clause == units[index].clause {
            if isNoun(next) { return next }
            if case .preposition = units[next].role { return nil }
            next += 1
        }
        return nil
    }

    private func before(_ index: Int, _ reach: Int) -> Int? {
        var previous = index - 1
        while previous >= 0, index - previous <= reach,
            units[previous].clause == units[index].clause
        {
            if isNoun(previous) { return previous }
            previous -= 1
        }
        return nil
    }

    /// Of nouns in a row the worst decides: more "loss forecast" is bad, as is more "debt".
    private func polarity(_ noun: Int, _ spoken: inout [Bool]) -> Double {
        var first = noun
        while first > 0, isNoun(first - 1), units[first - 1].clause == units[noun].clause {
            first -= 1
        }
        var worst = 1.0
        var index = first
        while index < units.count, isNoun(index), units[index].clause == units[noun].clause {
            spoken[index] = true
            switch units[index].role {
            case .noun(let polarity, _): worst = min(worst, polarity)
            case .restraint: worst = -1
            default: break
            }
            index += 1
        }
        return worst
    }

    // MARK: What stands around it

    private func hasFigure(near index: Int) -> Bool {
        ahead(from: index, 8) != nil || before(index, Self.subjectReach) != nil
    }

    /// "up 5%", "shares up", "down after hours", but not "step up" or "wind down".
    private func isUpDown(at index: Int) -> Bool {
        let clause = units[index].clause
        var next = index + 1
        while next < units.count, next <= index + 3, units[next].clause == clause {
            if units[next].isNumber { return true }
            if next == index + 1, case .preposition = units[next].role { return true }
            next += 1
        }
        guard index > 0, units[index - 1].clause == clause else { return false }
        return isNoun(index - 1) || (index > 1 && isNoun(index - 2) && next > index + 1)
            || (index + 1 == units.count && isNoun(index - 1))
    }

    /// A move of 10 % says more than one of 0.5 %.
    private func size(at index: Int) -> Double {
        var next = index + 1
        while next < units.count, next <= index + 4, units[next].clause == units[index].clause {
            if let percent = units[next].percent {
                let size = percent < 0 ? -percent : percent
                return size >= 10 ? 1.25 : (size < 1 ? 0.6 : 1)
            }
            next += 1
        }
        return 1
    }

    private func degree(around index: Int) -> Double {
        for neighbour in [index - 1, index + 1, index - 2] where units.indices.contains(neighbour) {
            if case .degree(let factor) = units[neighbour].role,
                units[neighbour].clause == units[index].clause
            {
                return factor
            }
        }
        return 1
    }

    private func isNegated(_ index: Int) -> Bool {
        if case .negator = units[index].role { return false }
        var negated = false
        var previous = index - 1
        while previous >= 0, index - previous <= Self.negatorReach,
            units[previous].clause == units[index].clause
        {
            if case .negator = units[previous].role { negated.toggle() }
            previous -= 1
        }
        return negated
    }
}
