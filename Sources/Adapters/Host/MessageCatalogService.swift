/// Kinds of messages of the service, and of trading as it goes.
extension MessageKind {
    package static let starting = MessageKind(
        "starting", "cb87f1278d6841d6b013e5b6267fc36d", .info,
        "Bellwether starts",
        """
        The daemon was started and opens its stores. The message names the version and where the \
        market, the broker and the stores are. Nothing is to be done.
        """)
    package static let ready = MessageKind(
        "ready", "8998ce3da0804177a768c9a7083dea27", .notice,
        "Bellwether is ready",
        """
        Stores are open and migrated, the state of the last run is restored, and what the broker \
        holds is known, or known to be out of reach, in which case no position is opened. \
        “bellwether status” shows the rest.
        """)
    package static let stopping = MessageKind(
        "stopping", "b4d579a099cf4f73aeb1f9bc664944a3", .notice,
        "Bellwether stops",
        """
        The daemon was asked to stop. It ends the event at hand, stores it and closes the \
        stores. Orders that the broker holds stay there, protective stops among them.
        """)
    package static let stopped = MessageKind(
        "stopped", "a261a7554b954c9f960ed97cae60c67f", .notice,
        "Bellwether has stopped",
        """
        Everything was stored. The next start goes on where this one ended.
        """)
    package static let stopStuck = MessageKind(
        "stop-stuck", "a661a63ed684448a94a65ce70f72910d", .error,
        "Bellwether did not stop in time",
        """
        The daemon was asked to stop and had not ended after @BW_SECONDS@ s, so it gave up. What \
        was committed is in the ledger, and the next start goes on from there. The message names \
        what did not move: for the store look at the disk (dmesg, smartctl), and tell the makers \
        if this happens again on a sound one.
        """)
    package static let failure = MessageKind(
        "failure", "f6dbc9d05d8446f9be9baa70b8b1fb97", .error,
        "Bellwether cannot go on",
        """
        The message says why. systemd starts the daemon again unless the exit code says that no \
        restart can help: 64 usage, 65 bad data or a newer database, 77 permission, 78 \
        configuration. “bellwether check-config” and “bellwether doctor” look for the causes.
        """)
    package static let warning = MessageKind(
        "warning", "ffff11f4d5de4b19a32811ac8553a50d", .warning,
        "Something is not as it should be",
        """
        The daemon goes on. The message says what was found and where.
        """)
    package static let configurationWarning = MessageKind(
        "configuration-warning", "57c721e196e34b8abbbc8157b9649cdb", .warning,
        "A key of the configuration deserves a look",
        """
        The daemon runs with the value it has. The message names file, line and key; \
        bellwether.toml(5) says what the key means. “bellwether check-config --strict” takes \
        warnings as errors.
        """)
    package static let reloaded = MessageKind(
        "reloaded", "59d8b9221ff24f148cea02a1ea97cb13", .notice,
        "The configuration was read again",
        """
        The new values of the keys named in the message count from now on. Keys that need a \
        restart are told in a message of their own.
        """)
    package static let reloadRefused = MessageKind(
        "reload-refused", "6181a95699734158816014853492975a", .error,
        "The new configuration was refused",
        """
        There are errors in the configuration, so everything stays as it was. The message names \
        file, line and key of each. Mend them, let “bellwether check-config” read the files, \
        then “systemctl reload bellwether” again.
        """)
    package static let restartNeeded = MessageKind(
        "restart-needed", "ec24e53497b84ff8b46d25e49248886c", .warning,
        "Changed keys wait for a restart",
        """
        The keys named in the message were changed, but are only read at a start. “systemctl \
        restart bellwether” makes them count; orders at the broker stay there meanwhile.
        """)
    package static let logLevel = MessageKind(
        "log-level", "f479d485a71a407890cb9fcc57bcc1db", .notice,
        "More or fewer messages are logged",
        """
        SIGUSR1 asks for more detail, SIGUSR2 for less; a restart or a reload goes back to the \
        key log.level.
        """)
    package static let stageHangs = MessageKind(
        "stage-hangs", "72e73c229dc040ebb19cbdc99b3eda36", .error,
        "A part of Bellwether does not move",
        """
        The part @BW_STAGE@ has not moved for longer than it may. Under systemd the watchdog \
        restarts the daemon now; nothing that was committed is lost. “store” and “loop” hang \
        when the disk does not answer: look at dmesg and at the health of the disk or card. \
        “mqtt” hangs with a broker or a network that takes and does not answer.
        """)
    package static let stageMoves = MessageKind(
        "stage-moves", "afff4a61e75d44e78ef38d6cb46cce21", .notice,
        "A part of Bellwether moves again",
        """
        The part @BW_STAGE@, which had stood still, goes on by itself. Look at the messages \
        before this one for the cause.
        """)
    package static let suppressed = MessageKind(
        "suppressed", "dd88c6e11a6f49a881a772a8e8061e35", .notice,
        "Messages were left out",
        """
        So many messages of one kind came that some were not logged; the message says which \
        kind, how many, and in what time. What matters for the books is in the ledger, where \
        nothing is left out.
        """)
    package static let marketOver = MessageKind(
        "market-over", "f9983d7b304e4ecf86aaa0f08bfccd77", .notice,
        "The market is over",
        """
        The simulated or recorded market has come to its end. The daemon goes on answering and \
        trades no more; a new storage.path begins a new market.
        """)
    package static let order = MessageKind(
        "order", "33fa76d7b0ac427ba98bda0450825d15", .info,
        "An order was decided",
        """
        The order @CLIENT_ORDER_ID@ for @SYMBOL@ passed every check of risk and is sent unless \
        the mode forbids it. “bellwether explain @CLIENT_ORDER_ID@” shows headlines, scores, \
        votes and limits behind it.
        """)
    package static let orderRefused = MessageKind(
        "order-refused-by-risk", "f0bdd687f2ab4b1798704011da2d069d", .debug,
        "An idea was refused by a check of risk",
        """
        Nothing was sent for @SYMBOL@. The code in the message names the check; the limits are \
        keys of the tables risk and sizing in bellwether.toml(5).
        """)
    package static let orderRejected = MessageKind(
        "order-rejected", "48efe2157f864482998644682a875b81", .warning,
        "The broker rejected an order",
        """
        The broker did not take the order @CLIENT_ORDER_ID@ for @SYMBOL@; the message has its \
        reason. Many of these set the hold error-rate.
        """)
    package static let fill = MessageKind(
        "fill", "78d749767a164f7aa870919170276cf9", .info,
        "An order was filled",
        """
        An execution of the order @CLIENT_ORDER_ID@ for @SYMBOL@ is booked.
        """)
    package static let tradeClosed = MessageKind(
        "trade-closed", "b24a7733978d407f9f4644c887d2941e", .info,
        "A trade was closed",
        """
        The position in @SYMBOL@ is closed and its result is booked.
        """)
    package static let sessionClosed = MessageKind(
        "session-closed", "3934feb98fcd470087030486c9781fd8", .notice,
        "A session of the market has closed",
        """
        Equity and the day's result as booked. “bellwether report” shows more.
        """)
    package static let weights = MessageKind(
        "weights", "2261897948c045f6a31042c34a31c648", .info,
        "The weights of the strategies have changed",
        """
        Closed trades moved the weights. “bellwether ctl weights” shows them.
        """)
    package static let holdSet = MessageKind(
        "hold-set", "15ee16b8ff8b40fa8d990bbdc8ebc574", .warning,
        "Trading is held back",
        """
        The hold @BW_HOLD@ makes the mode @MODE@: reduce-only lets only orders out that shrink a \
        position, paused and halted let none out. Protective stops at the broker stay. \
        “bellwether status” lists all holds, and “bellwether ctl resume” lifts this one; where a \
        cause has to be named, “bellwether ctl resume --latch @BW_CAUSE@”.
        """)
    package static let holdLifted = MessageKind(
        "hold-lifted", "d32c5d3855da41f3b745daeb5ec47428", .notice,
        "A hold was lifted",
        """
        The hold @BW_HOLD@ is gone; the mode is @MODE@ now.
        """)
    package static let reconciled = MessageKind(
        "reconciled", "851fc53f5ffa4d708a717aaf0e00494f", .info,
        "Broker and books were compared",
        """
        Orders, executions, positions and cash of the broker were compared with the ledger. \
        “matches” and “repaired” need nothing; “incomplete” is tried again.
        """)
    package static let reconciliationDiffers = MessageKind(
        "reconciliation-differs", "3a0a46b0cd004c08aae40a26aad14b05", .error,
        "Broker and books differ",
        """
        The comparison found differences that could not be explained. “bellwether reconcile” \
        shows them line by line. Compare with the broker's own pages before you lift the hold \
        reconciliation.
        """)
    package static let mqttUp = MessageKind(
        "mqtt-up", "9cf31a2c781549e6b58ca48e1e0a2d8d", .notice,
        "The MQTT broker is connected",
        """
        State, events and telemetry are published, and commands are taken.
        """)
    package static let mqttDown = MessageKind(
        "mqtt-down", "9d4d9e75c45044fe9a93829c5853b8ba", .warning,
        "The MQTT broker is not connected",
        """
        Trading goes on without it; events wait in the ledger, and the connection is tried again \
        by itself. Is the broker running (systemctl status mosquitto), do mqtt.host and \
        mqtt.port name it, does it let this client in? One message tells of each change, not of \
        each attempt.
        """)
    package static let mqttRefused = MessageKind(
        "mqtt-refused", "6fe1235f6744476f81c615efcb529189", .error,
        "The MQTT broker refuses what Bellwether sends or asks",
        """
        Name and password, the certificate, or the broker's access list do not allow it; the \
        message says what was refused. An access list that works is in \
        /usr/share/doc/bellwether/examples.
        """)
    package static let commandTaken = MessageKind(
        "command-taken", "161d007af12c4435a3a12b4dfa38be67", .notice,
        "A command was carried out",
        """
        The message says which, by whom, and with what result; the ledger keeps it.
        """)
    package static let commandRefused = MessageKind(
        "command-refused", "3ac9d634fcab496c8c40ba30dc64f627", .warning,
        "A command was refused",
        """
        Nothing was changed. The code in the message says why: bellwether-mqtt(7) lists them. \
        Many refusals from one client may mean a wrong key, a wrong clock, or somebody who \
        should not be there.
        """)
    package static let alert = MessageKind(
        "alert", "4f4b99286aed437391c9a30e48d46fc8", .warning,
        "Bellwether raises an alert",
        """
        The message says what happened. “bellwether status” shows whether it still stands.
        """)

    /// In the order of the catalog.
    static let ofService: [MessageKind] = [
        .starting, .ready, .stopping, .stopped, .stopStuck, .failure, .warning,
        .configurationWarning, .reloaded, .reloadRefused, .restartNeeded, .logLevel,
        .stageHangs, .stageMoves, .suppressed, .marketOver, .order, .orderRefused,
        .orderRejected, .fill, .tradeClosed, .sessionClosed, .weights, .holdSet, .holdLifted,
        .reconciled, .reconciliationDiffers, .mqttUp, .mqttDown, .mqttRefused, .commandTaken,
        .commandRefused, .alert,
    ]
}
