import Synchronization

extension Zhipu {
    /// The conversations of each key. If a new one continues an earlier one, all of the earlier one is in the cache.
    final class Cache: Sendable {
        private static let limit = 8_192
        private let seen = Mutex<Set<UInt64>>([])

        /// The tokens of the longest known beginning, at least one less than those of the prompt. This conversation is
        /// remembered.
        func use(_ request: Request, key: String) -> Int {
            let tools = request.promptTokens - request.talk.tokens
            let marked = request.talk.prefixes.map { prefix in
                var hash = StableHash(seed: prefix.hash)
                hash.mix(key)
                hash.mix(request.toolbox.text)
                return (hash: hash.value, tokens: prefix.tokens + tools)
            }
            return seen.withLock { seen in
                let longest = marked.last { seen.contains($0.hash) }
                if seen.count + marked.count > Self.limit { seen.removeAll(keepingCapacity: true) }
                for mark in marked { seen.insert(mark.hash) }
                return min(longest?.tokens ?? 0, max(0, request.promptTokens - 1))
            }
        }

        func reset() { seen.withLock { $0 = [] } }
    }
}
