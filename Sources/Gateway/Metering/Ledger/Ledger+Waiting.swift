import Database
import Synchronization

/// Waiting until the database has caught up with the journal, always with a limit.
extension Ledger {
    /// Waits until everything journalled so far is in the database, so that a reader of the tables sees it.
    /// - Parameter limit: the longest wait.
    /// - Returns: whether it is there; `false` at once if the database refuses.
    @discardableResult
    package func flush(within limit: Duration = .seconds(5)) async -> Bool {
        await flush { try await Task.sleep(for: limit) }
    }

    /// - Parameter limit: returns when the time is over. It is cancelled when the wait ends earlier.
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
            // Start the limit only now: before, it might not find this waiter.
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

    /// Brings the database up to date and notes that everything is applied. It is the last step of a process.
    /// - Returns: whether it succeeded within the limit. Otherwise the next start continues from the journal.
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
