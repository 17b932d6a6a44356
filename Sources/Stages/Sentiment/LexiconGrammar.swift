/// Phrases about the sentence rather than the company, in the notation of `LexiconPhrases`: what
/// would mislead, what ties a sentence together, and text that is meant for machines.
enum LexiconGrammar {
    static let all: [(String, LexiconRole)] = masks + structure + instructions

    // MARK: Words that would mislead

    private static let masks: [(String, LexiconRole)] = [
        ("little|largely|broadly changed|unchanged", .nothing),
        ("hedge fund|funds", .nothing),
        ("mutual fund|funds", .nothing),
        ("growth stock|stocks", .nothing),
        ("buy the dip", .plain(0.1)),
        ("best buy", .nothing),
        ("growth fund|etf|etfs|investor|investors", .nothing),
        ("full swing", .nothing),
        ("raise|raises ?|the question|questions|eyebrows|doubts|alarm|concerns", .plain(-0.3)),
        ("raising|raise awareness", .nothing),
        ("stop|stops loss", .nothing),
        ("loss leader", .nothing),
        ("rise of", .nothing),
        ("cutting edge", .plain(0.1)),
        ("short term", .nothing),
        ("long term", .nothing),
        ("black friday", .nothing),
        ("interest rate decision", .nothing),
        ("climate risk", .nothing),
        ("strike price", .nothing),
        ("strike|strikes ?|a deal|deals|partnership|agreement", .plain(0.35)),
        ("strike averted|avoided", .plain(0.5)),
        ("free of charge", .nothing),
        ("in charge", .nothing),
        ("follow|follows suit", .nothing),
        ("you missed", .nothing),
        ("alarm com", .nothing),
        ("upgrade|upgrades|upgraded ipad|phone|version|your|for", .nothing),
        ("finance charge", .nothing),
        ("charge station|stations", .nothing),
        ("to face", .nothing),
        ("gold rush", .nothing),
        ("gold mine", .nothing),
        ("oil fields", .nothing),
        ("credit suisse", .nothing),
        ("great buys|recession", .nothing),
        ("ramp up|ups", .plain(0.3)),
        ("start up|ups", .nothing),
        (
            "set|sets|backed|back|make|makes|made|team|teams|sign|signs|follow|line|lines|"
                + "what's up",
            .nothing
        ),
        ("crack|cracks|cracking|shut|shuts|break|wind|winds down", .plain(-0.3)),
        ("shuts|shut|shutting down", .plain(-0.4)),
        ("calm after|before", .nothing),
        ("cost cuts|cutting|savings|control", .plain(0.3)),
        ("cost checks", .plain(0.2)),
        ("debt free", .plain(0.4)),
        ("tax cut|cuts|break|breaks", .plain(0.3)),
        ("carbon removal", .nothing),
        ("most popular", .nothing),
        ("top line", .noun(polarity: 1, alone: 0)),
        ("bottom line", .noun(polarity: 1, alone: 0)),
        ("top ?|and bottom line|lines", .noun(polarity: 1, alone: 0)),
        ("slow|slows|slowing growth", .plain(-0.4)),
        ("growth slows|slowed|slowing|stalls", .plain(-0.5)),
        ("growth is slowing|stalling", .plain(-0.5)),
        ("rising star", .plain(0.3)),
        ("profit from", .nothing),
        ("stock market ?|news", .noun(polarity: 0.6, alone: 0)),
        ("wall street", .noun(polarity: 0.6, alone: 0)),
        ("fear|fears ease|fade|recede", .plain(0.4)),
        ("biggest winner", .plain(0.4)),
        ("winners and losers", .nothing),
        ("lost the ?|vaccine race", .plain(-0.4)),
        ("lose|loses out", .plain(-0.4)),
        ("shares|stock is|are|remains|still ?|still down|falling|dropping|sinking", .plain(-0.6)),
        ("shares|stock is|are|remains|still ?|still up|rising|climbing|soaring", .plain(0.6)),
        ("stock is dead", .plain(-0.5)),
    ]

    // MARK: Grammar

    private static let structure: [(String, LexiconRole)] = [
        ("fails|failed|failing|unable|refuses to", .negator(alone: -0.35)),
        ("lack|lacks of", .negator(alone: -0.1)),
        ("unlikely|not likely ?|to", .negator(alone: 0)),
        ("no longer", .negator(alone: 0)),
        ("rule|rules|ruled|ruling out", .negator(alone: 0)),
        ("not only|just", .nothing),
        ("no doubt|surprise|wonder", .nothing),
        ("no limits|limit", .nothing),
        ("don't|do not miss", .nothing),
        ("not to buy", .plain(-0.3)),
        ("don't|dont|do buy", .plain(-0.2)),
        ("a bit|little|tad", .degree(0.5)),
        ("by far", .degree(1.2)),
        ("even as|though|after", .clause(0.6, before: 1)),
        ("in spite of", .clause(0.4, before: 1)),
        ("ahead of|to", .clause(0.5, before: 1)),
        ("due|thanks|owing to", .clause(0.7, before: 1)),
        ("what if", .hedge),
        ("according to", .preposition),
        ("after hours|market", .preposition),
        ("is|was expected to", .hedge),
    ]

    // MARK: Text for machines

    private static let instructions: [(String, LexiconRole)] = [
        (
            "ignore|disregard|forget|override|bypass ?|all|any|the|my|your "
                + "?|previous|prior|above|earlier|preceding|other|safety "
                + "instructions|instruction|prompt|prompts|directives|rules|guidelines|commands|"
                + "messages",
            .instruction
        ),
        ("ignore|disregard|forget ?|all|the|everything above|before|previously", .instruction),
        ("ignore|disregard|forget everything", .instruction),
        ("system|developer|hidden prompt|message|instruction|instructions", .instruction),
        ("you are now|an|a ?|helpful assistant|ai|model|bot|trader|trading|dan", .instruction),
        ("you are now", .instruction),
        ("as an ai|assistant", .instruction),
        ("language model", .instruction),
        ("sentiment classifier|model|analysis|score|label", .instruction),
        ("classify|label|rate|score|mark|treat this ?|headline|text|news|article|as", .instruction),
        ("respond|reply|answer only|with|exactly", .instruction),
        ("output ?|only positive|negative|json", .instruction),
        (
            "you must|should now|only|always ?|output|answer|respond|buy|sell|classify|label",
            .instruction
        ),
        ("set|assign ?|the sentiment|score|confidence|label to", .instruction),
        ("end of prompt|instructions|headline|article|text", .instruction),
        ("jailbreak prompt|mode", .instruction),
    ]
}
