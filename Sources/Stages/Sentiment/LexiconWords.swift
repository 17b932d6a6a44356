/// The words, by what they do. Collected by hand for headlines about companies and markets; the
/// weights are judgements, and every form is spelled out: no stemming, no surprises.
enum LexiconWords {
    static let all: [(String, LexiconRole)] = moves + nouns + plain + structure

    /// First words of questions and of articles that explain what has happened already.
    static let openers =
        "why how what whats is are was were should can will could would does do did has "
        + "here heres these which when where who best better top"
    static let listed =
        "stocks stock reasons things ways etfs funds picks companies tips names giants takeaways "
        + "charts investments shares movers best top questions trends"

    // MARK: What goes up and down

    private static let moves: [(String, LexiconRole)] = [
        (
            """
            surge surges surged soar soars soared skyrocket skyrockets skyrocketed
            rocket rockets rocketed explode explodes exploded boom booms boomed moon
            moons spike spikes spiked
            """, .move(0.8, .subject, alone: 0.9)
        ),
        (
            """
            jump jumps jumped rally rallies rallied leap leaps leapt pop pops popped
            roar roars zoom zooms accelerate accelerates accelerated double doubles
            doubled triple triples tripled quadruple quadruples quadrupled swell
            swells swelled
            """, .move(0.65, .subject, alone: 0.9)
        ),
        (
            """
            rise rises rose risen gain gains gained climb climbs climbed advance
            advances advanced grow grows grew grown growth increase increases
            increased rebound rebounds rebounded recover recovers recovered bounce
            bounces bounced improve improves improved expand expands expanded
            strengthen strengthens strengthened pick mount mounts mounted
            """, .move(0.5, .subject, alone: 0.8)
        ),
        (
            """
            inch inches inched creep creeps crept tick ticks ticked nudge nudges
            """, .move(0.25, .subject, alone: 0.8)
        ),
        (
            """
            plunge plunges plunged crash crashes crashed collapse collapses
            collapsed plummet plummets plummeted crater craters cratered tank tanks
            tanked nosedive nosedives nosedived tumble tumbles tumbled implode
            implodes sank sink sinks sunk dive dives dived
            """, .move(-0.8, .subject, alone: 0.9)
        ),
        (
            """
            drop drops dropped slump slumps slumped skid skids skidded slide slides
            slid shed sheds selloff tumbling slammed hammered pummeled battered drag
            drags dragged
            """, .move(-0.65, .subject, alone: 0.9)
        ),
        (
            """
            fall falls fell fallen decline declines declined decrease decreases
            decreased slip slips slipped retreat retreats retreated weaken weakens
            weakened shrink shrinks shrank shrunk contracting slow
            slows slowed cool cools cooled deteriorate deteriorates deteriorated
            worsen fade fades faded sag sags sagged wane wanes waned lag lags lagged
            stall stalls stalled recede recedes receded erode erodes eroded languish
            languishes stumble stumbles stumbled slowdown
            """, .move(-0.5, .subject, alone: 0.8)
        ),
        (
            """
            ease eases eased dip dips dipped soften softens softened moderate
            moderates moderated
            """, .move(-0.3, .subject, alone: 0.7)
        ),
        // Transitive: their object decides, and without one they say little.
        (
            """
            raise raises raised hike hikes hiked boost boosts boosted ups upped
            lifting bolster bolsters bolstered extend extends extended widen widens
            widened add adds added upsize upsizes restore restores restored
            reinstate reinstates reinstated
            """, .move(0.6, .object, alone: 0.2)
        ),
        ("lift lifts lifted", .move(0.6, .lift, alone: 0.2)),
        (
            """
            cut cuts cutting slash slashes slashed slashing reduce reduces reduced
            reducing lower lowers lowered lowering trim trims trimmed trimming curb
            curbs curbed narrow narrows narrowed narrowing shave shaves pare pares
            pared halve halves halved axe axes axed squeeze squeezes squeezed
            pressure pressures pressured hurt hurts hurting dent dents dented crimp
            crimps crimping erase erases erased wipe wipes weigh weighs depress
            depresses depressed
            """, .move(-0.6, .object, alone: 0.15)
        ),
        (
            """
            end ends ended scrap scraps scrapped cancel cancels cancelled canceled
            halt halts halted suspend suspends suspended block blocks blocked
            blocking withdraw withdraws withdrew withdrawn pull pulls pulled abandon
            abandons abandoned shelve shelves shelved resolve resolves resolved
            settle settles settled avoid avoids avoided avert averts averted dodge
            dodges dodged dodging escape escapes escaped dismiss dismisses dismissed
            remove removes removed removing overcome overcomes idle idles idled
            terminate terminates terminated nix nixes reject rejects rejected quash
            quashes soothe soothes calm calms allay allays clears defuse defuses
            disrupt disrupts disrupted hamper hampers limit limits limited restrict
            restricts freeze freezes frozen snub snubs
            snubbed
            """, .stop(0.6, alone: 0)
        ),
        ("delay delays delayed postpone postpones postponed", .stop(0.6, alone: -0.35)),
        ("pauses paused pausing", .stop(0.6, alone: -0.4)),
        // Before a noun, or after one: rising costs, sales higher.
        (
            """
            soaring surging skyrocketing booming jumping roaring spiking exploding
            """, .move(0.7, .modifier, alone: 0.8)
        ),
        (
            """
            rising growing climbing increasing gaining higher rallying rebounding
            improving accelerating expanding mounting swelling heightened elevated
            """, .move(0.5, .modifier, alone: 0.6)
        ),
        (
            """
            strong stronger strongest robust solid healthy record stellar
            blockbuster brisk resilient upbeat buoyant monster impressive
            """, .move(0.6, .modifier, alone: 0.4)
        ),
        (
            """
            plunging crashing collapsing plummeting sinking tanking cratering diving
            slumping
            """, .move(-0.8, .modifier, alone: 0.8)
        ),
        (
            """
            falling dropping declining sliding slipping shrinking decreasing losing
            slowing easing cooling worsening lagging fading waning weakening dipping
            retreating
            """, .move(-0.5, .modifier, alone: 0.6)
        ),
        (
            """
            weak weaker weakest soft softer sluggish poor disappointing dismal
            lackluster bleak anemic tepid worse worst fragile muted gloomy dire sour
            """, .move(-0.6, .modifier, alone: 0.6)
        ),
        ("better", .move(0.5, .modifier, alone: 0.1)),
        ("highest", .move(0.5, .modifier, alone: 0)),
        ("lowest", .move(-0.5, .modifier, alone: 0)),
        ("lose loses lost", .move(-0.5, .subject, alone: 0.3)),
        ("up", .updown(0.5)),
        ("down", .updown(-0.5)),
    ]

