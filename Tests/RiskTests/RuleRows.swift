import Domain
import Primitives
import Risk
import Testing

/// One rule at one side of its boundary.
struct RuleRow: Sendable, CustomTestStringConvertible {
    let name: String
    /// Nil: approved.
    let code: RefusalCode?
    let figures: [Figure]
    let change: @Sendable (inout Setup) -> Void

    init(
        _ name: String, _ code: RefusalCode?, _ figures: [Figure] = [],
        _ change: @escaping @Sendable (inout Setup) -> Void
    ) {
        (self.name, self.code, self.figures, self.change) = (name, code, figures, change)
    }

    var testDescription: String { "\(name) -> \(code?.rawValue ?? "approved")" }

    static let all = time + price + symbol + blocks + counts + losses + size

    static let time: [RuleRow] = [
        RuleRow("active", nil) { $0.context.mode = .active },
        RuleRow("reduce-only", .mode, [Figure("mode", "reduce-only"), Figure("limit", "active")]) {
            $0.context.mode = .reduceOnly
        },
        RuleRow("no session", .sessionClosed, [Figure("session", "none")]) {
            $0.context.session = nil
        },
        RuleRow("a second before the open", .sessionClosed) { $0.at("13:29:59") },
        RuleRow("at the open, no edges", nil) { $0.at("13:30:00", edges: 0) },
        RuleRow("at the close, no edges", nil) { $0.at("20:00:00", edges: 0) },
        RuleRow("a second after the close", .sessionClosed) { $0.at("20:00:01", edges: 0) },
        RuleRow(
            "299 s after the open", .sessionEdge,
            [Figure("since_open_seconds", "299"), Figure("limit_seconds", "300")]
        ) { $0.at("13:34:59") },
        RuleRow("300 s after the open", nil) { $0.at("13:35:00") },
        RuleRow("301 s after the open", nil) { $0.at("13:35:01") },
        RuleRow("901 s before the close", nil) { $0.at("19:44:59") },
        RuleRow("900 s before the close", nil) { $0.at("19:45:00") },
        RuleRow(
            "899 s before the close", .sessionEdge,
            [Figure("until_close_seconds", "899"), Figure("limit_seconds", "900")]
        ) { $0.at("19:45:01") },
        RuleRow("899 s before an early close", .sessionEdge) {
            $0.context.session?.close = RiskTests.time("15:14:59")
        },
    ]

    /// Those that keep exits back too.
    private static let stopsExits: [EntryBlock] = [.clock, .reconciling, .suspended]

    static let blocks: [RuleRow] = EntryBlock.allCases.flatMap { block -> [RuleRow] in
        let code = RefusalCode(rawValue: block.rawValue)
        return [
            RuleRow("an entry, \(block)", code, [Figure("blocked", block.rawValue)]) {
                $0.context.block = block
            },
            RuleRow("an exit, \(block)", stopsExits.contains(block) ? code : nil) {
                $0.exit("5")
                $0.context.block = block
            },
        ]
    }

    static let price: [RuleRow] = [
        RuleRow("no price", .priceMissing, [Figure("price", "unknown")]) { $0.context.price = nil },
        RuleRow("price zero", .priceMissing) { $0.context.price = .zero },
        RuleRow("price below zero", .priceMissing) { $0.context.price = Price(units: -1) },
        RuleRow("no time of price", .priceMissing) { $0.context.priceTime = nil },
        RuleRow("signal's price zero", .priceMissing) { $0.signalPrice = .zero },
        RuleRow("signal's price 179 s old", nil) {
            $0.signalPriceTime = RiskTests.time("14:57:01")
        },
        RuleRow("signal's price 180 s old", nil) {
            $0.signalPriceTime = RiskTests.time("14:57:00")
        },
        RuleRow(
            "signal's price 181 s old", .priceStale,
            [Figure("signal_price_age_seconds", "181"), Figure("limit_seconds", "180")]
        ) { $0.signalPriceTime = RiskTests.time("14:56:59") },
        RuleRow("signal's price from the future", .priceStale) {
            $0.signalPriceTime = RiskTests.time("15:00:01")
        },
        RuleRow("newest price 180 s old", nil) {
            $0.context.priceTime = RiskTests.time("14:57:00")
        },
        RuleRow("newest price 180.5 s old", .priceStale, [Figure("price_age_seconds", "180.5")]) {
            $0.context.priceTime = RiskTests.time("14:56:59.5")
        },
        RuleRow("newest price from the future", .priceStale) {
            $0.context.priceTime = RiskTests.time("15:00:01")
        },
        RuleRow("age off", nil) {
            $0.config.priceAgeMax = nil
            $0.signalPriceTime = .distantPast
        },
        RuleRow("cold", .warming) { $0.context.isWarm = false },
    ]

