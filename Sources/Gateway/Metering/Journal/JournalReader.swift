/// The content of the last run's journal. It is read by the journal's own layout, even if it is damaged.
struct JournalContents {
    enum Head: Equatable {
        /// There is no file, or it is empty.
        case missing
        case sound(JournalHead)
        /// The layout of version 0.1, where files have no number.
        case first
        case foreign
        case damaged
    }

    var head: Head
    /// The records that this version understands, by sequence.
    var records: [(sequence: Int64, entry: LedgerEntry)] = []
    /// Whether bytes that are no record follow the last one.
    var hasDamagedEnd = false

    /// The sequence of the last record that was written.
    var last: Int64 {
        var base: Int64 = 0
        if case .sound(let head) = head { base = head.base }
        return max(base, records.last?.sequence ?? 0)
    }
}

/// Reads the bytes of a journal file. They may be anything.
struct JournalReader {
    let bytes: UnsafeRawBufferPointer
    let identity: Int64
    /// Records up to this number are not wanted.
    private let applied: Int64
    private var found: [(sequence: Int64, entry: LedgerEntry)] = []
    private var ends = JournalEnds()

    static func read(
        _ bytes: UnsafeRawBufferPointer, identity: Int64, after applied: Int64 = 0
    ) -> JournalContents {
        var reader = JournalReader(bytes: bytes, identity: identity, applied: applied)
        return reader.read()
    }

    private init(bytes: UnsafeRawBufferPointer, identity: Int64, applied: Int64) {
        self.bytes = bytes
        self.identity = identity
        self.applied = applied
    }

    private mutating func read() -> JournalContents {
        if bytes.isEmpty { return JournalContents(head: .missing) }
        if let head = JournalHead(bytes) {
            guard head.identity == identity else { return JournalContents(head: .foreign) }
            var start = JournalHead.size
            while start < bytes.count {
                let end = min(start + head.chunkSize, bytes.count)
                scan(start..<end, knowsStart: true)
                start = end
            }
            return contents(.sound(head))
        }
        let segments = FirstJournal(bytes).segments
        if !segments.isEmpty {
            let own = segments.filter { $0.identity == identity }
            guard !own.isEmpty else { return JournalContents(head: .foreign) }
            var records: [JournalRecord] = []
            for segment in own { FirstJournal(bytes).scan(segment.range, &ends) { records.append($0) } }
            for record in records { keep(record) }
            return contents(.first)
        }
        scan(0..<bytes.count, knowsStart: false)
        return contents(.damaged)
    }

    /// - Parameter knowsStart: whether the region must begin with a record or zero.
    private mutating func scan(_ region: Range<Int>, knowsStart: Bool) {
        let seed = JournalRecord.seed(identity)
        var place = region.lowerBound
        ends.begin(isCertain: knowsStart)
        while place + JournalRecord.overhead <= region.upperBound {
            if let record = JournalRecord(bytes, at: place, end: region.upperBound, seed: seed) {
                keep(record)
                ends.record(record.sequence)
                place += JournalRecord.size(payload: record.payload.count)
            } else {
                ends.noRecord(isZero: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) == 0)
                place += 8
            }
        }
        ends.finish()
    }

    private mutating func keep(_ record: JournalRecord) {
        guard record.sequence > applied, let entry = LedgerEntry(kind: record.kind, payload: record.payload) else {
            return
        }
        found.append((record.sequence, entry))
    }

    private mutating func contents(_ head: JournalContents.Head) -> JournalContents {
        found.sort { $0.sequence < $1.sequence }
        var contents = JournalContents(head: head)
        contents.records.reserveCapacity(found.count)
        for one in found where one.sequence != contents.records.last?.sequence { contents.records.append(one) }
        contents.hasDamagedEnd = ends.isDamaged(last: contents.records.last?.sequence ?? 0)
        return contents
    }
}

/// Distinguishes the end of the records from damage: a zero follows the last record.
struct JournalEnds {
    /// Sequences of records that are followed by something other than a record or zero.
    private var broken: Set<Int64> = []
    /// Whether a region that should begin with a record begins with something else and has no record.
    private var hasBrokenRegion = false
    private var previous: Int64 = 0
    private var expectsRecord = false
    private var isBrokenAtStart = false

    mutating func begin(isCertain: Bool) {
        (previous, expectsRecord, isBrokenAtStart) = (0, isCertain, false)
    }

    mutating func record(_ sequence: Int64) {
        (previous, expectsRecord) = (sequence, true)
    }

    mutating func noRecord(isZero: Bool) {
        defer { expectsRecord = false }
        guard expectsRecord, !isZero else { return }
        if previous == 0 { isBrokenAtStart = true } else { broken.insert(previous) }
    }

    mutating func finish() {
        if isBrokenAtStart, previous == 0 { hasBrokenRegion = true }
    }

    func isDamaged(last: Int64) -> Bool { hasBrokenRegion || last > 0 && broken.contains(last) }
}