    // MARK: What moves

    private static let nouns: [(String, LexiconRole)] = [
        (
            """
            profit profits earnings income revenue revenues sales eps results margin
            margins ebitda outlook guidance forecast forecasts shares stock share
            dividend dividends payout payouts cashflow orders backlog bookings
            subscribers subscriptions shipments deliveries demand target targets
            estimates expectations views consensus projections estimate quarter
            valuation rating
            """, .noun(polarity: 1, alone: 0)
        ),
        (
            """
            output production traffic users customers volumes volume turnover
            spending investment investments confidence sentiment payrolls hiring
            jobs employment exports capacity supply momentum business footprint
            buyback buybacks repurchase returns adoption usage gmv gdp economy
            orderbook coverage approval trial trials study vaccine vaccines funding
            advertising ads ad launch merger deal talks partnership contract contracts bid takeover
            buyout acquisition offer workforce fees
            """, .noun(polarity: 0.6, alone: 0)
        ),
        (
            """
            stocks dow nasdaq s&p markets market indexes indices futures equities
            wall index sector sectors ftse dax nikkei
            """, .noun(polarity: 0.6, alone: 0)
        ),
        (
            """
            bitcoin crypto gold oil crude dollar yields yield euro yen copper gas
            commodity commodities ether dogecoin
            """, .noun(polarity: 0.2, alone: 0)
        ),
        ("rates rate volatility", .noun(polarity: -0.4, alone: 0)),
        (
            """
            cost costs expenses expense inflation taxes tax debt debts deficit
            deficits unemployment jobless tariffs tariff inventories outflows churn
            vacancies leverage cancellations
            """, .noun(polarity: -0.8, alone: 0)
        ),
        (
            """
            loss losses shortfall shortfalls writedown writedowns impairment
            impairments delinquencies defaults default
            """, .noun(polarity: -1, alone: -0.5)
        ),
        (
            """
            lawsuit lawsuits suit litigation probe probes investigation
            investigations inquiry indictment subpoena complaint complaints
            antitrust monopoly fine fines penalty penalties sanctions charge charges
            allegations misconduct
            """, .noun(polarity: -1, alone: -0.5)
        ),
        (
            """
            recall recalls recalled layoffs layoff outage outages breach hack
            hackers ransomware cyberattack strike strikes walkout shortage shortages
            bottleneck bottlenecks disruption disruptions setback setbacks glitch
            defect defects flaw flaws shutdown shutdowns blackout
            """, .noun(polarity: -1, alone: -0.5)
        ),
        (
            """
            risk risks fear fears concern concerns worry worries uncertainty tension
            tensions threat threats headwind headwinds overhang dispute disputes
            scrutiny turmoil woes blow trouble troubles crisis doubts backlash
            criticism pain misinformation
            """, .noun(polarity: -0.9, alone: -0.3)
        ),
        (
            """
            clot clots thrombosis deaths death infections cases hospitalizations
            illness burnout
            """, .noun(polarity: -0.7, alone: -0.3)
        ),
        (
            """
            pause ban bans suspension restriction restrictions lockdown lockdowns
            quarantine embargo moratorium injunction
            """, .restraint(alone: -0.35)
        ),
        // Good things that can end.
        ("recovery upside tailwind tailwinds synergies", .noun(polarity: 1, alone: 0.3)),
    ]

