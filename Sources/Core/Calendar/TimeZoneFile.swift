extension TimeZoneRules {
    /// The largest known file has 4 KB; this bounds what a damaged or hostile one can cost.
    static let fileBytesMax = 65_536

    /// Reads a TZif file of version 2 or later: its 64-bit block and the rule in its footer.
    /// Everything is checked before it is believed. A file without a rule for the years after its
    /// table is refused, because then nobody could say what time it is.
    ///
    /// Source: RFC 9636 (before: RFC 8536), The Time Zone Information Format.
    package init(tzif bytes: [UInt8]) throws(TimeZoneError) {
        guard bytes.count <= Self.fileBytesMax else {
            throw .tooLarge(bytes: bytes.count, most: Self.fileBytesMax)
        }
        var reader = TZifReader(bytes: bytes)
        // The block of 32-bit times is for readers of version 1: only its length matters.
        let first = try reader.header()
        try reader.skip(first.blockBytes(timeBytes: 4))
        let header = try reader.header()
        guard header.leapCount == 0 else { throw .leapSeconds(count: header.leapCount) }
        try reader.require(header.blockBytes(timeBytes: 8))

        let times = try reader.changeTimes(header)
        let typesAt = reader.index
        let types = try reader.take(header.timeCount)
        let offsets = try reader.localTimeTypes(header)
        var changes: [Change] = []
        changes.reserveCapacity(header.timeCount)
        for (time, type) in zip(times, types) {
            guard Int(type) < offsets.count else {
                throw .malformed("there is no local time type \(type)", at: typesAt)
            }
            changes.append(Change(at: time, offset: offsets[Int(type)]))
        }
        try reader.skip(header.charCount + header.standardCount + header.utCount)
        self.rule = try reader.footer()
        self.changes = changes
        self.earliestOffset = offsets[0]
    }
}

/// The counts before a data block. Each has 32 bits, so their sums and products fit in 64.
private struct TZifHeader {
    let utCount: Int
    let standardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let charCount: Int

    func blockBytes(timeBytes: Int) -> Int {
        timeCount * (timeBytes + 1) + typeCount * 6 + charCount + leapCount * (timeBytes + 4)
            + standardCount + utCount
    }
}

private struct TZifReader {
    let bytes: [UInt8]
    private(set) var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    func require(_ count: Int) throws(TimeZoneError) {
        guard count <= bytes.count - index else {
            throw .truncated(at: index, needed: count, left: bytes.count - index)
        }
    }

    mutating func skip(_ count: Int) throws(TimeZoneError) {
        try require(count)
        index += count
    }

    mutating func take(_ count: Int) throws(TimeZoneError) -> ArraySlice<UInt8> {
        try skip(count)
        return bytes[(index - count)..<index]
    }

    mutating func bigEndian(_ count: Int) throws(TimeZoneError) -> UInt64 {
        var value: UInt64 = 0
        for byte in try take(count) { value = value << 8 | UInt64(byte) }
        return value
    }

    mutating func header() throws(TimeZoneError) -> TZifHeader {
        let start = index
        guard Array(try take(4)) == Array("TZif".utf8) else {
            if start == 0 { throw .notTZif }
            throw .malformed("the second header does not begin with “TZif”", at: start)
        }
        let version = try bigEndian(1)
        guard version != 0 else { throw .oldVersion }
        // Later versions loosen what a writer may do; what they have in common is checked below.
        guard version >= UInt64(UInt8(ascii: "2")), version <= UInt64(UInt8(ascii: "9")) else {
            throw .malformed("unknown version byte \(version)", at: start + 4)
        }
        try skip(15)
        let countsAt = index
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(try bigEndian(4))) }
        let header = TZifHeader(
            utCount: counts[0], standardCount: counts[1], leapCount: counts[2],
            timeCount: counts[3], typeCount: counts[4], charCount: counts[5])
        guard (1...256).contains(header.typeCount), header.charCount > 0,
            header.utCount == 0 || header.utCount == header.typeCount,
            header.standardCount == 0 || header.standardCount == header.typeCount
        else { throw .malformed("the counts contradict each other", at: countsAt) }
        return header
    }

    mutating func changeTimes(_ header: TZifHeader) throws(TimeZoneError) -> [Int64] {
        var times: [Int64] = []
        times.reserveCapacity(header.timeCount)
        for _ in 0..<header.timeCount {
            let time = Int64(bitPattern: try bigEndian(8))
            if let last = times.last, last >= time {
                throw .malformed("the times of change do not ascend", at: index - 8)
            }
            times.append(time)
        }
        return times
    }

    /// The offset from UTC of each local time type.
    mutating func localTimeTypes(_ header: TZifHeader) throws(TimeZoneError) -> [Int] {
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            let start = index
            let offset = Int(Int32(truncatingIfNeeded: try bigEndian(4)))
            let daylightFlag = try bigEndian(1)
            let name = Int(try bigEndian(1))
            guard (TimeZoneRules.offsetMin...TimeZoneRules.offsetMax).contains(offset) else {
                throw .malformed("an offset of \(offset) seconds from UTC", at: start)
            }
            guard daylightFlag <= 1, name < header.charCount else {
                throw .malformed("a local time type with a wrong flag or name", at: start + 4)
            }
            offsets.append(offset)
        }
        return offsets
    }

    /// A rule between two newlines, and nothing after it.
    mutating func footer() throws(TimeZoneError) -> YearlyRule {
        let newline = UInt8(ascii: "\n")
        guard try bigEndian(1) == UInt64(newline) else {
            throw .malformed("the footer does not begin with a newline", at: index - 1)
        }
        guard let end = bytes[index...].firstIndex(of: newline) else {
            throw .truncated(at: bytes.count, needed: 1, left: 0)
        }
        guard end == bytes.count - 1 else {
            throw .malformed("there are bytes after the footer", at: end + 1)
        }
        guard let rule = YearlyRule(posix: bytes[index..<end]) else {
            throw .malformed("the footer is no complete rule for the years to come", at: index)
        }
        index = bytes.count
        return rule
    }
}
