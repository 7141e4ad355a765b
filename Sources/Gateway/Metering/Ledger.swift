import Arithmetic
package import Database
import EventLoop
import Synchronization

/// The one door through which money goes: reserve, settle, refund, adjust.
///
/// Balances live in memory; every change is in the journal before it counts, and the database follows in groups, each
/// of which records in its own transaction how far the journal is applied. A reservation holds quota back and moves
/// nothing: it ends by `settle`, by `refund`, or, when the process dies, by the next start.
package final class Ledger: Sendable {
    /// A class, so that a request changes it in place: each change inside a dictionary would cost an allocation.
    fileprivate final class Account {
        let id: Int64
        var balance: Int64
        var reserved: Int64 = 0
        /// Tokens without limit hold nothing back.
        var isUnlimited: Bool
        var available: Int64 { balance.minus(reserved) }

        init(id: Int64, balance: Int64, isUnlimited: Bool = false) {
            self.id = id
            self.balance = balance
            self.isUnlimited = isUnlimited
        }
    }

    fileprivate struct Hold {
        let user: Account
        let token: Account
        let amount: Int64
    }

    struct State: ~Copyable {
        fileprivate var users: [Int64: Account] = [:]
        fileprivate var tokens: [Int64: Account] = [:]
        fileprivate var holds: [Int64: Hold] = [:]
        fileprivate var nextReservation: Int64 = 1
        var journal: Journal
        fileprivate var scratch: [UInt8] = []
        /// Journalled, not yet in the database.
        fileprivate var pending: [LedgerEntry] = []
        fileprivate var applied: Int64
        fileprivate var isFollowing = false
        /// A group is with the database; a second one at the same time would apply its entries twice.
        fileprivate var isSubmitted = false
        fileprivate var isStorageFull = false
        fileprivate var waiters: [(sequence: Int64, continuation: UnsafeContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let database: any Database
    private let followDelay: Duration
    private let mapping: JournalMapping
    private let synchronizesEach: Bool

    /// Opens the journal and brings the database up to it.
    /// - Parameters:
    ///   - journalSize: bytes that are allocated at once.
    ///   - followDelay: how long settlements gather before they go to the database as one group.
    ///   - synchronizesEach: force the journal to the disk before each answer ends.
    package init(
        journalPath: String, journalSize: Int = 32 << 20, database: any Database,
        followDelay: Duration = .milliseconds(50), synchronizesEach: Bool = false
    ) async throws {
        let (identity, position) = try await database.write {
            (try $0.databaseIdentity(), try $0.ledgerPosition())
        }
        let journal = try Journal(
            path: journalPath, size: journalSize, identity: identity, applied: position.sequence)
        let replay = Self.replay(journal, after: position.sequence)
        if !replay.entries.isEmpty {
            let group = Self.group(
                replay.entries,
                position: LedgerPosition(generation: journal.generation, sequence: journal.lastSequence))
            try await database.write { try $0.apply(group) }
        }
        closedReservations = replay.open
        replayedEntries = replay.entries.count
        mapping = journal.mapping
        self.database = database
        self.followDelay = followDelay
        self.synchronizesEach = synchronizesEach
        let last = journal.lastSequence
        state = Mutex(State(journal: journal, applied: last))
    }

    /// Reservations that the last run left open and that are void now.
    package let closedReservations: Int
    /// Records that the last run had journalled but not applied.
    package let replayedEntries: Int

    private static func replay(_ journal: borrowing Journal, after applied: Int64) -> (
        entries: [LedgerEntry], open: Int
    ) {
        var entries: [LedgerEntry] = []
        var open: Set<Int64> = []
        journal.replay { record in
            guard let entry = LedgerEntry(kind: record.kind, payload: record.payload) else { return }
            switch entry {
            case .opened(let reservation, _, _, _): open.insert(reservation)
            case .refunded(let reservation): open.remove(reservation)
            case .settled(let reservation, _, _, _, _):
                open.remove(reservation)
                if record.sequence > applied { entries.append(entry) }
            case .adjustedUser, .adjustedToken: if record.sequence > applied { entries.append(entry) }
            }
        }
        return (entries, open.count)
    }

    // MARK: Accounts

    /// Makes the balances of a token and its user known, from rows just read; balances in memory stay as they are.
    package func open(user: UserRecord, token: TokenRecord?) {
        state.withLock { state in
            if state.users[user.id] == nil { state.users[user.id] = Account(id: user.id, balance: user.quota) }
            if let token, state.tokens[token.id] == nil {
                state.tokens[token.id] = Account(
                    id: token.id, balance: token.remainQuota, isUnlimited: token.isUnlimited)
            }
        }
    }

    /// What a user has left, reservations taken off; `nil` if the account was not opened in this run.
    package func availableQuota(ofUser id: Int64) -> Int64? {
        state.withLock { $0.users[id]?.available }
    }

    /// What a user has, reservations not taken off.
    package func balance(ofUser id: Int64) -> Int64? { state.withLock { $0.users[id]?.balance } }

    package func balance(ofToken id: Int64) -> Int64? { state.withLock { $0.tokens[id]?.balance } }

    /// What both can still pay, in one look: the least of the two; `nil` for an account that is not open.
    package func available(userID: Int64, tokenID: Int64) -> Int64? {
        state.withLock { state in
            guard let user = state.users[userID], let token = state.tokens[tokenID] else { return nil }
            return token.isUnlimited ? user.available : min(user.available, token.available)
        }
    }

    // MARK: Requests

    /// Holds quota back for a request.
    package func reserve(
        userID: Int64, tokenID: Int64, amount: Int64
    ) throws(ReservationRefusal) -> Reservation {
        let result = state.withLock { state -> Result<Int64, ReservationRefusal> in
            guard !state.isStorageFull, makeRoom(&state) else { return .failure(.storage) }
            guard let user = state.users[userID], let token = state.tokens[tokenID] else { return .failure(.storage) }
            if !token.isUnlimited, token.available < amount { return .failure(.tokenQuota) }
            if user.available < amount { return .failure(.userQuota) }
            let id = state.nextReservation
            state.nextReservation += 1
            user.reserved += amount
            if !token.isUnlimited { token.reserved += amount }
            state.holds[id] = Hold(user: user, token: token, amount: amount)
            write(.opened(reservation: id, userID: userID, tokenID: tokenID, amount: amount), &state)
            return .success(id)
        }
        return Reservation(ledger: self, id: try result.get(), amount: amount)
    }

    fileprivate func settle(_ id: Int64, _ settlement: Settlement) {
        let mustFollow = state.withLock { state -> Bool in
            guard let hold = release(id, &state) else { return false }
            hold.user.balance = hold.user.balance.minus(settlement.quota)
            let isLimited = !hold.token.isUnlimited
            if isLimited { hold.token.balance = hold.token.balance.minus(settlement.quota) }
            let entry = LedgerEntry.settled(
                reservation: id, userID: hold.user.id, tokenID: hold.token.id, chargesToken: isLimited,
                settlement: settlement)
            return append(entry, &state)
        }
        if synchronizesEach { mapping.synchronize() }
        if mustFollow { followSoon() }
    }

    fileprivate func refund(_ id: Int64) {
        state.withLock { state in
            if release(id, &state) != nil { write(.refunded(reservation: id), &state) }
        }
    }

    private func release(_ id: Int64, _ state: inout State) -> Hold? {
        guard let hold = state.holds.removeValue(forKey: id) else { return nil }
        hold.user.reserved -= hold.amount
        if !hold.token.isUnlimited { hold.token.reserved -= hold.amount }
        return hold
    }

    // MARK: Administration

    /// Sets a user's balance; the user's account must be open.
    /// - Returns: the balance before.
    @discardableResult
    package func setBalance(ofUser id: Int64, to quota: Int64) -> Int64? {
        let result = state.withLock { state -> (before: Int64?, mustFollow: Bool) in
            guard let account = state.users[id] else { return (nil, false) }
            let before = account.balance
            account.balance = quota
            return (before, append(.adjustedUser(id: id, delta: quota.minus(before)), &state))
        }
        if result.mustFollow { followSoon() }
        return result.before
    }

    /// Sets a token's limit; the token's account must be open.
    package func setBalance(ofToken id: Int64, to quota: Int64, isUnlimited: Bool) {
        let mustFollow = state.withLock { state -> Bool in
            guard let account = state.tokens[id] else { return false }
            let held = state.holds.values.filter { $0.token.id == id }.reduce(0) { $0 + $1.amount }
            let before = account.balance
            account.balance = quota
            account.isUnlimited = isUnlimited
            account.reserved = isUnlimited ? 0 : held
            return append(.adjustedToken(id: id, delta: quota.minus(before)), &state)
        }
        if mustFollow { followSoon() }
    }

    // MARK: Journal

    /// Room for this reservation and for every settlement that is still to come.
    private func makeRoom(_ state: inout State) -> Bool {
        let needed = (state.holds.count + 2) * LedgerEntry.sizeLimit
        if state.journal.room >= needed { return true }
        // The open reservations are written again, so that the older segment is not needed for them.
        guard state.journal.capacity >= needed + state.holds.count * 64, state.journal.turn(applied: state.applied)
        else { return false }
        let holds = state.holds
        for (id, hold) in holds {
            write(.opened(reservation: id, userID: hold.user.id, tokenID: hold.token.id, amount: hold.amount), &state)
        }
        return true
    }

    private func write(_ entry: LedgerEntry, _ state: inout State) {
        entry.encode(into: &state.scratch)
        let payload = state.scratch
        payload.withUnsafeBytes { state.journal.append(kind: entry.kind, payload: $0) }
    }

    /// - Returns: whether the follower has to be woken.
    private func append(_ entry: LedgerEntry, _ state: inout State) -> Bool {
        write(entry, &state)
        state.pending.append(entry)
        defer { state.isFollowing = true }
        return !state.isFollowing
    }

    // MARK: Following

    private func followSoon() {
        if let loop = EventLoop.current {
            loop.schedule(after: followDelay) { self.follow() }
        } else {
            follow()
        }
    }

    /// Hands everything pending to the database as one group.
    private func follow() {
        let isNeeded = state.withLock { state -> Bool in
            guard !state.isSubmitted, !state.pending.isEmpty else { return false }
            state.isSubmitted = true
            return true
        }
        guard isNeeded else { return }
        database.submit { connection in
            let (entries, position) = self.state.withLock { state in
                (
                    state.pending,
                    LedgerPosition(generation: state.journal.generation, sequence: state.journal.lastSequence)
                )
            }
            let group = Self.group(entries, position: position)
            try connection.apply(group)
            self.inFlight.withLock { $0 = (entries.count, position.sequence) }
        } completion: { error in
            self.followed(error)
        }
    }

    /// What the group that is being committed covers; touched by the writer's thread only, which runs groups in turn.
    private let inFlight = Mutex<(count: Int, sequence: Int64)>((0, 0))

    private func followed(_ error: (any Error)?) {
        let (count, sequence) = inFlight.withLock { $0 }
        let (goesOn, ready) = state.withLock { state -> (Bool, [UnsafeContinuation<Void, Never>]) in
            state.isSubmitted = false
            if error != nil {
                state.isStorageFull = true
                return (true, [])
            }
            state.isStorageFull = false
            state.pending.removeFirst(count)
            state.applied = sequence
            let isEmpty = state.pending.isEmpty
            if isEmpty { state.isFollowing = false }
            let ready = state.waiters.filter { $0.sequence <= sequence || isEmpty }.map(\.continuation)
            state.waiters.removeAll { $0.sequence <= sequence || isEmpty }
            return (!isEmpty, ready)
        }
        for continuation in ready { continuation.resume() }
        guard goesOn else { return }
        if error != nil { retryLater() } else { follow() }
    }

    /// After a failure the entries stay where they are, in memory and in the journal, and are tried again each second.
    private func retryLater() {
        Task {
            try? await Task.sleep(for: .seconds(1))
            self.follow()
        }
    }

    /// Returns when everything journalled so far is in the database, so that a reader of the tables sees it.
    package func flush() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isDone = state.withLock { state -> Bool in
                if state.pending.isEmpty { return true }
                state.waiters.append((state.journal.lastSequence, continuation))
                return false
            }
            if isDone { continuation.resume() } else { follow() }
        }
    }

    /// Forces the journal to the disk, for those who fear a power cut more than a killed process.
    package func synchronize() { mapping.synchronize() }

    private static func group(_ entries: [LedgerEntry], position: LedgerPosition) -> LedgerGroup {
        var group = LedgerGroup(position: position)
        for entry in entries {
            switch entry {
            case .opened, .refunded: break
            case .adjustedUser(let id, let delta):
                let user = group.users[id] ?? .init()
                group.users[id, default: user].quota = user.quota.plus(delta)
            case .adjustedToken(let id, let delta):
                let token = group.tokens[id] ?? .init()
                group.tokens[id, default: token].remainQuota = token.remainQuota.plus(delta)
            case .settled(_, let userID, let tokenID, let chargesToken, let settlement):
                // Taken out and put back: a change in place would cost an allocation each.
                var user = group.users[userID] ?? .init()
                user.quota = user.quota.minus(settlement.quota)
                user.usedQuota = user.usedQuota.plus(settlement.quota)
                user.requestCount += 1
                group.users[userID] = user
                var token = group.tokens[tokenID] ?? .init()
                if chargesToken {
                    token.remainQuota = token.remainQuota.minus(settlement.quota)
                    token.usedQuota = token.usedQuota.plus(settlement.quota)
                }
                token.accessedTime = settlement.time
                group.tokens[tokenID] = token
                group.channels[settlement.channelID] = (group.channels[settlement.channelID] ?? 0).plus(
                    settlement.quota)
                if let log = settlement.log { group.logs.append(log) }
            }
        }
        return group
    }
}

/// Quota held back for one request. Ends by `settle` or `refund`; dying otherwise, it refunds.
package struct Reservation: ~Copyable {
    // Unmanaged, so that `discard self` may skip the refund; the gateway's ledger outlives every request.
    private let ledger: Unmanaged<Ledger>
    private let id: Int64
    package let amount: Int64

    fileprivate init(ledger: Ledger, id: Int64, amount: Int64) {
        self.ledger = Unmanaged.passUnretained(ledger)
        self.id = id
        self.amount = amount
    }

    deinit { ledger.takeUnretainedValue().refund(id) }

    /// Charges the exact sum; it may exceed the amount where the client set no limit.
    package consuming func settle(_ settlement: Settlement) {
        ledger.takeUnretainedValue().settle(id, settlement)
        discard self
    }

    /// Gives everything back.
    package consuming func refund() {}
}
