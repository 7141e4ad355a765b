package import Database

/// What the ledger reports to the operator.
package enum LedgerNotice: Equatable, Sendable {
    case journal(JournalNotice)
    /// It is reported once, not at each attempt.
    case databaseRefuses(reason: String, waiting: Int)
    case databaseFollows
    /// A row refused a change, which is now in `oneapi_unapplied`.
    case rowRefused(LedgerRefusal)
    case journalFull(reason: String)
    /// The process ends before the database has everything.
    case endedBehind(waiting: Int, reason: String)
}

/// What is wrong with the last run's journal.
package struct JournalNotice: Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        /// The journal is missing, and the last run was killed or was of another version.
        case missing
        /// The journal is missing, but the last run had applied everything.
        case missingAfterCleanEnd
        case foreign
        /// The layout of the file is unknown. Records that were found in it are applied.
        case damagedHead
        case damagedRecords
        /// The journal ends before the position that the database has already applied.
        case older
        /// The position in the database cannot be true.
        case implausiblePosition
    }

    package let problem: Problem
    /// The number of unreadable records, as far as it is known.
    package var lostRecords: Int64 = 0
    /// Quota held by requests that are not known to have ended, by the database's last note and the records. Requests
    /// that began after that note are missing in it; requests that ended after it are included.
    package var quota: Int64
    /// The present path of the old file.
    package var keptAs: String?
}

extension LedgerStanding {
    /// The quota held at the database's last note; zero after a clean stop.
    var heldAtItsEnd: Int64 { state == .closed ? 0 : held }
}

/// Checks a journal against what the database knows.
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
