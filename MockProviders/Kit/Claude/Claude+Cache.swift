import JSON
import Synchronization

extension Claude {
    /// The prompt in the order in which it is cached: tools, system, messages. It contains the caller's breakpoints.
    struct Prefix {
        struct Point { let hash: UInt64, tokens: Int }
        struct Breakpoint { let point: Int, seconds: Int }

        private var hash = StableHash()
        private(set) var points: [Point] = []
        private(set) var breakpoints: [Breakpoint] = []
        private(set) var tokens = 0
        /// The last place at which a breakpoint may stand.
        private var lastCacheable: Int?

        init(model: String) { hash.mix(model) }

        /// Adds a block: its hash, and its tokens.
        mutating func add(_ fingerprint: UInt64, tokens count: Int, isCacheable: Bool = true, marker: Int? = nil) {
            withUnsafeBytes(of: fingerprint) { hash.mix($0) }
            tokens += count
            points.append(Point(hash: hash.value, tokens: tokens))
            if isCacheable { lastCacheable = points.count - 1 }
            if let marker { breakpoints.append(Breakpoint(point: points.count - 1, seconds: marker)) }
        }

        /// Adds tokens that belong to no block.
        mutating func frame(_ count: Int) { tokens += count }

        /// Reads the `cache_control` of the whole request.
        mutating func markLast(_ seconds: Int) {
            guard let last = lastCacheable, breakpoints.last?.point != last else { return }
            breakpoints.append(Breakpoint(point: last, seconds: seconds))
        }

        func check() throws(Failure) {
            if breakpoints.count > 4 { throw .breakpoints(breakpoints.count) }
            for (earlier, later) in zip(breakpoints, breakpoints.dropFirst()) where earlier.seconds < later.seconds {
                throw .invalid(
                    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that "
                        + "blocks are processed in the following order: `tools`, `system`, `messages`.")
            }
        }

        /// The lifetime in seconds of a `cache_control`, checked; `nil` if there is none.
        static func marker(_ owner: JSONView, _ path: String, _ betas: Betas) throws(Failure) -> Int? {
            guard let control = owner["cache_control"], !control.isNull else { return nil }
            let place = path.isEmpty ? "cache_control" : path + ".cache_control"
            try Shape.cacheControl.check(control, place, betas)
            return control["ttl"]?.equals("1h") == true ? 3600 : 300
        }
    }

    /// The prefixes that requests wrote. Later requests read them.
    final class Cache: Sendable {
        struct Use: Equatable {
            var read = 0
            /// The tokens written for five minutes, and for an hour.
            var short = 0, long = 0
        }

        private struct Entry { var expires: Int, seconds: Int }

        /// Shorter prompts are not cached.
        static let leastTokens = 1024
        private let entries = Mutex<[UInt64: Entry]>([:])

        /// Looks up a prompt, and keeps it up to its breakpoints.
        func use(_ prefix: Prefix, now: Int) -> Use {
            var use = Use()
            let marks = prefix.breakpoints.filter { prefix.points[$0.point].tokens >= Self.leastTokens }
            guard let last = marks.last else { return use }
            entries.withLock { entries in
                if entries.count > 16_384 { entries.removeAll(keepingCapacity: true) }
                let found = (0...last.point).last { index in
                    guard let entry = entries[prefix.points[index].hash] else { return false }
                    return entry.expires > now
                }
                if let found {
                    let hash = prefix.points[found].hash
                    use.read = prefix.points[found].tokens
                    let seconds = entries[hash]?.seconds ?? 300
                    entries[hash] = Entry(expires: now + seconds, seconds: seconds)
                }
                var done = use.read
                for mark in marks where mark.point > found ?? -1 {
                    let point = prefix.points[mark.point]
                    if mark.seconds > 300 { use.long += point.tokens - done } else { use.short += point.tokens - done }
                    done = point.tokens
                    entries[point.hash] = Entry(expires: now + mark.seconds, seconds: mark.seconds)
                }
            }
            return use
        }

        func reset() { entries.withLock { $0 = [:] } }
    }
}
