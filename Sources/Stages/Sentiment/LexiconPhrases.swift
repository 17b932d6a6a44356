/// Phrases, matched before words. `a|b` are alternatives, `?` among them leaves the word out;
/// `#` is any number.
enum LexiconPhrases {
    static let all: [(String, LexiconRole)] =
        results + ratings + figures + events + health + market + LexiconGrammar.all

    // MARK: Results

    private static let results: [(String, LexiconRole)] = [
        ("better than expected|forecast|feared|anticipated|estimated", .plain(0.7)),
        ("stronger|higher than expected", .move(0.7, .modifier, alone: 0.8)),
        ("worse than expected|forecast|feared|anticipated", .plain(-0.7)),
        ("weaker|lower|softer than expected", .move(-0.7, .modifier, alone: 0.8)),
        ("more than expected|forecast|anticipated", .degree(1.3)),
        ("less than expected|forecast|feared", .degree(0.6)),
        ("blow|blows|blew|blowing ?|right past|away", .surprise(0.8)),
        (
            "above|over ?|analyst|street estimates|expectations|forecasts|consensus|views",
            .plain(0.6)
        ),
        (
            "below|under ?|analyst|street estimates|expectations|forecasts|consensus|views",
            .plain(-0.6)
        ),
        ("ahead of estimates|expectations|forecasts|consensus|views", .plain(0.6)),
        ("fall|falls|fell|falling|come|comes|came short", .plain(-0.6)),
        ("short of estimates|expectations|forecasts|consensus|views|targets", .plain(-0.6)),
        ("in line with estimates|expectations|forecasts|consensus|views", .nothing),
        ("beats|beat on top|both", .plain(0.7)),
        ("earnings|revenue|profit|sales|subscriber|subscribers miss", .plain(-0.7)),
        ("earnings|revenue|profit|sales beat", .plain(0.7)),
        (
            "swing|swings|swung|swinging|return|returns|returned to ?|a ?|quarterly loss",
            .plain(-0.8)
        ),
        (
            "swing|swings|swung|swinging|return|returns|returned to ?|a ?|quarterly profit",
            .plain(0.8)
        ),
        ("profit|revenue|sales|earnings warning", .plain(-0.8)),
        (
            "warn|warns|warned|warning on ?|its profit|profits|sales|revenue|margins|outlook",
            .plain(-0.8)
        ),
        ("record profit|profits|revenue|revenues|sales|earnings|quarter|results", .plain(0.7)),
        ("record loss|losses", .plain(-0.8)),
        ("net|operating|quarterly|annual|wider loss|losses", .noun(polarity: -1, alone: -0.4)),
        (
            "raise|raises|raised|lift|lifts|lifted|boosts|ups|hikes ?|its|full ?|year "
                + "guidance|outlook",
            .plain(0.8)
        ),
        (
            "cut|cuts|lowers|lowered|slashes|trims|reduces ?|its|full ?|year guidance|outlook",
            .plain(-0.8)
        ),
        (
            "withdraw|withdraws|pulls|suspends|scraps ?|its|q2|fy20 guidance|outlook|forecast",
            .plain(-0.7)
        ),
        (
            "reaffirm|reaffirms|reiterates|maintains|backs|affirms guidance|outlook|forecast",
            .plain(0.25)
        ),
        ("bullish|upbeat|strong|rosy guidance|outlook|forecast|forecasts", .plain(0.6)),
        ("lofty|heightened expectations|forecast|forecasts|valuation", .plain(-0.3)),
        ("top|tops|topped|topping estimates|expectations|forecasts|views|consensus", .plain(0.8)),
        ("supposed to disappoint", .nothing),
        ("too conservative", .plain(0.4)),
        ("going concern", .plain(-0.9)),
        ("cash burn", .noun(polarity: -1, alone: -0.3)),
        ("loan loss", .noun(polarity: -1, alone: -0.5)),
        ("set|sets|setting aside", .plain(-0.3)),
        ("bad|sour loan|loans|debt|debts", .noun(polarity: -1, alone: -0.4)),
    ]