    static let symbol: [RuleRow] = [
        RuleRow("short", .shortsDisabled, [Figure("side", "sell")]) { $0.side = .sell },
        RuleRow("short, opted in", nil) {
            $0.side = .sell
            $0.config.shorts = true
        },
        RuleRow("held", .duplicate, [Figure("position", "1")]) {
            $0.context.position = shares("1")
        },
        RuleRow("held short", .duplicate) { $0.context.position = shares("-0.000000001") },
        RuleRow("order working", .duplicate, [Figure("working_orders", "1")]) {
            $0.context.workingOrders = 1
        },
        RuleRow(
            "1799 s after the exit", .cooldown,
            [Figure("since_exit_seconds", "1799"), Figure("limit_seconds", "1800")]
        ) { $0.context.lastExit = RiskTests.time("14:30:01") },
        RuleRow("1800 s after the exit", nil) {
            $0.context.lastExit = RiskTests.time("14:30:00")
        },
        RuleRow("1801 s after the exit", nil) {
            $0.context.lastExit = RiskTests.time("14:29:59")
        },
        RuleRow("cooldown off", nil) {
            $0.config.cooldown = nil
            $0.context.lastExit = $0.context.now
        },
    ]

    static let counts: [RuleRow] = [
        RuleRow("9 orders in the minute", nil) { $0.context.ordersLastMinute = 9 },
        RuleRow(
            "10 orders in the minute", .ordersPerMinute,
            [Figure("orders_last_minute", "10"), Figure("limit", "10")]
        ) { $0.context.ordersLastMinute = 10 },
        RuleRow("11 orders in the minute", .ordersPerMinute) { $0.context.ordersLastMinute = 11 },
        RuleRow("per minute off", nil) {
            $0.config.ordersPerMinuteMax = nil
            $0.context.ordersLastMinute = .max
        },
        RuleRow("99 orders today", nil) { $0.context.ordersToday = 99 },
        RuleRow("100 orders today", .ordersPerDay, [Figure("orders_today", "100")]) {
            $0.context.ordersToday = 100
        },
        RuleRow("101 orders today", .ordersPerDay) { $0.context.ordersToday = 101 },
        RuleRow("per day off", nil) {
            $0.config.ordersPerDayMax = nil
            $0.context.ordersToday = .max
        },
        RuleRow("990,000 of a million today", nil) {
            $0.fixed("100")
            $0.context.notionalToday = usd("990000")
        },
        RuleRow(
            "a cent more", .notionalPerDay,
            [Figure("notional_after", "1000000.01"), Figure("limit", "1000000.00")]
        ) {
            $0.fixed("100")
            $0.context.notionalToday = usd("990000.01")
        },
        RuleRow("no sum is too large for it", .notionalPerDay) {
            $0.context.notionalToday = Money(units: .max)
        },
        RuleRow("notional per day off", nil) {
            $0.config.notionalPerDayShareMax = nil
            $0.context.notionalToday = Money(units: .max)
        },
        RuleRow("9 positions", nil) { $0.context.openPositions = 9 },
        RuleRow("10 positions", .positionCount, [Figure("positions", "10")]) {
            $0.context.openPositions = 10
        },
        RuleRow("6 positions and 3 entries", nil) {
            ($0.context.openPositions, $0.context.pendingEntries) = (6, 3)
        },
        RuleRow("6 positions and 4 entries", .positionCount) {
            ($0.context.openPositions, $0.context.pendingEntries) = (6, 4)
        },
        RuleRow("11 entries", .positionCount) { $0.context.pendingEntries = 11 },
        RuleRow("positions off", nil) {
            $0.config.positionsMax = nil
            $0.context.openPositions = 1000
        },
    ]

