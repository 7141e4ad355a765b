import Arithmetic
import Database

/// What the journal of the last run adds to the database.
struct LedgerReplay {
    /// Beyond what is applied, in their order.
    var entries: [LedgerEntry] = []
    /// Sequence of the last record.
    var last: Int64
    var openReservations = 0
    var openQuota: Int64 = 0
    /// Records that were written and cannot be read.
    var lost: Int64 = 0

    /// - Parameter held: what was held when the journal was applied up to `applied`.
    init(_ contents: JournalContents, after applied: Int64, held: Int64) {
        last = contents.last
        var open = OpenReservations(held: held)
        var seen: Int64 = 0
        for (sequence, entry) in contents.records {
            let isNew = sequence > applied
            if isNew { seen += 1 }
            open.note(entry, sequence: sequence, isNew: isNew)
            if isNew, entry.movesSomething { entries.append(entry) }
        }
        open.end(applied: min(applied, last))
        openReservations = open.count
        openQuota = open.quota
        lost = max(0, last.minus(applied).minus(seen)).plus(contents.hasDamagedEnd ? 1 : 0)
    }
}

/// The last run's journal, applied; its file still has its place and its lock.
struct LastJournal: ~Copyable {
    let file: JournalFile
    let replay: LedgerReplay
    /// What the next one goes on from.
    let identity: Int64
    let position: LedgerPosition
    /// The file was kept aside, or is needed no more.
    let isKept: Bool

    /// Makes the new file in the place of the old one.
    borrowing func successor(size: Int, limit: Int, system: JournalSystem) throws(JournalError) -> Journal {
        do throws(JournalError) { return try make(size, limit, system) } catch {
            guard error == .diskFull, !isKept, file.hasOneName else { throw error }
        }
        // Everything in the old file is in the database: its space will do. One that an earlier start kept aside for a
        // person to look at has a second name.
        file.empty()
        return try make(size, limit, system)
    }

    private borrowing func make(_ size: Int, _ limit: Int, _ system: JournalSystem) throws(JournalError) -> Journal {
        try Journal(
            path: file.path, size: size, limit: limit, identity: identity, generation: position.generation.plus(1),
            base: position.sequence, system: system)
    }
}

extension Ledger {
    /// Applies what the last run journalled and the database has not, and reports what may be missing.
    static func recover(
        journalPath: String, database: any Database, report: @Sendable (LedgerNotice) -> Void, system: JournalSystem
    ) async throws -> LastJournal {
        let file = try JournalFile(path: journalPath)
        let standing = try await database.write { try $0.ledgerStanding() }
        let contents = try file.contents(identity: standing.identity)
        // Half of what there is, so that this run has numbers left to give.
        let isPlausible = (0...JournalRecord.sequenceLimit / 2).contains(standing.position.sequence)
        let applied = isPlausible ? standing.position.sequence : .max
        let replay = LedgerReplay(contents, after: applied, held: standing.heldAtItsEnd)
        let last = isPlausible ? max(replay.last, applied) : replay.last
        // Kept aside and told before anything of it is applied, since then nobody would see what was wrong with it: a
        // process that is killed in between does either again.
        var notice = JournalVerdict(contents, replay, standing, isPlausible: isPlausible).notice
        let isToKeep = notice != nil && contents.head != .missing
        let kept = isToKeep ? file.keepBeside(system) : nil
        if isToKeep { notice?.keptAs = kept ?? file.freeName() }
        if let notice { report(.journal(notice)) }
        if isPlausible, last > applied {
            let position = LedgerPosition(generation: standing.position.generation, sequence: last)
            for refusal in try await apply(replay.entries, position, to: database) { report(.rowRefused(refusal)) }
        }
        // Where a file can have one name only, it loses its own at last.
        let isKept = kept != nil || notice?.keptAs.map { file.move(to: $0, system) } == true
        var generation = max(0, standing.position.generation)
        if case .sound(let head) = contents.head { generation = max(generation, head.generation) }
        return LastJournal(
            file: file, replay: replay, identity: standing.identity,
            position: LedgerPosition(generation: generation, sequence: last), isKept: isKept)
    }

    private static func apply(
        _ entries: [LedgerEntry], _ position: LedgerPosition, to database: any Database
    ) async throws -> [LedgerRefusal] {
        let group = LedgerGroup(entries, position: position)
        do {
            let refusals = try await database.write { connection -> [LedgerRefusal] in
                var refusals: [LedgerRefusal] = []
                try connection.apply(group) { refusals.append($0) }
                return refusals
            }
            // The old journal goes next. Where the disk has no room for this, only a power cut could still cost anything.
            try? database.makeDurable()
            return refusals
        } catch DatabaseError.full where entries.isEmpty {
            // Nothing but the position is missing then, and the gateway can still be used to make room.
            return []
        }
    }
}
