import Synchronization

extension Zhipu {
    /// Talks that a key has had before: a talk that goes on from one finds all of it in the cache.
    final class Cache: Sendable {
        private static let limit = 8_192
        private let seen = Mutex<Set<UInt64>>([])

        /// Tokens of the longest beginning seen before, at least one less than the prompt; remembers this talk.
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
