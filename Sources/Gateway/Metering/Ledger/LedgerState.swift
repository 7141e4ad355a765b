/// The state that the ledger's lock guards.
struct LedgerState: ~Copyable {
    struct Waiter {
        let number: Int
        let sequence: Int64
        let continuation: UnsafeContinuation<Bool, Never>
        /// Ends the wait at its limit. It is set after the waiter is in the list.
        var timer: Task<Void, Never>?

        func end(_ isWhole: Bool) {
            timer?.cancel()
            continuation.resume(returning: isWhole)
        }
    }

    var users: [Int64: LedgerAccount] = [:]
    var tokens: [Int64: LedgerAccount] = [:]
    /// Tokens that were deleted in this run. Ids are never reused, so whoever still names one has read its old row.
    var retiredTokens: Set<Int64> = []
    var holds: [Int64: LedgerHold] = [:]
    /// The sum of all holds. It wraps, so it is exact even after an overflow.
    var held: Int64 = 0
    var nextReservation: Int64 = 1
    var journal: Journal
    private var scratch: [UInt8] = []
    /// Entries that are journalled but not yet in the database.
    var pending = PendingEntries()
    /// The sequence that the database has reached.
    var applied: Int64
    var isFollowing = false
    /// Whether the database works on a group. A second group at the same time would apply its entries twice.
    var isSubmitted = false
    /// Whether the disk is full. Nothing is accepted until there is room again.
    var isStorageFull = false
    /// Why the database refused last; `nil` when it follows again.
    var refusal: String?
    var isRetryDue = false
    var isJournalFailureTold = false
    var waiters: [Waiter] = []
    var nextWaiter = 0

    init(journal: consuming Journal) {
        applied = journal.lastSequence
        self.journal = journal
    }

    /// Makes room for this change and for the settlements of all open requests.
    mutating func hasRoom() -> Bool {
        let limit = LedgerEntry.sizeLimit
        return journal.hasRoom(for: (holds.count + 2) * limit, largest: limit, applied: applied)
    }

    mutating func write(_ entry: LedgerEntry) {
        entry.encode(into: &scratch)
        let payload = scratch
        payload.withUnsafeBytes { _ = journal.append(kind: entry.kind, payload: $0, applied: applied) }
    }

    /// After this many records without a charge the database gets the new position anyway.
    private static let silence: Int64 = 4096

    /// Journals a record without a charge.
    /// - Returns: whether the follower must be woken.
    mutating func note(_ entry: LedgerEntry) -> Bool {
        write(entry)
        guard !isFollowing, journal.lastSequence &- applied >= Self.silence else { return false }
        isFollowing = true
        return true
    }

    /// Journals a change that also goes to the database.
    /// - Returns: whether the follower must be woken.
    mutating func append(_ entry: LedgerEntry) -> Bool {
        write(entry)
        pending.append(entry, sequence: journal.lastSequence)
        defer { isFollowing = true }
        return !isFollowing
    }

    mutating func release(_ id: Int64) -> LedgerHold? {
        guard let hold = holds.removeValue(forKey: id) else { return nil }
        held &-= hold.amount
        hold.user.release(hold.amount)
        hold.token.release(hold.amount)
        return hold
    }
}
