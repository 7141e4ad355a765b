import Arithmetic
package import Database
import EventLoop
import Synchronization

/// The only way to change balances: reserve, settle, refund, credit, set.
///
/// Balances are in memory. Every change is written to the journal before it counts. The database follows in groups; the
/// transaction of each group also saves how far the journal is applied. A reservation only holds quota. It ends with
/// `settle`, with `refund`, or, if the process dies, at the next start.
package final class Ledger: Sendable {
    let state: Mutex<LedgerState>
    let database: any Database
    let followDelay: Duration
    let report: @Sendable (LedgerNotice) -> Void
    /// The entries of the group that is being committed. Only the writer's thread uses it, and it runs one group at a
    /// time.
    let inFlight = Mutex(SubmittedGroup())
    private let mapping: JournalMapping
    let synchronizesEach: Bool

    /// The number of reservations that the last run left open. They are void now.
    package let closedReservations: Int
    /// The number of records that the last run had journalled but not applied.
    package let replayedEntries: Int

    /// Opens the journal and applies it to the database.
    /// - Parameters:
    ///   - journalSize: how many bytes to allocate at once. The file can grow to eight times that while the database
    ///     lags.
    ///   - followDelay: how long settlements are collected before they go to the database as one group.
    ///   - synchronizesEach: whether to force the journal to the disk before each answer ends.
    ///   - report: gets what the operator must know.
    package convenience init(
        journalPath: String, journalSize: Int = 32 << 20, database: any Database,
        followDelay: Duration = .milliseconds(50), synchronizesEach: Bool = false,
        report: @escaping @Sendable (LedgerNotice) -> Void = { _ in }
    ) async throws {
        try await self.init(
            journalPath: journalPath, journalSize: journalSize, journalLimit: min(journalSize.times(8), 1 << 40),
            database: database, followDelay: followDelay, synchronizesEach: synchronizesEach, report: report,
            system: JournalSystem())
    }

    /// - Parameters:
    ///   - journalLimit: the largest size of the journal file in bytes.
    ///   - system: system calls that tests can make fail.
    init(
        journalPath: String, journalSize: Int, journalLimit: Int, database: any Database, followDelay: Duration,
        synchronizesEach: Bool = false, report: @escaping @Sendable (LedgerNotice) -> Void = { _ in },
        system: JournalSystem
    ) async throws {
        let last = try await Self.recover(
            journalPath: journalPath, database: database, report: report, system: system)
        let journal = try last.successor(size: journalSize, limit: journalLimit, system: system)
        let position = LedgerPosition(generation: journal.generation, sequence: journal.lastSequence)
        // On a full disk the note is missing, but the operator can still use the gateway to make room.
        do { try await database.write { try $0.setLedger(position, .open) } } catch DatabaseError.full {}
        closedReservations = last.replay.openReservations
        replayedEntries = last.replay.entries.count
        mapping = journal.mapping
        self.database = database
        self.followDelay = followDelay
        self.synchronizesEach = synchronizesEach
        self.report = report
        state = Mutex(LedgerState(journal: journal))
    }

    // MARK: Accounts

    /// Opens the accounts of a token and its user from rows just read. Balances that are in memory already stay
    /// unchanged.
    package func open(user: UserRecord, token: TokenRecord?) {
        state.withLock { state in
            if state.users[user.id] == nil {
                state.users[user.id] = LedgerAccount(id: user.id, balance: user.quota, used: user.usedQuota)
            }
            if let token, state.tokens[token.id] == nil, !state.retiredTokens.contains(token.id) {
                state.tokens[token.id] = LedgerAccount(
                    id: token.id, balance: token.remainQuota, used: token.usedQuota, isUnlimited: token.isUnlimited)
            }
        }
    }

    /// A user's balance minus reservations; `nil` if the account was not opened in this run.
    package func availableQuota(ofUser id: Int64) -> Int64? { state.withLock { $0.users[id]?.available } }

    /// A user's balance without subtracting reservations.
    package func balance(ofUser id: Int64) -> Int64? { state.withLock { $0.users[id]?.balance } }
    package func balance(ofToken id: Int64) -> Int64? { state.withLock { $0.tokens[id]?.balance } }

    /// Everything that was ever charged to an account.
    package func used(byUser id: Int64) -> Int64? { state.withLock { $0.users[id]?.used } }
    package func used(byToken id: Int64) -> Int64? { state.withLock { $0.tokens[id]?.used } }

    /// What user and token can both still pay: the smaller of the two; `nil` if an account is not open.
    package func available(userID: Int64, tokenID: Int64) -> Int64? {
        state.withLock { state in
            guard let user = state.users[userID], let token = state.tokens[tokenID] else { return nil }
            return token.isUnlimited ? user.available : min(user.available, token.available)
        }
    }

    /// Whether a token with a limit is used up, without counting running requests; `nil` if its account is not open.
    package func isSpent(token id: Int64) -> Bool? {
        state.withLock { $0.tokens[id].map { !$0.isUnlimited && $0.balance <= 0 } }
    }

    // MARK: Requests

    /// Holds quota for a request.
    /// - Parameter limit: the most requests that the user may have in flight.
    package func reserve(
        userID: Int64, tokenID: Int64, amount: Int64, limit: Int = .max
    ) throws(ReservationRefusal) -> Reservation {
        let amount = max(0, amount)
        var mustFollow = false
        let result = state.withLock { state -> Result<Int64, ReservationRefusal> in
            guard !state.isStorageFull, state.hasRoom() else { return .failure(.storage) }
            guard let user = state.users[userID], let token = state.tokens[tokenID] else {
                return .failure(.unknownAccount)
            }
            if !token.isUnlimited, token.available < amount { return .failure(.tokenQuota) }
            if user.available < amount { return .failure(.userQuota) }
            if user.holds >= limit { return .failure(.tooManyInFlight) }
            let id = state.nextReservation
            state.nextReservation += 1
            user.hold(amount)
            token.hold(amount)
            state.held &+= amount
            state.holds[id] = LedgerHold(user: user, token: token, amount: amount)
            mustFollow = state.note(.opened(reservation: id, userID: userID, tokenID: tokenID, amount: amount))
            return .success(id)
        }
        if mustFollow { followSoon() }
        if case .failure(.storage) = result { refusedForStorage() }
        return Reservation(ledger: self, id: try result.get(), amount: amount)
    }

    func settle(_ id: Int64, _ settlement: Settlement) {
        var settlement = settlement
        settlement.log?.cutForJournal()
        let mustFollow = state.withLock { state -> Bool in
            guard let hold = state.release(id) else { return false }
            hold.user.charge(settlement.quota)
            hold.token.charge(settlement.quota)
            return state.append(
                .settled(
                    reservation: id, userID: hold.user.id, tokenID: hold.token.id,
                    chargesToken: !hold.token.isUnlimited, settlement: settlement))
        }
        if synchronizesEach { mapping.synchronize() }
        if mustFollow { followSoon() }
    }

    func refund(_ id: Int64) {
        let mustFollow = state.withLock { state in
            state.release(id) != nil && state.note(.refunded(reservation: id))
        }
        if mustFollow { followSoon() }
    }

    /// Changes the quota held for a request that continues at other prices.
    func change(_ id: Int64, to amount: Int64) throws(ReservationRefusal) {
        let amount = max(0, amount)
        let refusal = state.withLock { state -> ReservationRefusal? in
            guard let hold = state.holds[id] else { return .unknownAccount }
            let more = amount.minus(hold.amount)
            if !hold.token.isUnlimited, hold.token.available < more { return .tokenQuota }
            if hold.user.available < more { return .userQuota }
            guard let old = state.release(id) else { return .unknownAccount }
            old.user.hold(amount)
            old.token.hold(amount)
            state.held &+= amount
            state.holds[id] = LedgerHold(user: old.user, token: old.token, amount: amount)
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Forces the journal to the disk, for operators who need it to survive a power cut.
    package func synchronize() { mapping.synchronize() }
}
