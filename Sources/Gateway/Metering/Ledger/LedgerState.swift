/// What the ledger's lock guards.
struct LedgerState: ~Copyable {
    struct Waiter {
        let number: Int
        let sequence: Int64
        let continuation: UnsafeContinuation<Bool, Never>
        /// Ends the waiting at its limit; there once the waiter is in the list.
        var timer: Task<Void, Never>?

        func end(_ isWhole: Bool) {
            timer?.cancel()
            continuation.resume(returning: isWhole)
        }
    }

    var users: [Int64: LedgerAccount] = [:]
    var tokens: [Int64: LedgerAccount] = [:]
    /// Tokens that were deleted in this run. Ids never return, so whoever still names one read its row before.
    var retiredTokens: Set<Int64> = []
    var holds: [Int64: LedgerHold] = [:]
    /// Sum of the holds; exact whatever it passes through, since it wraps.
    var held: Int64 = 0
    var nextReservation: Int64 = 1
    var journal: Journal
    private var scratch: [UInt8] = []
    /// Journalled, not yet in the database.
    var pending = PendingEntries()
    /// How far the database is.
    var applied: Int64
    var isFollowing = false
    /// A group is with the database; a second one at the same time would apply its entries twice.
    var isSubmitted = false
    /// The disk is full: nothing is taken on until there is room again.
    var isStorageFull = false
    /// Why the database refused last; `nil` once it follows again.
    var refusal: String?
    var isRetryDue = false
    var isJournalFailureTold = false
    var waiters: [Waiter] = []
    var nextWaiter = 0

    init(journal: consuming Journal) {
        applied = journal.lastSequence
        self.journal = journal
    }

    /// Room for this change and for every settlement that is still to come.
    mutating func hasRoom() -> Bool {
        let limit = LedgerEntry.sizeLimit
        return journal.hasRoom(for: (holds.count + 2) * limit, largest: limit, applied: applied)
    }

    mutating func write(_ entry: LedgerEntry) {
        entry.encode(into: &scratch)
        let payload = scratch
        payload.withUnsafeBytes { _ = journal.append(kind: entry.kind, payload: $0, applied: applied) }
    }

    /// Records that move nothing after which the database is told of them all the same.
    private static let silence: Int64 = 4096

    /// Journals what moves nothing.
    /// - Returns: whether the follower has to be woken.
    mutating func note(_ entry: LedgerEntry) -> Bool {
        write(entry)
        guard !isFollowing, journal.lastSequence &- applied >= Self.silence else { return false }
        isFollowing = true
        return true
    }

    /// Journals a change that the database gets too.
    /// - Returns: whether the follower has to be woken.
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