    static let losses: [RuleRow] = [
        RuleRow("a cent under the day's limit", nil) { $0.context.equity = usd("97000.01") },
        RuleRow(
            "at the day's limit", .dailyLoss,
            [Figure("loss", "3000.00"), Figure("limit", "3000.00")]
        ) { $0.context.equity = usd("97000") },
        RuleRow("a cent over the day's limit", .dailyLoss) {
            $0.context.equity = usd("96999.99")
        },
        RuleRow("a gain on the day", nil) { $0.context.equity = usd("120000") },
        RuleRow("the day's start unknown", .dailyLoss, [Figure("day_start_equity", "unknown")]) {
            $0.context.dayStartEquity = nil
        },
        RuleRow("daily loss off", nil) {
            $0.config.dailyLossShareMax = nil
            $0.context.dayStartEquity = nil
        },
        RuleRow("a cent under the drawdown", nil) { $0.drawdown("85000.01") },
        RuleRow(
            "at the drawdown", .drawdown,
            [Figure("drawdown", "15000.00"), Figure("limit", "15000.00")]
        ) { $0.drawdown("85000") },
        RuleRow("a cent over the drawdown", .drawdown) { $0.drawdown("84999.99") },
        RuleRow("the peak unknown", .drawdown, [Figure("equity_peak", "unknown")]) {
            $0.context.equityPeak = nil
        },
        RuleRow("drawdown off", nil) {
            $0.config.drawdownShareMax = nil
            $0.context.equityPeak = nil
        },
    ]

    /// 198 shares at 101 are 19,998 of a limit of 20,000.
    static let size: [RuleRow] = [
        RuleRow("fixed zero", .quantityZero, [Figure("quantity", "0")]) { $0.fixed("0") },
        RuleRow("fixed below the lot", .quantityZero) { $0.fixed("0.99") },
        RuleRow("fixed below zero", .quantityZero) { $0.fixed("-5") },
        RuleRow("fixed one lot", nil) { $0.fixed("1") },
        RuleRow("position below its share", nil) { $0.fixed("198") },
        RuleRow("position at its share", nil) {
            $0.fixed("198")
            $0.config.positionShareMax = 0.19998
        },
        RuleRow(
            "position above its share", .positionNotional,
            [Figure("notional", "20099.00"), Figure("limit", "20000.00")]
        ) { $0.fixed("199") },
        RuleRow("position off", nil) {
            $0.fixed("900")
            $0.config.positionShareMax = nil
        },
        RuleRow("exposure below", nil) {
            $0.fixed("100")
            $0.context.exposure = usd("89899.99")
        },
        RuleRow("exposure at the limit", nil) {
            $0.fixed("100")
            $0.context.exposure = usd("89900")
        },
        RuleRow(
            "exposure above", .exposure,
            [Figure("exposure_after", "100000.01"), Figure("limit", "100000.00")]
        ) {
            $0.fixed("100")
            $0.context.exposure = usd("89900.01")
        },
        RuleRow("exposure off", nil) {
            $0.fixed("100")
            $0.config.exposureShareMax = nil
            $0.context.exposure = usd("5000000")
        },
        RuleRow("cash above", nil) { $0.cash("10100.01") },
        RuleRow("cash just enough", nil) { $0.cash("10100") },
        RuleRow(
            "cash short", .cash, [Figure("reservation", "10100.00"), Figure("limit", "10099.99")]
        ) { $0.cash("10099.99") },
        RuleRow("cash off", nil) {
            $0.cash("-1")
            $0.config.cashOnly = false
        },
    ]
}

extension Setup {
    /// At a time of day, with prices of that time.
    mutating func at(_ text: String, edges: Int64? = nil) {
        context.now = time(text)
        context.priceTime = context.now
        signalPriceTime = context.now
        if let edges {
            config.sessionEdgeOpen = Span(seconds: edges)
            config.sessionEdgeClose = Span(seconds: edges)
        }
    }

    mutating func drawdown(_ equity: String) {
        config.dailyLossShareMax = nil
        context.equity = usd(equity)
    }

    mutating func cash(_ cash: String) {
        fixed("100")
        context.cash = usd(cash)
    }
}
