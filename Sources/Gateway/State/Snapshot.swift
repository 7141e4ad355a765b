import Arithmetic
import Synchronization

/// A value that is made from a whole table and replaced as a whole, such as the routing table or the options.
///
/// Each read takes the next version before it begins. Only the value of a later read replaces a value. So after two
/// changes at the same time the value has both, whichever read ends last.
///
/// If a change is in the database but cannot be read, the value is *stale*. New requests then call `catchUp` first and
/// are refused if it fails.
///
/// `Topic` is the other mechanism, for single rows of a table that is too large to hold. Its version counts changes,
/// and an old copy is dropped, since the next reader reads the row again. Here nobody waits for a read: there is always
/// a value. The version counts reads and shows which of two values is newer.
package final class Snapshot<Value: Sendable>: Sendable {
    package typealias Version = UInt64

    private struct State {
        var value: Value
        /// The version of the read that made the value.
        var version: Version = 0
        /// The version of the last read that began.
        var newest: Version = 0
        /// The value must be of this read or a later one to include every confirmed change.
        var needed: Version = 0
        var changesUnderWay = 0
        /// The read that all callers with a stale value wait for.
        var catchingUp: Task<Void, Never>?
    }

    private let state: Mutex<State>
    /// Whether `version` is below `needed`. Every request reads it without the lock.
    private let stale = Atomic(false)

    package init(_ value: Value) { state = Mutex(State(value: value)) }

    package var value: Value { state.withLock { $0.value } }

    /// A change may be in the database but not in the value.
    package var isChanging: Bool { state.withLock { $0.changesUnderWay > 0 } }

    /// A change was confirmed but is not in the value.
    package var isStale: Bool { stale.load(ordering: .acquiring) }

    /// Makes the value again. A failed read is repeated once, since the value would stay older than the database.
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

    /// Writes a change and makes the value again, even if the write failed, since the change may be in the database
    /// anyway. If no read succeeds, the change counts as made and the value as stale.
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
        // Reads that begin after this point see the change.
        let needed = state.withLock { $0.newest.plus(1) }
        do { try await reload(read) } catch {
            state.withLock { state in
                state.needed = max(state.needed, needed)
                stale.store(state.version < state.needed, ordering: .releasing)
            }
        }
    }

    /// Makes a stale value again, with one read for all callers at the same time.
    /// - Returns: whether the value has every change that was confirmed before.
    package func catchUp(_ read: @escaping @Sendable () async throws -> Value) async -> Bool {
        // The running read may have begun before the newest change.
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