    // MARK: Good and bad in themselves

    private static let plain: [(String, LexiconRole)] = [
        (
            """
            beat beats beating topped tops topping exceed exceeds exceeded exceeding
            surpass surpasses surpassed surpassing outpace outpaces outpaced squash
            squashes squashed crush crushes crushed crushing trounce trounces smash
            smashes smashed
            """, .surprise(0.7)
        ),
        ("upgrade upgrades upgraded upgrading", .surprise(0.7)),
        ("miss misses missed missing", .surprise(-0.7)),
        ("disappoint disappoints disappointed disappointment", .surprise(-0.6)),
        (
            """
            bankruptcy bankrupt insolvency insolvent insolvencies fraud fraudulent
            embezzlement delisting delisted ponzi liquidation foreclosure
            """, .plain(-0.9)
        ),
        (
            """
            downgrade downgrades downgraded downgrading scandal indicted guilty
            restates restate restated restatement bailout meltdown debacle fiasco
            disaster catastrophic
            """, .plain(-0.7)
        ),
        (
            """
            sue sues sued suing accuse accuses accused accusing alleges alleged
            abuse abusing violated violates violation violations illegal fined
            slapped unlawful anticompetitive ousted ousts oust fired whistleblower
            contaminated counterfeit tainted evacuated hacked leaked
            """, .plain(-0.5)
        ),
        (
            "blowout breakthrough", .plain(0.7)
        ),
        (
            """
            outperform outperforms outperformed outperforming overweight bullish
            bull win wins won winning winner approved approves approve authorized
            authorizes clearance triumph triumphs thrive thrives thriving shine
            shines
            """, .plain(0.5)
        ),
        (
            """
            underperform underperforms underperformed underweight bearish bear warn
            warns warned warning struggle struggles struggled struggling fail fails
            failed failing failure plagued tumult worried worrying fearful slam
            slams slamming overvalued pricey
            """, .plain(-0.45)
        ),
        (
            """
            profitable profitability optimistic optimism positive success successful
            successfully effective promising boon windfall undervalued breakout
            breakouts outpacing confident encouraging resume resumes resumed
            resuming reassuring milestone momentous powered props recommends
            lucrative
            """, .plain(0.35)
        ),
        (
            """
            negative pessimistic pessimism unprofitable unsafe alarm crackdown
            suffers suffer suffered harder hardest loser losers halting
            controversial contentious investigates investigate probing outrage
            distress distressed troubled ails ailing clash opposes threatens
            threaten refuses denied rebuffed adverse
            """, .plain(-0.35)
        ),
        (
            """
            secures secured awarded landed inks inked partners unveils launches
            completes acquires acquire backs backed gets boosting buys benefit
            benefits agrees
            """, .plain(0.1)
        ),
        (
            """
            pans expensive questioned questions scrutinized resigns resign resigned
            departs exits dilution dilutive offload hurdles caution cautious weighed
            mixed unlikely
            """, .plain(-0.2)
        ),
        ("dead doom crippled", .plain(-0.4)),
    ]

    // MARK: What ties them together

    private static let structure: [(String, LexiconRole)] = [
        (
            """
            not no never without cannot neither nor none isnt arent wasnt wont dont
            doesnt didnt cant couldnt shouldnt hasnt havent hardly barely lacks
            """, .negator(alone: 0)
        ),
        ("denies deny denying debunks rebuts refutes", .negator(alone: 0.15)),
        (
            """
            sharply sharp significantly significant massive massively huge steeply
            steep deeply deep dramatically dramatic heavily heavy biggest major
            strongly very severely severe soundly easily vastly widely big hugely
            """, .degree(1.3)
        ),
        (
            """
            slightly slight modestly modest marginally marginal somewhat small
            little minor mildly mild partly narrowly tad edge edges edged edging
            partially moderately
            """, .degree(0.5)
        ),
        ("but however yet", .clause(1, before: 0.6)),
        ("despite although though notwithstanding", .clause(0.4, before: 1)),
        ("amid after following before ahead since", .clause(0.6, before: 1)),
        ("as while whereas when because until if even", .clause(0.8, before: 1)),
        ("by on from with to at for over against via through into", .preposition),
        ("in of", .link),
        (
            """
            could may might possibly perhaps rumor rumors rumored reportedly mulls
            considers
            """, .hedge
        ),
    ]
}
