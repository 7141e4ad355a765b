package import Database

/// What the ledger has to tell an operator.
package enum LedgerNotice: Equatable, Sendable {
    case journal(JournalNotice)
    /// Told once, not at each attempt.
    case databaseRefuses(reason: String, waiting: Int)
    case databaseFollows
    /// One change that its row refuses; it stands in `oneapi_unapplied`.
    case rowRefused(LedgerRefusal)
    case journalFull(reason: String)
    /// The process ends before the database has everything.
    case endedBehind(waiting: Int, reason: String)
}

/// What is wrong with the journal that the last run left.
package struct JournalNotice: Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        /// The last run was killed, or not of this version, and its journal is not there.
        case missing
        /// It is not there, and the last run had ended with everything applied.
        case missingAfterCleanEnd
        case foreign
        /// Nothing says how the file is laid out; what records it has are applied.
        case damagedHead
        case damagedRecords
        /// It ends before what the database has already.
        case older
        /// The database's own note of how far it is cannot be true.
        case implausiblePosition
    }

    package let problem: Problem
    /// Records that cannot be read, as far as that can be told.
    package var lostRecords: Int64 = 0
    /// What requests held that are not known to have ended, as the database was last told and the records say. Those
    /// that began after it are missing in it; those that ended after it are too many.
    package var quota: Int64
    /// Where the old file lies now.
    package var keptAs: String?
}

extension LedgerStanding {
    /// What was held when the database was last told; nothing after a clean end.
    var heldAtItsEnd: Int64 { state == .closed ? 0 : held }
}

/// Judges a journal by what the database knows.
struct JournalVerdict {
    let notice: JournalNotice?

    init(_ contents: JournalContents, _ replay: LedgerReplay, _ standing: LedgerStanding, isPlausible: Bool) {
        let isClosed = standing.state == .closed
        let held = standing.heldAtItsEnd
        let open = replay.openQuota
        let sequence = standing.position.sequence
        func notice(_ problem: JournalNotice.Problem, _ quota: Int64) -> JournalNotice {
            JournalNotice(problem: problem, lostRecords: replay.lost, quota: quota)
        }
        guard isPlausible else {
            self.notice = notice(.implausiblePosition, open)
            return
        }
        switch contents.head {
        case .missing:
            let hadJournal = standing.state != .unknown || sequence > 0
            self.notice = hadJournal ? notice(isClosed ? .missingAfterCleanEnd : .missing, held) : nil
        case .foreign: self.notice = notice(.foreign, held)
        case .damaged: self.notice = notice(.damagedHead, open)
        case .sound(let head) where head.generation < standing.position.generation:
            self.notice = notice(.older, held)
        case .sound, .first:
            if replay.last < sequence {
                self.notice = notice(.older, held)
            } else {
                self.notice = replay.lost > 0 ? notice(.damagedRecords, open) : nil
            }
        }
    }
}
