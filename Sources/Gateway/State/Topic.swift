import Synchronization

/// A kind of row with copies in memory (tokens, users). Its version increases at each change (spec/scale-out.md §3.1;
/// within one process so far).
///
/// A change of a row *begins* before its write and *ends* after the commit, before the caller is told that it is done.
/// A reader that keeps a copy notes the version before its read and asks for the row's `freshness` afterwards. So no
/// copy outlives a change: a copy that was read before the change ended is `stale` or `changing`, and the cache's owner
/// drops an earlier copy when the change begins.
///
/// `Snapshot` is the other mechanism, for values that are read as a whole and must always exist. A topic cannot do
/// that: between a change and the next read its cache is empty. A snapshot cannot replace a topic either: one changed
/// row would drop all others.
package final class Topic: Sendable {
    package typealias Version = UInt64

    /// What a row that was read is worth now. In order: of two, the greater one counts.
    package enum Freshness: Int, Comparable, Sendable {
        /// As the database has it: may be kept.
        case current
        /// A change is under way: may be used once, and not kept.
        case changing
        /// A change has ended since the read began: to be read again.
        case stale

        package static func < (left: Freshness, right: Freshness) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        var version: Version = 0
        /// Changes that have begun but not ended, by row.
        var underWay: [Int64: Int] = [:]
        /// The version at the end of a row's last change. Older versions are forgotten all at once; see `horizon`.
        var changed: [Int64: Version] = [:]
        /// A read of an older version is stale for every row.
        var horizon: Version = 0
    }

    /// The most rows whose last change is remembered.
    private static let memory = 4096

    private let state = Mutex(State())

    package init() {}

    /// Note it before a read.
    package var version: Version { state.withLock { $0.version } }

    package func begin(_ row: Int64) { state.withLock { $0.underWay[row, default: 0] += 1 } }

    package func end(_ row: Int64) {
        state.withLock { state in
            state.version += 1
            if state.changed.count >= Self.memory {
                state.changed.removeAll()
                state.horizon = state.version
            }
            state.changed[row] = state.version
            let left = (state.underWay[row] ?? 1) - 1
            state.underWay[row] = left > 0 ? left : nil
        }
    }

    /// - Parameter version: the version before the read that found the row.
    package func freshness(of row: Int64, readAt version: Version) -> Freshness {
        state.withLock { state in
            if version < state.horizon || state.changed[row, default: 0] > version { return .stale }
            return state.underWay[row] == nil ? .current : .changing
        }
    }

    /// The same for a read that found nothing. Any change may have made that wrong.
    package func freshnessOfNothing(readAt version: Version) -> Freshness {
        state.withLock { state in
            if version != state.version { return .stale }
            return state.underWay.isEmpty ? .current : .changing
        }
    }
}
