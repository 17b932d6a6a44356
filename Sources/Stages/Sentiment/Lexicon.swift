/// What a word or phrase does in a sentence.
enum LexiconRole: Sendable {
    /// Says nothing; as a phrase, it hides words that would ("capital gains tax").
    case nothing
    /// Good or bad in itself, -1 ... 1.
    case plain(Double)
    /// Beats, misses: full strength near a figure of the company, less alone ("beats a path").
    case surprise(Double)
    /// Something that moves. `polarity`: 1 when more of it is good, -1 when more is bad, nearer to
    /// 0 the less it concerns one company. `alone`: what its mere mention says.
    case noun(polarity: Double, alone: Double)
    /// A pause or a ban: bad, and good when lifted.
    case restraint(alone: Double)
    /// More (above 0) or less of a noun. `alone`: the share that counts without a noun.
    case move(Double, Reach, alone: Double)
    /// `up`, `down`: a move beside a figure or a subject, else nothing.
    case updown(Double)
    /// Ends something: good for a bad thing, bad for a good one; `alone` when none is named.
    case stop(Double, alone: Double)
    /// Turns what follows; `alone` counts when there is nothing to turn.
    case negator(alone: Double)
    /// Multiplies its neighbour.
    case degree(Double)
    /// Begins a clause; the factors are for what it says and for what stood before.
    case clause(Double, before: Double)
    /// Separates a verb from what is not its object.
    case preposition
    /// `in`, `of`: ties a noun to what it is about ("drop in sales").
    case link
    /// Makes everything less sure: could, may.
    case hedge
    /// Addresses the machine, not the reader.
    case instruction

    /// Where a move looks for its noun.
    enum Reach: Sendable {
        /// Before it first: profit rises.
        case subject
        /// After it first: raises profit.
        case object
        /// Just after it, else before: rising profit, profit higher.
        case modifier
        /// As object, and lifts restraints.
        case lift
    }
}

/// The tables of `LexiconWords` and `LexiconPhrases`, compiled: words are numbers, and a phrase is
/// found by its first word.
struct Lexicon: Sendable {
    struct Phrase: Sendable {
        let words: [Int]
        let role: LexiconRole
        /// Stands for the phrase among the roles.
        let id: Int
    }

    private(set) var vocabulary: [String: Int] = [:]
    private(set) var roles: [LexiconRole] = []
    private(set) var phrases: [[Phrase]] = []
    private var phraseCount = 0
    /// Stands for every number in a phrase.
    private(set) var numberWord = 0

    private var openers: Set<Int> = []
    private var listed: Set<Int> = []

    /// True for the first word of a question or of an article that looks back.
    func opensArticle(_ word: Int) -> Bool { openers.contains(word) }
    /// True for what lists count: stocks, reasons.
    func isListed(_ word: Int) -> Bool { listed.contains(word) }

    static let standard = Lexicon(words: LexiconWords.all, phrases: LexiconPhrases.all)

    /// - Parameters:
    ///   - words: words in one string, separated by white space, that share a role.
    ///   - phrases: one phrase; a word may give alternatives (`cut|cuts`), of which `?` is none;
    ///     `#` is any number.
    init(words: [(String, LexiconRole)], phrases: [(String, LexiconRole)]) {
        numberWord = intern("#")
        // In the order of the tables, both.
        for (list, role) in words {
            for word in list.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                let id = intern(String(word))
                roles[id] = role
            }
        }
        // In order: among equals the first in the table wins.
        for (pattern, role) in phrases { add(pattern, role) }
        openers = Set(LexiconWords.openers.split(separator: " ").map { intern(String($0)) })
        listed = Set(LexiconWords.listed.split(separator: " ").map { intern(String($0)) })
        for index in self.phrases.indices {
            // Stable: among equally long phrases the first in the table wins.
            self.phrases[index] = self.phrases[index].enumerated().sorted {
                ($1.element.words.count, $0.offset) < ($0.element.words.count, $1.offset)
            }.map(\.element)
        }
    }

    /// How many distinct words and phrases there are.
    var size: Int { vocabulary.count + phraseCount }

    private mutating func intern(_ word: String) -> Int {
        if let id = vocabulary[word] { return id }
        let id = roles.count
        vocabulary[word] = id
        roles.append(.nothing)
        phrases.append([])
        return id
    }

    private mutating func add(_ pattern: String, _ role: LexiconRole) {
        var variants: [[String]] = [[]]
        for place in pattern.split(separator: " ") {
            let words = place.split(separator: "|").map(String.init)
            variants = variants.flatMap { variant in
                words.map { $0 == "?" ? variant : variant + [$0] }
            }
        }
        phraseCount += 1
        for variant in variants {
            let words = variant.map { intern($0) }
            guard let first = words.first else { continue }
            phrases[first].append(Phrase(words: words, role: role, id: -phraseCount))
        }
    }
}
