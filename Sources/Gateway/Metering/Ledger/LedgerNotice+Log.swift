import Database

extension LedgerNotice {
    /// Writes the notice to the log.
    package func write(to log: Log) {
        switch self {
        case .journal(let notice): notice.write(to: log)
        case .databaseRefuses(let reason, let waiting):
            log.write(
                .error, "the database does not take the ledger's changes; the journal keeps them and it is tried again",
                ["reason": reason, "waiting": String(waiting)])
        case .databaseFollows: log.write(.info, "the database takes the ledger's changes again")
        case .rowRefused(let refusal):
            log.write(
                .error, "the database refuses one change of the ledger for good; it is kept in oneapi_unapplied",
                ["kind": refusal.kind, "account": String(refusal.account), "reason": refusal.reason])
        case .journalFull(let reason):
            log.write(
                .error, "the ledger's journal cannot grow, so requests are refused until the database follows",
                ["reason": reason])
        case .endedBehind(let waiting, let reason):
            log.write(
                .error, "ending before the database has every charge; the journal holds the rest for the next start",
                ["waiting": String(waiting), "reason": reason])
        }
    }
}

extension JournalNotice {
    fileprivate func write(to log: Log) {
        let level: Log.Level = problem == .missingAfterCleanEnd ? .warning : .error
        log.write(
            level, message,
            [
                "quota_that_may_be_missing": problem == .missingAfterCleanEnd ? "none" : "about \(quota)",
                "records_lost": String(lostRecords),
                "old_file": keptAs ?? "-",
            ])
    }

    private var message: StaticString {
        switch problem {
        case .missing: "the ledger's journal is missing: charges of the last run may be lost"
        case .missingAfterCleanEnd:
            "the ledger's journal is missing; the last run had ended cleanly, so nothing was in it"
        case .foreign: "the ledger's journal is another database's: charges of the last run may be lost"
        case .damagedHead: "the head of the ledger's journal is damaged; the records that could be found are applied"
        case .damagedRecords: "the ledger's journal is damaged; the records that could be read are applied"
        case .older: "the ledger's journal is older than the database: charges of the last run may be lost"
        case .implausiblePosition: "the database's note of how far the journal is applied cannot be true; none is"
        }
    }
}