    // MARK: Ratings

    private static let ratings: [(String, LexiconRole)] = [
        ("price target|targets|objective", .noun(polarity: 1, alone: 0)),
        ("target price|prices", .noun(polarity: 1, alone: 0)),
        ("strong buy", .plain(0.6)),
        ("buy|outperform|overweight rating", .plain(0.5)),
        ("sell|underperform|underweight rating", .plain(-0.5)),
        ("upgraded|upgrade|upgrades to buy|outperform|overweight|positive", .plain(0.8)),
        (
            "downgraded|downgrade|downgrades to sell|hold|neutral|underperform|underweight",
            .plain(-0.8)
        ),
        ("downgrades ?|solar|tech|bank stock to sell", .plain(-0.8)),
        ("initiates|initiated|starts ?|coverage with|at buy|outperform|overweight", .plain(0.5)),
        (
            "initiates|initiated|starts ?|coverage with|at sell|underperform|underweight",
            .plain(-0.5)
        ),
        ("maintains|reiterates buy|outperform|overweight", .plain(0.3)),
        ("maintains|reiterates sell|underperform|underweight", .plain(-0.3)),
        ("maintains|reiterates neutral|hold|equal", .nothing),
        ("top pick|picks|performer", .plain(0.4)),
        ("buy signal|signals|zone|point|points", .plain(0.3)),
        ("sell signal|signals", .plain(-0.3)),
        ("short seller|sellers|report", .plain(-0.5)),
        ("bulls and bears", .nothing),
        ("bull and bear", .nothing),
        ("bear of the day", .plain(-0.4)),
        ("bull of the day", .plain(0.4)),
    ]

    // MARK: Figures and money

    private static let figures: [(String, LexiconRole)] = [
        ("market share", .noun(polarity: 0.8, alone: 0)),
        ("free cash flow", .noun(polarity: 1, alone: 0)),
        ("cash flow|pile", .noun(polarity: 0.8, alone: 0)),
        ("gross|operating|profit margin|margins", .noun(polarity: 1, alone: 0)),
        (
            "interest|mortgage|borrowing|inflation|default|vacancy|churn rate|rates",
            .noun(polarity: -0.6, alone: 0)
        ),
        ("rate hike|hikes|increase|increases", .plain(-0.3)),
        ("rate cut|cuts", .plain(0.3)),
        ("unemployment|jobless rate|claims", .noun(polarity: -0.8, alone: 0)),
        ("consumer confidence|sentiment|spending", .noun(polarity: 0.7, alone: 0)),
        ("buy|buys|bought back ?|shares|stock", .plain(0.4)),
        ("share|stock buyback|buybacks|repurchase", .plain(0.4)),
        (
            "plans|announces|completes|authorizes ?|share|stock|# ?|billion|million "
                + "?|share|stock buyback|repurchase",
            .plain(0.4)
        ),
        ("special dividend", .plain(0.5)),
        ("dividend|payout hike|increase|boost", .plain(0.5)),
        ("dividend|payout cut|suspension", .plain(-0.7)),
        ("cuts|cut|slashes|suspends|scraps|omits ?|its|quarterly dividend|payout", .plain(-0.8)),
        (
            "raises|raise|hikes|hiked|boosts|lifts ?|its|their|quarterly "
                + "dividend|dividends|payout|payouts",
            .plain(0.6)
        ),
        ("declares ?|second|quarterly ?|quarter dividend", .plain(0.15)),
        ("stock split", .plain(0.3)),
        ("share|stock|secondary offering|sale", .plain(-0.3)),
        ("job|jobs cuts|cut|losses", .plain(-0.4)),
        ("cut|cuts|cutting|slashes|axes|sheds jobs|staff|workforce|headcount", .plain(-0.4)),
        ("base salary", .nothing),
        ("pay raise|raises|plan|deal", .nothing),
        ("credit rating", .noun(polarity: 1, alone: 0)),
        ("cut to junk", .plain(-0.8)),
        ("side effect|effects", .noun(polarity: -0.8, alone: -0.3)),
        ("raise|raises|raised ?|fresh capital|cash|equity", .plain(-0.1)),
        ("capital gains ?|tax", .nothing),
        ("tax hike|plan|hikes", .plain(-0.3)),
        ("trim|trims|trimmed|narrow|narrows|narrowed|pare|pares|pared loss|losses", .plain(0.4)),
        ("mission|ransom loss", .nothing),
    ]

