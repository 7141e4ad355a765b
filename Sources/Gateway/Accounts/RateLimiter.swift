import Arithmetic
import Synchronization

/// A sliding log of accepted times for each key, such as an address (spec/configuration.md §4).
///
/// Memory is limited. Keys without a request in a whole window are forgotten by dropping the older of two generations.
/// If a key has many times, those close together are kept as one with a count.
package final class RateLimiter: Sendable {
    /// One time, or several within a thousandth of the window. The latest of them counts.
    private struct Accepted {
        let first: UInt64
        var last: UInt64
        var count: Int
    }

    private struct Log {
        /// Oldest first.
        var times: [Accepted] = []
        var total = 0
    }

    private struct State {
        var young: [String: Log] = [:]
        var old: [String: Log] = [:]
        var began: UInt64 = 0
    }

    /// The most keys in a generation. Beyond it the older generation is forgotten early.
    private static let capacity = 50_000

    /// How many times of a key are kept one by one. If there are more, times close together are merged.
    private static let exact = 1000

    private let limit: Int
    /// The window in nanoseconds.
    private let window: UInt64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: the most requests in a window; 0 means no limit.
    ///   - seconds: the length of the window.
    package init(limit: Int, seconds: UInt64) {
        self.limit = limit
        window = seconds.times(1_000_000_000)
    }

    /// The number of keys in memory.
    var keys: Int { state.withLock { $0.young.count + $0.old.count } }

    /// Counts a request if it is within the limit.
    /// - Parameter now: monotonic nanoseconds.
    package func accepts(_ key: String, now: UInt64) -> Bool {
        guard limit > 0 else { return true }
        return state.withLock { state in
            if now.minus(state.began) >= window || state.young.count >= Self.capacity {
                state.old = state.young
                state.young = [:]
                state.began = now
            }
            var log = state.young.removeValue(forKey: key) ?? state.old.removeValue(forKey: key) ?? Log()
            defer { state.young[key] = log }
            let gone = log.times.prefix { now.minus($0.last) >= window }
            log.total -= gone.reduce(0) { $0 + $1.count }
            log.times.removeFirst(gone.count)
            guard log.total < limit else { return false }
            log.total += 1
            if log.times.count >= Self.exact, var last = log.times.last, now.minus(last.first) <= window / 1000 {
                last.last = now
                last.count += 1
                log.times[log.times.count - 1] = last
            } else {
                log.times.append(Accepted(first: now, last: now, count: 1))
            }
            return true
        }
    }

    /// Removes the newest request of a key from the count.
    package func takeBack(_ key: String) {
        state.withLock { state in
            guard var log = state.young[key], var last = log.times.popLast() else { return }
            last.count -= 1
            if last.count > 0 { log.times.append(last) }
            log.total -= 1
            state.young[key] = log
        }
    }
}
