/// One kind for each code of an alert: what it means, and what the operator does about it.
extension MessageKind {
    static let ofAlerts: [MessageKind] = [
        MessageKind(
            "broker-down", "fb3858b849ee4463a0380f49aa43de31", .warning,
            "The broker cannot be reached",
            """
            No position is opened until it answers; what it holds, protective stops among it, is \
            safe there. The daemon tries again by itself. Look at the network and at the \
            broker's status page if it lasts.
            """),
        MessageKind(
            "breaker-open", "3872312591d343efaa7589716de78abf", .warning,
            "Requests to the broker fail",
            """
            So many requests failed that none is made until the time in the message. Nothing is \
            to be done unless it goes on: then look at the network and at the broker's status \
            page.
            """),
        MessageKind(
            "unresolved", "fb8200ef64034a069da238f3472d2122", .critical,
            "Nobody knows what became of an order",
            """
            The order was sent and no answer came. It is neither sent again nor given up: the \
            broker is asked until it is known, and the symbol is blocked meanwhile. If it lasts \
            for more than some minutes, look for the order on the broker's pages and run \
            “bellwether reconcile”.
            """),
        MessageKind(
            "cancel-unconfirmed", "556e899c1a914fecbf3a6037b2aa53c5", .critical,
            "An order was to be canceled and is alive still",
            """
            The broker took the request and does not say that the order has ended, as when its \
            own systems are late. An exit or a flatten that waits for it waits on. Look at the \
            order on the broker's pages; Bellwether goes on asking.
            """),
        MessageKind(
            "position-reversed", "a276fe125be94f8597b198c28284c8dd", .critical,
            "Shares that came late turned a position round",
            """
            An order that was to close a position was filled after another one had closed it. \
            What is held now was decided by nobody; it is left at the next bar, as far as the \
            mode lets it.
            """),
        MessageKind(
            "exit-waits", "7eaf90f8c2e348aab07989c04464dd08", .warning,
            "A position cannot be left before its price is known",
            """
            No price of the symbol has come since the start. It is left at its first bar; where \
            none can come, close it on the broker's pages.
            """),
        MessageKind(
            "stop-too-large", "78cc9069c8514fb78875912ce48b5c47", .critical,
            "A protective stop is larger than its position",
            """
            If it is triggered, it turns the position round. While the mode lets nothing out it \
            is not mended: cancel the stop on the broker's pages, or resume.
            """),
        MessageKind(
            "unprotected", "af5473b9727d4636bcfdb3fa1be55046", .critical,
            "A position has no protective stop",
            """
            While nothing may leave, the daemon does not mend this. Close the position or set a \
            stop on the broker's pages, or let orders out again with “bellwether ctl resume”. \
            “bellwether status” names the symbols.
            """),
        MessageKind(
            "order-word", "f939438f59924522917385781b4f8eab", .warning,
            "The broker describes an order in a new word",
            """
            The order is read again to learn how it stands. If this comes often, look for an \
            update of bellwether.
            """),
        MessageKind(
            "order-step", "2540019a70d54a83830ba3f2b4f2fc80", .critical,
            "The broker reports what cannot follow",
            """
            The report does not fit the order as it is known. The account is compared. Look at \
            “bellwether explain” for the order and at the broker's pages.
            """),
        MessageKind(
            "order-replaced", "c18bd2650d1a4227a9f064ebfd0a9867", .critical,
            "An order was replaced from outside",
            """
            Somebody changed the order on the broker's pages; the one that follows it is not \
            managed here. Cancel it there, or leave it and keep it in mind: the comparison will \
            tell of it.
            """),
        MessageKind(
            "order-unknown", "5e31cffd82a94f45b6d25e0189872f57", .critical,
            "The broker reports on an order that is not known",
            """
            Another program or a person trades on this account. Bellwether expects the account \
            to be its own. An order of its own that is not alive any more only leads to a \
            comparison.
            """),
        MessageKind(
            "order-refused", "fdfd052e27124343a8745571f56a8439", .critical,
            "An order could not be made",
            """
            The decision could not become an order; nothing was sent. The message has the \
            reason. Tell the makers if it comes again.
            """),
        MessageKind(
            "fill-busted", "adfbfa8068724b6ca429aaab08db0004", .critical,
            "An execution was taken back",
            """
            The exchange or the broker annulled an execution; the books follow. Check the \
            position on the broker's pages.
            """),
        MessageKind(
            "fill-corrected", "e20af2139aca4ee39111b444e5d526a5", .critical,
            "An execution was corrected",
            """
            The broker changed quantity or price of an execution; the books follow. Check the \
            position on the broker's pages.
            """),
        MessageKind(
            "fill-revised", "5c652d04ee7a4e6ca129ee59074adada", .critical,
            "An execution was revised that is not at hand",
            """
            Its terms are looked up in the ledger. Where they are not there either, run \
            “bellwether reconcile” and compare with the broker's pages.
            """),
        MessageKind(
            "late-fill", "dd515ec57a604a8b9f5876e4e16676d0", .warning,
            "An execution came after its order had ended",
            """
            It is booked. Nothing is to be done; the next comparison with the broker proves it.
            """),
        MessageKind(
            "account-unreadable", "e4cea9ea013b4170ba2744fe7cbc86ff", .critical,
            "The broker's account cannot be read",
            """
            What the broker sent makes no sense, so nothing is compared and no position is \
            opened. Look for an update of bellwether if it lasts.
            """),
        MessageKind(
            "clock", "e61c3a77eacc42ef9439f471c2ac04a4", .warning,
            "The clock of this machine is not trusted, or is again",
            """
            While it is not, no position is opened. Is time synchronisation on and does it reach \
            its servers (timedatectl)? Boards without a clock of their own need it after every \
            start.
            """),
        MessageKind(
            "disk", "cf5c91ca12f44df482fe2c9f1cf789d2", .warning,
            "The disk is nearly full, or has room again",
            """
            While it is nearly full no position is opened, so that the ledger keeps the room it \
            needs. Make room; storage.free_min is the limit. It goes on by itself.
            """),
        MessageKind(
            "news-set-aside", "a54dd56e73ec42a6bdaf588a94d166cc", .warning,
            "News could not be read",
            """
            The part named in the message was set aside; the rest is taken. Look at the source, \
            or at the file beside the spool folder.
            """),
        MessageKind(
            "news-poison", "202d8d798c354a6aa0c337eae569dfab", .critical,
            "A piece of news was set aside",
            """
            Storing its effects failed for a reason that lies in the news itself. Everything is \
            as before it came, and trading goes on. Tell the makers of it, with the text of the \
            message.
            """),
        MessageKind(
            "storage", "496f98bcf4c54972acac4131d4201a57", .critical,
            "The ledger failed at the disk",
            """
            The disk or card failed more than once within an hour, so nothing leaves until you \
            say so. Look at dmesg and at the health of the disk, copy the data with “bellwether \
            backup”, replace the disk if in doubt; then “bellwether ctl resume --latch storage”.
            """),
        MessageKind(
            "ledger", "791acc6e772e42cf9133c7276ac6ce25", .warning,
            "Something about the ledger deserves a look",
            """
            It is sound enough to trade on. The message says what was found; “bellwether doctor” \
            looks closer, and a backup is a good idea.
            """),
        MessageKind(
            "history", "3af92cf299ae4eb594692e48666a77cd", .warning,
            "The history takes no rows, or takes them again",
            """
            Bars, news and readings are not kept meanwhile; orders and books are not touched by \
            it. Is the disk full? The file history.db may be removed while the daemon is \
            stopped, which only costs comfort.
            """),
        MessageKind(
            "weights-corrupt", "fd39f67ef9ba4350b3e76a422d74739a", .warning,
            "Stored weights of the strategies are not what was written",
            """
            The newest that can be trusted are used. Something changed the file or the disk \
            loses data: run “bellwether doctor”.
            """),
        MessageKind(
            "operator", "2679458ce966437dbc18e6a939924f6a", .critical,
            "A person paused trading",
            """
            “bellwether ctl resume” goes on.
            """),
        MessageKind(
            "flatten", "a6f274bd988d4cfeb71705877eec228f", .critical,
            "All positions are being closed on command",
            """
            Nothing is opened again until “bellwether ctl resume”.
            """),
        MessageKind(
            "daily-loss", "2aa0a95fafa744fba563026099d23f5b", .critical,
            "The day's loss has reached its limit",
            """
            Only orders that shrink positions leave. Look at the trades (“bellwether report”) \
            before you go on with “bellwether ctl resume --latch daily-loss”. The limit is a key \
            of the table risk.
            """),
        MessageKind(
            "drawdown", "ee8d817ed2e54a58a9c5057d074de5c2", .critical,
            "Equity has fallen from its peak by the limit",
            """
            Only orders that shrink positions leave. Look at the trades (“bellwether report”) \
            before you go on with “bellwether ctl resume --latch drawdown”. The limit is a key \
            of the table risk.
            """),
        MessageKind(
            "losing-streak", "a87f235315d34ca39676742e2558eb5d", .critical,
            "Too many trades in a row have lost",
            """
            Only orders that shrink positions leave. Look at the trades (“bellwether report”) \
            before you go on with “bellwether ctl resume --latch losing-streak”.
            """),
        MessageKind(
            "error-rate", "49ab103d1d6e44aba3ec0300298892f8", .critical,
            "Too many orders were rejected or fell silent",
            """
            Something is wrong between here and the broker. Look at the rejections in this \
            journal, then “bellwether ctl resume --latch error-rate”.
            """),
        MessageKind(
            "reconciliation", "2ac688d2d9c34f5d97f255563ab27095", .critical,
            "Broker and books differ beyond the tolerance",
            """
            “bellwether reconcile” shows the differences line by line. Find their cause on the \
            broker's pages, then “bellwether ctl resume --latch reconciliation”.
            """),
        MessageKind(
            "identity", "9af2e93f88f94def820f44e599856127", .critical,
            "An order at the broker bears one of our ids and is not ours",
            """
            Two installations share one account and one name, or a store was copied and runs \
            twice. Stop one of them and give it another orders.installation; then “bellwether \
            ctl resume --latch identity”.
            """),
        MessageKind(
            "credentials", "7ae4d3d0e2cd42fa8d1377eec4340da7", .critical,
            "The broker refuses the credentials",
            """
            Nothing leaves. Are key and secret right, and for this kind of account? Put the \
            right ones in place, restart, then “bellwether ctl resume --latch credentials”.
            """),
        MessageKind(
            "overflow", "68683935728d4458b432d9324f043a66", .critical,
            "An amount has left the range of the books",
            """
            No sound market has such amounts. Look at the prices in the message and at their \
            source; then “bellwether ctl resume --latch overflow”.
            """),
        MessageKind(
            "restored", "6eb4da17221f48a0b2494838acbf5880", .critical,
            "The ledger was restored from a backup",
            """
            Orders sent since that backup are not in it. Compare with the broker (“bellwether \
            reconcile”); then “bellwether ctl resume --latch restored”.
            """),
        MessageKind(
            "reconciliation-repaired", "7c6431c3d3dc45c8965e35b94893d28a", .warning,
            "Broker and books differed and agree again",
            """
            The comparison found executions or ends of orders that had not arrived, proved them, \
            and booked them. “bellwether reconcile” shows the lines. If it comes often, look at \
            the connection to the broker.
            """),
    ]
}
