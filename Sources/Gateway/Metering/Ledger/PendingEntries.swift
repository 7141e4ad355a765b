/// Entries that are journalled but not yet in the database, oldest first. Removing some from the front seldom moves the
/// rest, since there may be hundreds of thousands while the database lags.
struct PendingEntries {
    struct Entry: Sendable {
        let sequence: Int64
        let entry: LedgerEntry
    }

    private var entries: [Entry] = []
    private var taken = 0

    var count: Int { entries.count - taken }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ entry: LedgerEntry, sequence: Int64) {
        entries.append(Entry(sequence: sequence, entry: entry))
    }

    func first(_ limit: Int) -> [Entry] { Array(entries[taken...].prefix(limit)) }

    mutating func removeFirst(_ number: Int) {
        taken += min(number, count)
        guard taken * 2 >= entries.count else { return }
        entries.removeFirst(taken)
        taken = 0
    }
}
