import Arithmetic
import Database

/// What the journal of the last run adds to the database.
struct LedgerReplay {
    /// The entries that are not applied yet, in order.
    var entries: [LedgerEntry] = []
    /// The sequence of the last record.
    var last: Int64
    var openReservations = 0
    var openQuota: Int64 = 0
    /// The number of records that were written but cannot be read.
    var lost: Int64 = 0

    /// - Parameter held: the quota held when the journal was applied up to `applied`.
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

/// The last run's journal after it was applied. Its file is still in place and locked.
struct LastJournal: ~Copyable {
    let file: JournalFile
    let replay: LedgerReplay
    /// The position where the next journal continues.
    let identity: Int64
    let position: LedgerPosition
    /// Whether the file was kept under another name or is no longer needed.
    let isKept: Bool

    /// Replaces the old file with a new one.
    borrowing func successor(size: Int, limit: Int, system: JournalSystem) throws(JournalError) -> Journal {
        do throws(JournalError) { return try make(size, limit, system) } catch {
            guard error == .diskFull, !isKept, file.hasOneName else { throw error }
        }
        // Everything in the old file is in the database, so its space can be reused. A file that an earlier start kept
        // for the operator has a second name and stays.
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
    /// Applies the last run's journalled entries that the database does not have, and reports what may be missing.
    static func recover(
        journalPath: String, database: any Database, report: @Sendable (LedgerNotice) -> Void, system: JournalSystem
    ) async throws -> LastJournal {
        let file = try JournalFile(path: journalPath)
        let standing = try await database.write { try $0.ledgerStanding() }
        let contents = try file.contents(identity: standing.identity)
        // Half of the range, so that this run has numbers left.
        let isPlausible = (0...JournalRecord.sequenceLimit / 2).contains(standing.position.sequence)
        let applied = isPlausible ? standing.position.sequence : .max
        let replay = LedgerReplay(contents, after: applied, held: standing.heldAtItsEnd)
        let last = isPlausible ? max(replay.last, applied) : replay.last
        // Keep the file and report before anything of it is applied. Afterwards nobody could see what was wrong with
        // it. If the process is killed in between, the next start repeats both.
        var notice = JournalVerdict(contents, replay, standing, isPlausible: isPlausible).notice
        let isToKeep = notice != nil && contents.head != .missing
        let kept = isToKeep ? file.keepBeside(system) : nil
        if isToKeep { notice?.keptAs = kept ?? file.freeName() }
        if let notice { report(.journal(notice)) }
        if isPlausible, last > applied {
            let position = LedgerPosition(generation: standing.position.generation, sequence: last)
            for refusal in try await apply(replay.entries, position, to: database) { report(.rowRefused(refusal)) }
        }
        // If a file can have only one name, it is moved to the other path.
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
            // The old journal is deleted next. If the disk has no room for this, only a power cut could lose something.
            try? database.makeDurable()
            return refusals
        } catch DatabaseError.full where entries.isEmpty {
            // Only the position is missing then, and the operator can still use the gateway to make room.
            return []
        }
    }
}
