import Synchronization

/// Remembers prompts: their token counts, because counting costs more than the rest of an answer, and their prefixes,
/// because the service serves known prefixes from its cache.
final class PromptMemory: Sendable {
    struct Prefix { let hash: UInt64, tokens: Int }

    private static let limit = 8192
    private let counts = Mutex<[UInt64: Int]>([:])
    private let texts = Mutex<[UInt64: [Piece]]>([:])
    private let prefixes = Mutex<Set<UInt64>>([])

    /// The number of tokens of a text.
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

    /// A text cut into its tokens.
    func pieces(_ text: String, model: String) -> [Piece] {
        var hash = StableHash()
        hash.mix(model)
        hash.mix(text)
        let key = hash.value
        if let known = texts.withLock({ $0[key] }) { return known }
        let pieces = tokenPieces(text, model: model)
        // Long texts are seldom repeated and would take much memory.
        if text.utf8.count > 2048 { return pieces }
        texts.withLock { texts in
            if texts.count >= 1024 { texts.removeAll(keepingCapacity: true) }
            texts[key] = pieces
        }
        return pieces
    }

    /// The number of tokens of the longest known prefix, from 1024 in steps of 128. All of the prefixes are remembered.
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
