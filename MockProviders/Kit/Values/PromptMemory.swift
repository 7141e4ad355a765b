import Synchronization

/// Prompts seen before: their token counts, which cost more than all the rest of an answer, and their prefixes,
/// which the service serves from its cache.
final class PromptMemory: Sendable {
    struct Prefix { let hash: UInt64, tokens: Int }

    private static let limit = 8192
    private let counts = Mutex<[UInt64: Int]>([:])
    private let texts = Mutex<[UInt64: [Piece]]>([:])
    private let prefixes = Mutex<Set<UInt64>>([])

    /// Tokens of a text.
    func count(_ text: String, model: String) -> Int {
        if text.utf8.count < 32 { return countTokens(text, model: model) }
        var hash = StableHash()
        hash.mix(model)
        hash.mix(text)
        let key = hash.value
        if let known = counts.withLock({ $0[key] }) { return known }
        let count = countTokens(text, model: model)
        counts.withLock { counts in
            if counts.count >= Self.limit { counts.removeAll(keepingCapacity: true) }
            counts[key] = count
        }
        return count
    }

    /// A text in its tokens.
    func pieces(_ text: String, model: String) -> [Piece] {
        var hash = StableHash()
        hash.mix(model)
        hash.mix(text)
        let key = hash.value
        if let known = texts.withLock({ $0[key] }) { return known }
        let pieces = tokenPieces(text, model: model)
        // Long texts are seldom repeated and would hold much memory.
        if text.utf8.count > 2048 { return pieces }
        texts.withLock { texts in
            if texts.count >= 1024 { texts.removeAll(keepingCapacity: true) }
            texts[key] = pieces
        }
        return pieces
    }

    /// Tokens of the longest prefix seen before, in steps of 128 from 1024; remembers all of these.
    func cached(_ prompt: [Prefix]) -> Int {
        prefixes.withLock { seen in
            let longest = prompt.last { seen.contains($0.hash) && $0.tokens >= 1024 }
            if seen.count + prompt.count > Self.limit { seen.removeAll(keepingCapacity: true) }
            for prefix in prompt where prefix.tokens >= 1024 { seen.insert(prefix.hash) }
            return (longest?.tokens ?? 0) / 128 * 128
        }
    }

    func reset() { prefixes.withLock { $0 = [] } }
}
