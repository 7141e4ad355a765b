/// Makes the mock's text: short text that follows from the request alone.
enum Prose {
    /// With a space before it, each word is one token in cl100k and o200k. A text of N words therefore has N tokens.
    private static let words = [
        " the", " of", " and", " a", " to", " in", " is", " you", " that", " it", " he", " was", " for", " on", " are",
        " as", " with", " his", " they", " at", " be", " this", " have", " from", " or", " one", " had", " by", " word",
        " but", " not", " what", " all", " were", " we", " when", " your", " can", " said",
    ]

    /// A text of exactly `count` tokens, one piece each.
    static func tokens(_ count: Int, seed: UInt64) -> [Piece] {
        let start = Int(seed % UInt64(words.count))
        return (0..<count).map { Piece(text: words[(start + $0) % words.count], tokens: 1) }
    }

    /// The number N of `mock-tokens-N` in the model's name or the last user message.
    static func wantedTokens(model: String, text: String) -> Int? {
        for source in [model, text] {
            guard let range = source.firstRange(of: "mock-tokens-") else { continue }
            let digits = source[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
            if let count = Int(digits) { return min(count, 1_000_000) }
        }
        return nil
    }

    /// A sentence that repeats what the user said.
    static func reply(to prompt: Prompt, variant: Int) -> String {
        if let result = prompt.toolResults.last {
            return "The tool answered: \(String(result.prefix(200)))"
        }
        let topic = excerpt(prompt.lastUserText)
        let images = prompt.imageCount
        let seen = images == 0 ? "" : images == 1 ? " I see one image." : " I see \(images) images."
        let openings = ["You said", "I read", "Your message was", "I understood"]
        let opening = openings[Int((prompt.content &+ UInt64(variant)) % UInt64(openings.count))]
        let quoted = topic.isEmpty ? "nothing" : "\"\(topic)\""
        return "\(opening) \(quoted).\(seen) This is the mock's answer\(variant > 0 ? " number \(variant + 1)" : "")."
    }

    /// The first words of a text, on one line.
    private static func excerpt(_ text: String) -> String {
        // The cut is made in bytes. It never splits a character, because spaces and line ends are ASCII.
        var bytes: [UInt8] = []
        var words = 0
        for byte in text.utf8 {
            let isSpace = byte == 0x20 || (0x09...0x0d).contains(byte)
            if !isSpace {
                bytes.append(byte)
            } else if !bytes.isEmpty, bytes.last != 0x20 {
                words += 1
                if words == 12 || bytes.count > 120 { break }
                bytes.append(0x20)
            }
        }
        if bytes.last == 0x20 { bytes.removeLast() }
        return bytes.count > 400 ? String(text.prefix(100)) : String(decoding: bytes, as: UTF8.self)
    }
}
