import Synchronization

/// What is made from a whole table and replaced whole, such as the routing table or the options.
///
/// Each read takes the next version before it begins. A value gives way only to one of a later read, so that two
/// changes at the same time leave the value that has both, whichever read ends last.
package final class Snapshot<Value: Sendable>: Sendable {
    package typealias Version = UInt64

    private struct State {
        var value: Value
        /// Of the read that made the value.
        var version: Version = 0
        /// Of the last read that began.
        var newest: Version = 0
        var changesUnderWay = 0
    }

    private let state: Mutex<State>

    package init(_ value: Value) { state = Mutex(State(value: value)) }

    package var value: Value { state.withLock { $0.value } }

    /// A change may be in the database and not yet in the value.
    package var isChanging: Bool { state.withLock { $0.changesUnderWay > 0 } }

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
        }
    }

    /// Writes a change and makes the value anew, also where the write failed: it may have been done all the same.
    package func change<Result>(
        _ write: () async throws -> Result, reload read: () async throws -> Value
    ) async throws -> Result {
        state.withLock { $0.changesUnderWay += 1 }
        defer { state.withLock { $0.changesUnderWay -= 1 } }
        let result: Result
        do { result = try await write() } catch {
            try? await reload(read)
            throw error
        }
        try await reload(read)
        return result
    }
}
