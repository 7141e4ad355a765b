import Arithmetic
import Synchronization

/// What is made from a whole table and replaced whole, such as the routing table or the options.
///
/// Each read takes the next version before it begins. A value gives way only to one of a later read, so that two
/// changes at the same time leave the value that has both, whichever read ends last.
///
/// Where a change is in the database and no read of it succeeds, the value is *stale*: whoever takes a new request
/// calls `catchUp` first, and refuses the request where that fails.
///
/// `Topic` is the other mechanism, for single rows of a table too large to hold. There the version counts changes, and
/// a copy that is too old is dropped, since the next reader reads its row anew. Here nobody waits for a read: there is
/// always a value, the version counts reads, and it tells which of two values is the newer one.
package final class Snapshot<Value: Sendable>: Sendable {
    package typealias Version = UInt64

    private struct State {
        var value: Value
        /// Of the read that made the value.
        var version: Version = 0
        /// Of the last read that began.
        var newest: Version = 0
        /// The value must be of this read or a later one to have every change that was answered.
        var needed: Version = 0
        var changesUnderWay = 0
        /// The read that everybody waits for who finds the value stale.
        var catchingUp: Task<Void, Never>?
    }

    private let state: Mutex<State>
    /// Whether `version` is below `needed`; for every request to look at, which need not wait for the lock.
    private let stale = Atomic(false)

    package init(_ value: Value) { state = Mutex(State(value: value)) }

    package var value: Value { state.withLock { $0.value } }

    /// A change may be in the database and not yet in the value.
    package var isChanging: Bool { state.withLock { $0.changesUnderWay > 0 } }

    /// A change was answered and is not in the value.
    package var isStale: Bool { stale.load(ordering: .acquiring) }

    /// Makes the value anew. A read that fails is tried once more, since the value would stay behind the database.
    package func reload(_ read: () async throws -> Value) async throws {
        do { try await reloadOnce(read) } catch { try await reloadOnce(read) }
    }

    private func reloadOnce(_ read: () async throws -> Value) async throws {
        let version = state.withLock { state in
            state.newest += 1
            return state.newest
        }
        let value = try await read()
        state.withLock { state in
            guard version > state.version else { return }
            state.value = value
            state.version = version
            stale.store(state.version < state.needed, ordering: .releasing)
        }
    }

    /// Writes a change and makes the value anew, also where the write failed: it may have been done all the same. Where
    /// no read succeeds, the change counts as made, and the value as stale.
    package func change<Result>(
        _ write: () async throws -> Result, reload read: () async throws -> Value
    ) async throws -> Result {
        state.withLock { $0.changesUnderWay += 1 }
        defer { state.withLock { $0.changesUnderWay -= 1 } }
        let result: Result
        do { result = try await write() } catch {
            await reloadOrMark(read)
            throw error
        }
        await reloadOrMark(read)
        return result
    }

    private func reloadOrMark(_ read: () async throws -> Value) async {
        // Reads that begin from here on see what was written.
        let needed = state.withLock { $0.newest.plus(1) }
        do { try await reload(read) } catch {
            state.withLock { state in
                state.needed = max(state.needed, needed)
                stale.store(state.version < state.needed, ordering: .releasing)
            }
        }
    }

    /// Makes a stale value anew; one read for all who ask at the same time.
    /// - Returns: whether the value has every change that was answered before.
    package func catchUp(_ read: @escaping @Sendable () async throws -> Value) async -> Bool {
        // The read that is under way may have begun before the newest change.
        for _ in 0..<2 where isStale {
            let task = state.withLock { inside in
                if let task = inside.catchingUp { return task }
                let task = Task {
                    try? await self.reloadOnce(read)
                    self.state.withLock { $0.catchingUp = nil }
                }
                inside.catchingUp = task
                return task
            }
            await task.value
        }
        return !isStale
    }
}
