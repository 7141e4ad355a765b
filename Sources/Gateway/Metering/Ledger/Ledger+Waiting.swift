import Database
import Synchronization

/// How one waits for the database to be where the journal is; never without a limit.
extension Ledger {
    /// Waits until everything journalled so far is in the database, so that a reader of the tables sees it.
    /// - Parameter limit: how long at most.
    /// - Returns: whether it is; `false` at once where the database refuses.
    @discardableResult
    package func flush(within limit: Duration = .seconds(5)) async -> Bool {
        await flush { try await Task.sleep(for: limit) }
    }

    /// - Parameter limit: returns when it has been waited for long enough; cancelled when the wait is over.
    func flush(limit: @escaping @Sendable () async throws -> Void) async -> Bool {
        let number = state.withLock { state -> Int? in
            if state.pending.isEmpty { return nil }
            state.nextWaiter += 1
            return state.nextWaiter
        }
        guard let number else { return true }
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
            let isDone = state.withLock { state -> Bool in
                if state.pending.isEmpty { return true }
                state.waiters.append(
                    .init(number: number, sequence: state.journal.lastSequence, continuation: continuation))
                return false
            }
            if isDone { return continuation.resume(returning: true) }
            // Only now, or it could find nobody to end.
            let timer = Task { [weak self] in
                do { try await limit() } catch { return }
                self?.stopWaiting(number)
            }
            let isWaiting = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return false }
                state.waiters[index].timer = timer
                return true
            }
            if !isWaiting { timer.cancel() }
            follow()
        }
    }

    private func stopWaiting(_ number: Int) {
        let waiter = state.withLock { state -> LedgerState.Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.end(false)
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
        try? await database.write { try $0.closeLedger(at: position) }
        return true
    }
}
