import Database
import EventLoop
import Synchronization

/// What a group that is with the database covers.
struct SubmittedGroup: Sendable {
    var count = 0
    var sequence: Int64 = 0
    var refusals: [LedgerRefusal] = []
}

/// How the database follows the journal, and how one waits for it.
extension Ledger {
    /// Entries of a group at most, so that the write lock is not held for long.
    private static let groupLimit = 8192

    func followSoon() {
        if let loop = EventLoop.current {
            loop.schedule(after: followDelay) { self.follow() }
        } else {
            follow()
        }
    }

    /// Hands what is pending to the database as one group.
    func follow() {
        let isNeeded = state.withLock { state -> Bool in
            guard !state.isSubmitted, !state.pending.isEmpty else { return false }
            state.isSubmitted = true
            return true
        }
        guard isNeeded else { return }
        database.submit { connection in
            let (entries, held, position) = self.state.withLock { state in
                let entries = Array(state.pending.prefix(Self.groupLimit))
                // With all of them go the records that move nothing.
                let isAll = entries.count == state.pending.count
                let sequence = isAll ? state.journal.lastSequence : entries.last?.sequence ?? state.applied
                return (
                    entries, max(0, state.held),
                    LedgerPosition(generation: state.journal.generation, sequence: sequence)
                )
            }
            var group = LedgerGroup(entries.lazy.map(\.entry), position: position)
            group.held = held
            var refusals: [LedgerRefusal] = []
            try connection.apply(group) { refusals.append($0) }
            let refused = refusals
            self.inFlight.withLock {
                $0 = SubmittedGroup(count: entries.count, sequence: position.sequence, refusals: refused)
            }
        } completion: { error in
            if let error { self.refused(error) } else { self.followed() }
        }
    }

    private func followed() {
        let group = inFlight.withLock { $0 }
        let (goesOn, isBack, ready) = state.withLock { state in
            state.isSubmitted = false
            state.isStorageFull = false
            let isBack = state.refusal != nil
            state.refusal = nil
            state.isJournalFailureTold = false
            state.pending.removeFirst(min(group.count, state.pending.count))
            state.applied = group.sequence
            let isEmpty = state.pending.isEmpty
            if isEmpty { state.isFollowing = false }
            let ready = state.waiters.filter { $0.sequence <= group.sequence || isEmpty }
            state.waiters.removeAll { $0.sequence <= group.sequence || isEmpty }
            return (!isEmpty, isBack, ready)
        }
        for refusal in group.refusals { report(.rowRefused(refusal)) }
        if isBack { report(.databaseFollows) }
        for waiter in ready { waiter.continuation.resume(returning: true) }
        if goesOn { follow() }
    }

    /// The entries stay where they are, in memory and in the journal, and are tried again each second.
    private func refused(_ error: any Error) {
        let reason = "\(error)"
        let (isNew, waiting, ready) = state.withLock { state in
            state.isSubmitted = false
            if (error as? DatabaseError) == .full { state.isStorageFull = true }
            let isNew = state.refusal != reason
            state.refusal = reason
            defer { state.waiters = [] }
            return (isNew, state.pending.count, state.waiters)
        }
        if isNew { report(.databaseRefuses(reason: reason, waiting: waiting)) }
        for waiter in ready { waiter.continuation.resume(returning: false) }
        Task { [weak self] in
            try? await Task.sleep(for: .seconds(1))
            self?.follow()
        }
    }

    /// Says once that the journal cannot take more, if that is why something was refused.
    func tellJournalFailure() {
        let failure = state.withLock { state -> (any Error)? in
            guard let failure = state.journal.failure, !state.isJournalFailureTold else { return nil }
            state.isJournalFailureTold = true
            return failure
        }
        if let failure { report(.journalFull(reason: "\(failure)")) }
    }

    /// Waits until everything journalled so far is in the database, so that a reader of the tables sees it.
    /// - Parameter limit: how long at most.
    /// - Returns: whether it is; `false` at once where the database refuses.
    @discardableResult
    package func flush(within limit: Duration = .seconds(5)) async -> Bool {
        let number = state.withLock { state -> Int? in
            if state.pending.isEmpty { return nil }
            state.nextWaiter += 1
            return state.nextWaiter
        }
        guard let number else { return true }
        let timer = Task { [weak self] in
            if (try? await Task.sleep(for: limit)) != nil { self?.stopWaiting(number) }
        }
        defer { timer.cancel() }
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
            let isDone = state.withLock { state -> Bool in
                if state.pending.isEmpty { return true }
                state.waiters.append(
                    .init(number: number, sequence: state.journal.lastSequence, continuation: continuation))
                return false
            }
            if isDone { continuation.resume(returning: true) } else { follow() }
        }
    }

    private func stopWaiting(_ number: Int) {
        let waiter = state.withLock { state -> LedgerState.Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    /// Brings the database up to date and notes that nothing is missing, as the last thing that a process does.
    /// - Returns: whether it could, within the limit; otherwise the next start goes on from the journal.
    @discardableResult
    package func close(within limit: Duration = .seconds(10)) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: limit)
        while true {
            let left = clock.now.duration(to: deadline)
            if await flush(within: max(.zero, left)) { break }
            guard clock.now.advanced(by: .milliseconds(200)) < deadline else {
                let (waiting, reason) = state.withLock { ($0.pending.count, $0.refusal) }
                report(.endedBehind(waiting: waiting, reason: reason ?? "the database did not answer in time"))
                return false
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        let position = state.withLock { state -> LedgerPosition? in
            guard state.holds.isEmpty, state.pending.isEmpty else { return nil }
            return LedgerPosition(generation: state.journal.generation, sequence: state.journal.lastSequence)
        }
        synchronize()
        guard let position else { return true }
        try? await database.write { try $0.setLedger(position, .closed) }
        return true
    }
}