    // MARK: Events

    private static let events: [(String, LexiconRole)] = [
        ("class action", .noun(polarity: -1, alone: -0.4)),
        ("securities fraud", .plain(-0.8)),
        ("files|filed|filing for ?|for chapter|bankruptcy ?|#|protection", .plain(-0.9)),
        ("chapter #", .plain(-0.9)),
        (
            "settle|settles|settled|settling ?|patent|a "
                + "lawsuit|suit|dispute|claims|litigation|charges",
            .plain(0.35)
        ),
        ("win|wins|won|winning ?|patent|a trial|lawsuit|case|appeal|dismissal", .plain(0.6)),
        (
            "lose|loses|lost ?|patent|a trial|lawsuit|case|appeal|contract|license|licence",
            .plain(-0.6)
        ),
        (
            "win|wins|won ?|new|big|major|army|navy|pentagon "
                + "contract|contracts|order|orders|deal|licence|license",
            .plain(0.6)
        ),
        ("takes|took|take legal action", .plain(-0.5)),
        ("legal action|battle|trouble", .plain(-0.4)),
        (
            "antitrust charge|charges|complaint|lawsuit|probe|hearing|suit|case|trial",
            .noun(polarity: -1, alone: -0.6)
        ),
        ("to charge", .plain(-0.5)),
        (
            "opens|launches|faces|widens|expands ?|a|an|formal|criminal "
                + "probe|investigation|inquiry|case",
            .plain(-0.6)
        ),
        (
            "drops|ends|closes|ended|dropped|closed ?|its|antitrust "
                + "probe|investigation|inquiry|case|lawsuit",
            .plain(0.5)
        ),
        (
            "probe|investigation|lawsuit|case|charges|suit dropped|closed|ended|dismissed|settled",
            .plain(0.5)
        ),
        ("faces ?|more|landmark|growing scrutiny|charges|lawsuit|questions|pressure", .plain(-0.5)),
        ("under fire|scrutiny|investigation|pressure|review", .plain(-0.4)),
        ("regulatory spotlight", .plain(-0.4)),
        ("hot seat", .plain(-0.4)),
        ("class action lawsuit|suit", .noun(polarity: -1, alone: -0.6)),
        ("data breach|leak|theft", .plain(-0.6)),
        ("hackers|hacker steal|steals|stole", .plain(-0.6)),
        ("cyber attack|attacks", .plain(-0.6)),
        ("steps|step|stepped|stepping down", .plain(-0.3)),
        ("ceo|cfo|chairman|executive resigns|quits|departs|ousted|fired", .plain(-0.4)),
        ("boardroom|board dispute|fight|battle", .plain(-0.4)),
        ("trading halted|suspended", .plain(-0.4)),
        ("trading in shares suspended", .plain(-0.5)),
        ("halt|halts|halted|suspends trading|production|output|shipments|operations", .plain(-0.5)),
        (
            "supply chain|chip shortage|shortages|disruption|issues|woes|problems",
            .noun(polarity: -1, alone: -0.4)
        ),
        (
            "to close ?|# ?|underperforming|its stores|plants|factories|branches|offices",
            .plain(-0.4)
        ),
        (
            "merger|deal|takeover|acquisition|bid blocked|rejected|collapses|scrapped|terminated",
            .plain(-0.6)
        ),
        (
            "blocks|rejects|scraps|ends|calls|nixes ?|off merger|takeover|talks|bid|sale ?|talks",
            .plain(-0.4)
        ),
        ("takeover|buyout|merger|acquisition bid|offer|interest|target|rumors", .plain(0.4)),
        ("to be acquired|bought", .plain(0.5)),
        ("activist investor", .plain(0.2)),
        ("raises|raised|boosts|increases|takes ?|a|its ?|# stake", .plain(0.3)),
        ("shows raised|new stake", .plain(0.3)),
        ("sells|sold|cuts|trims|dumps ?|its|entire stake|position", .plain(-0.3)),
        ("clearing event", .plain(0.4)),
        ("set to soar|surge|rally", .plain(0.5)),
        ("substantial|huge|massive opportunity|upside", .plain(0.5)),
        ("supply|distribution agreement|deal", .plain(0.4)),
        ("extend|extends output cuts", .plain(0.1)),
        ("adds ?|# ?|million|more|new subscribers|users|customers|jobs", .plain(0.5)),
        ("new|strategic partnership|deal", .plain(0.25)),
        ("higher costs|prices", .plain(-0.4)),
        ("passes|passed on", .nothing),
        ("hold|holds|held|holding up", .plain(0.3)),
        ("remains|remain tight", .plain(-0.1)),
        ("falls|fell|fall behind", .plain(-0.5)),
        ("bad news", .plain(-0.5)),
        ("good|great news", .plain(0.5)),
        ("big|huge win", .plain(0.6)),
        ("hit|hits|hurt by", .plain(-0.5)),
        ("takes|took|take a hit", .plain(-0.6)),
        ("to hit demand|sales|profit|revenue|earnings", .plain(-0.5)),
        ("boost|boosts to", .plain(0.4)),
        ("getting a boost", .plain(0.5)),
        ("soften|softens|cushion the blow", .plain(0.2)),
        ("deals|deal|deal ?|a blow", .plain(-0.5)),
        ("removing a major overhang", .plain(0.4)),
        ("no|without business|material|major|significant impact", .plain(0.2)),
        ("no|without business|material|major|significant impact from", .negator(alone: 0.3)),
        ("blow|blows the top|roof|doors off", .plain(0.5)),
        ("make|makes|making money", .plain(0.3)),
        ("make|makes|making any|no money", .plain(0.3)),
    ]

