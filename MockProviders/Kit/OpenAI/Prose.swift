/// What the mock says: short text that follows from the request alone.
enum Prose {
    /// Each is one token behind a space in cl100k and o200k, so that a text of N words has N tokens.
    private static let words = [
        " the", " of", " and", " a", " to", " in", " is", " you", " that", " it", " he", " was", " for", " on", " are",
        " as", " with", " his", " they", " at", " be", " this", " have", " from", " or", " one", " had", " by", " word",
        " but", " not", " what", " all", " were", " we", " when", " your", " can", " said",
    ]

    /// A text of exactly that many tokens, a piece each.
    static func tokens(_ count: Int, seed: UInt64) -> [Piece] {
        let start = Int(seed % UInt64(words.count))
        return (0..<count).map { Piece(text: words[(start + $0) % words.count], tokens: 1) }
    }

    /// The length asked for by `mock-tokens-N` in the model's name or the last user message.
    static func wantedTokens(model: String, text: String) -> Int? {
        for source in [model, text] {
            guard let range = source.firstRange(of: "mock-tokens-") else { continue }
            let digits = source[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
            if let count = Int(digits) { return min(count, 1_000_000) }
        }
        return nil
    }

    /// A sentence about what was said.
    static func reply(to conversation: Conversation, variant: Int, seed: UInt64) -> String {
        if let result = conversation.toolResults.last {
            return "The tool answered: \(String(result.prefix(200)))"
        }
        let topic = excerpt(conversation.lastUserText)
        let images = conversation.imageCount
        let seen = images == 0 ? "" : images == 1 ? " I see one image." : " I see \(images) images."
        let openings = ["You said", "I read", "Your message was", "I understood"]
        let opening = openings[Int((seed &+ UInt64(variant)) % UInt64(openings.count))]
        let quoted = topic.isEmpty ? "nothing" : "\"\(topic)\""
        return "\(opening) \(quoted).\(seen) This is the mock's answer\(variant > 0 ? " number \(variant + 1)" : "")."
    }

    /// The first words of a text, on one line.
    private static func excerpt(_ text: String) -> String {
        var words: [Substring] = []
        for word in text.prefix(160).split(whereSeparator: \.isWhitespace).prefix(12) { words.append(word) }
        return words.joined(separator: " ")
    }
}
