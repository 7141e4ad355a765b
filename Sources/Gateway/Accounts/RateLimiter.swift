import Synchronization

/// A sliding log of accepted times per address and class (spec/configuration.md §4).
package final class RateLimiter: Sendable {
    private struct Log {
        /// Accepted times, oldest first, in monotonic nanoseconds.
        var times: [UInt64] = []
        var first = 0
    }

    /// Addresses remembered; beyond it idle ones are forgotten.
    private static let capacity = 50_000

    private let limit: Int
    private let window: UInt64
    private let logs = Mutex<[String: Log]>([:])

    /// - Parameters:
    ///   - limit: requests in a window; 0 for no limit.
    ///   - seconds: the window.
    package init(limit: Int, seconds: UInt64) {
        self.limit = limit
        window = seconds * 1_000_000_000
    }

    package func accepts(_ address: String, now: UInt64) -> Bool {
        guard limit > 0 else { return true }
        return logs.withLock { logs in
            if logs.count > Self.capacity {
                logs = logs.filter { ($0.value.times.last ?? 0) + window > now }
                if logs.count > Self.capacity { logs.removeAll() }
            }
            var log = logs[address] ?? Log()
            defer { logs[address] = log }
            while log.first < log.times.count, log.times[log.first] + window <= now { log.first += 1 }
            if log.first > limit {
                log.times.removeFirst(log.first)
                log.first = 0
            }
            guard log.times.count - log.first < limit else { return false }
            log.times.append(now)
            return true
        }
    }
}