    // MARK: Drugs and devices

    private static let health: [(String, LexiconRole)] = [
        ("fda|ema|eu|european|regulatory approval|nod|clearance|authorization", .plain(0.7)),
        (
            "wins|gets|receives|secures|gains ?|fda|eu|full approval|clearance|nod|authorization",
            .plain(0.7)
        ),
        ("fda|ema approves|clears|authorizes|backs", .plain(0.7)),
        ("fda|ema rejects|declines|refuses|halts|delays|probe", .plain(-0.7)),
        ("complete response letter", .plain(-0.8)),
        ("clinical hold", .plain(-0.8)),
        ("on hold", .plain(-0.4)),
        ("breakthrough therapy|designation", .plain(0.6)),
        ("fast track", .plain(0.5)),
        ("orphan drug", .plain(0.3)),
        (
            "halts|halt|halted|stops|ends|pauses|suspends ?|drug|late|vaccine|clinical "
                + "?|stage trial|study|trials",
            .plain(-0.8)
        ),
        ("trial|study|drug fails|failed|halted|paused|stopped|disappoints", .plain(-0.8)),
        ("fails|failed in ?|late ?|stage trial|study", .plain(-0.8)),
        (
            "meets|met|hits ?|its|main|primary ?|main|primary goal|endpoint|endpoints|goals",
            .plain(0.7)
        ),
        (
            "misses|missed|fails|failed ?|to ?|meet|its|main|primary ?|main|primary goal|endpoint",
            .plain(-0.8)
        ),
        ("positive|strong|encouraging|promising data|results|trial|topline", .plain(0.6)),
        ("safety concern|concerns|warning|issue|issues|scare", .noun(polarity: -1, alone: -0.5)),
        (
            "blood clot|clots|clotting ?|cases|scare|warning|issues|risk|risks|fears|concerns|link",
            .noun(polarity: -1, alone: -0.5)
        ),
        ("blood clotting", .noun(polarity: -1, alone: -0.4)),
        ("heart inflammation ?|cases|concerns", .noun(polarity: -1, alone: -0.4)),
        ("lift|lifts|lifted|end|ends|ended|lifting ?|the pause|ban|hold|suspension", .plain(0.6)),
        ("pause is|was|be|should ?|be lifted", .plain(0.5)),
        ("should be lifted", .plain(0.4)),
        ("extends|extend|extended|prolongs pause|ban|suspension", .plain(-0.5)),
        ("cleared for use", .plain(0.6)),
        ("use be resumed", .plain(0.5)),
        ("to|will resume", .plain(0.4)),
        ("benefits|benefit ?|still outweigh|outweighs risks|risk", .plain(0.5)),
        ("no higher|increased|added risk", .plain(0.3)),
        ("highly effective", .plain(0.6)),
        ("immune response", .plain(0.2)),
        ("quality issues|problems", .plain(-0.5)),
        ("peeling paint", .plain(-0.5)),
        ("unsanitary practices|conditions", .plain(-0.5)),
        (
            "reduce|reduces|cuts|cut ?|its|uk ?|covid ?|vaccine deliveries|shipments",
            .plain(-0.5)
        ),
        (
            "boosts|boost|raises|raise ?|its|eu ?|moderna ?|covid ?|# vaccine "
                + "supply|contract|output|production",
            .plain(0.5)
        ),
        ("vaccine delays|woes|pain|setback", .plain(-0.5)),
        ("case|cases surge|spike|spikes|rise", .plain(-0.3)),
        ("covid|coronavirus|virus ?|# ?|case|cases surge|spike|wave", .plain(-0.3)),
    ]

