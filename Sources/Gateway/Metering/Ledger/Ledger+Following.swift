import Database
import EventLoop
import Synchronization

/// The entries that a group in the database's queue covers.
struct SubmittedGroup: Sendable {
    var count = 0
    var sequence: Int64 = 0
    var refusals: [LedgerRefusal] = []
}

/// How the database follows the journal.
extension Ledger {
    /// The most entries in a group, so that the write lock is not held for long.
    private static let groupLimit = 8192

    func followSoon() {
        if let loop = EventLoop.current {
            loop.schedule(after: followDelay) { self.follow() }
        } else {
            follow()
        }
    }

    /// Gives the pending entries to the database as one group. Records without a charge advance the position too,
    /// because the journal may only be overwritten up to it.
    func follow() {
        let isNeeded = state.withLock { state -> Bool in
            guard !state.isSubmitted, !state.pending.isEmpty || state.journal.lastSequence > state.applied else {
                return false
            }
            state.isSubmitted = true
            return true
        }
        guard isNeeded else { return }
        database.submit { connection in
            let (entries, held, position) = self.state.withLock { state in
                let entries = state.pending.first(Self.groupLimit)
                // If all entries are in the group, the records without a charge are included.
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
            state.pending.removeFirst(group.count)
            state.applied = group.sequence
            let isEmpty = state.pending.isEmpty
            if isEmpty { (state.isFollowing, state.isJournalFailureTold) = (false, false) }
            let ready = state.waiters.filter { $0.sequence <= group.sequence || isEmpty }
            state.waiters.removeAll { $0.sequence <= group.sequence || isEmpty }
            return (!isEmpty, isBack, ready)
        }
        for refusal in group.refusals { report(.rowRefused(refusal)) }
        if isBack { report(.databaseFollows) }
        for waiter in ready { waiter.end(true) }
        if goesOn { follow() }
    }

    /// The entries stay in memory and in the journal. They are tried again each second.
    private func refused(_ error: any Error) {
        let reason = "\(error)"
        let isClosed = (error as? DatabaseError) == .closed
        let (isNew, waiting, ready, mustRetry) = state.withLock { state in
            state.isSubmitted = false
            if (error as? DatabaseError) == .full { state.isStorageFull = true }
            let isNew = state.refusal != reason && !isClosed
            state.refusal = reason
            // Only one retry is scheduled, even if many ask for it.
            let mustRetry = !state.isRetryDue && !isClosed
            if mustRetry { state.isRetryDue = true }
            defer { state.waiters = [] }
            return (isNew, state.pending.count, state.waiters, mustRetry)
        }
        if isNew { report(.databaseRefuses(reason: reason, waiting: waiting)) }
        for waiter in ready { waiter.end(false) }
        guard mustRetry else { return }
        Task { [weak self] in
            try? await Task.sleep(for: .seconds(1))
            self?.state.withLock { $0.isRetryDue = false }
            self?.follow()
        }
    }

    /// The journal had no room for a change. Updates the database, which makes room, and reports once if the journal
    /// cannot grow.
    func refusedForStorage() {
        // If the database refuses, it is tried again each second anyway.
        if state.withLock({ $0.refusal == nil }) { follow() }
        let failure = state.withLock { state -> (any Error)? in
            guard let failure = state.journal.failure, !state.isJournalFailureTold, !state.isStorageFull else {
                return nil
            }
            state.isJournalFailureTold = true
            return failure
        }
        if let failure { report(.journalFull(reason: "\(failure)")) }
    }
}