    // MARK: Markets

    private static let market: [(String, LexiconRole)] = [
        ("record|all|new ?|time high|highs", .plain(0.6)),
        ("record|all|new ?|time low|lows", .plain(-0.6)),
        ("# week|year|month high|highs", .plain(0.6)),
        ("# week|year|month low|lows", .plain(-0.6)),
        ("hit|hits|at|to ?|a|new record", .plain(0.5)),
        ("new|toward|near ?|new high|highs", .plain(0.4)),
        ("trading higher", .plain(0.5)),
        ("trading lower", .plain(-0.5)),
        ("close|closes|closed|end|ends|open|opens|finish|finishes ?|sharply higher", .plain(0.5)),
        ("close|closes|closed|end|ends|open|opens|finish|finishes ?|sharply lower", .plain(-0.5)),
        ("edge|edges|edged|edging|inch|inches|drift|drifts higher|up", .plain(0.25)),
        ("edge|edges|edged|edging|inch|inches|drift|drifts lower|down", .plain(-0.25)),
        ("sell|sells|sold off", .plain(-0.6)),
        ("pull|pulls|pulled back", .plain(-0.4)),
        ("pulled|pull|pulls ahead", .plain(0.3)),
        ("reverse|reverses|turns higher", .plain(0.4)),
        ("reverse|reverses|turns lower", .plain(-0.4)),
        ("gets|get|got slammed|hammered|crushed|clobbered", .plain(-0.7)),
        ("weigh|weighs|weighed|weighing on", .plain(-0.4)),
        ("lags|lag|lagged market|markets", .plain(-0.3)),
        ("breaks|break|broke out", .plain(0.5)),
        ("breaks|break|broke down", .plain(-0.5)),
        ("momentum continues", .plain(0.4)),
        ("market|stock market rally", .plain(0.2)),
        ("hit|hits ?|stock market rally", .plain(-0.3)),
        ("lockdown ?|internet boom", .plain(0.3)),
        ("head|heads for safety", .plain(-0.5)),
        ("shrug|shrugs|shrugged off", .negator(alone: 0.2)),
        ("in freefall|free fall", .plain(-0.8)),
        ("under pressure", .plain(-0.4)),
        ("loses ground|steam", .plain(-0.4)),
        ("gains ground|traction|steam", .plain(0.4)),
        ("risk off", .plain(-0.3)),
        ("risk on", .plain(0.3)),
        ("outage halts", .plain(-0.6)),
    ]
}
