import Chat
import JSON

/// The pages that an answer of one candidate rests on, as OpenAI's annotations (spec/wire/gemini.md §3). Google counts
/// places in bytes, OpenAI in letters; later chunks of a stream repeat what earlier ones said.
struct GeminiSources {
    /// What was written so far, in UTF-8.
    private var text: [UInt8] = []
    /// Pages that no place refers to yet.
    private var waiting: [JSON] = []
    private var named: Set<String> = []

    var hasText: Bool { !text.isEmpty }

    mutating func write(_ piece: String) { text += piece.utf8 }

    /// Takes a candidate's metadata.
    /// - Returns: annotations that are new.
    mutating func read(_ candidate: JSON) -> [Opaque] {
        var found: [Opaque] = []
        if let grounding = candidate["groundingMetadata"] {
            let pages = (grounding["groundingChunks"]?.array ?? []).map {
                $0["web"] ?? $0["retrievedContext"] ?? $0["maps"]
            }
            for support in grounding["groundingSupports"]?.array ?? [] {
                for number in support["groundingChunkIndices"]?.array ?? [] {
                    guard let number = number.int, number >= 0, number < pages.count, let page = pages[Int(number)]
                    else {
                        continue
                    }
                    if let new = annotation(page, support["segment"]) { found.append(new) }
                }
            }
            for case let page? in pages where !waiting.contains(page) { waiting.append(page) }
        }
        let sources = candidate["citationMetadata"]?["citationSources"] ?? candidate["citationMetadata"]?["citations"]
        for source in sources?.array ?? [] {
            if let new = annotation(source, source) { found.append(new) }
        }
        return found
    }

    /// Pages that the answer as a whole rests on.
    mutating func rest() -> [Opaque] {
        let pages = waiting
        waiting = []
        return pages.compactMap { page in
            guard let url = page["uri"]?.string, !named.contains(url) else { return nil }
            return annotation(page, nil)
        }
    }

    private mutating func annotation(_ page: JSON, _ segment: JSON?) -> Opaque? {
        guard let url = page["uri"]?.string else { return nil }
        let (start, end) = place(segment)
        guard named.insert("\(start) \(end) \(url)").inserted else { return nil }
        named.insert(url)
        let citation: JSON = [
            "url": .string(url), "title": page["title"] ?? "", "start_index": .int(start), "end_index": .int(end),
        ]
        return Opaque(.openAI, ["type": "url_citation", "url_citation": citation])
    }

    /// 0 to 0 where the place is none of the text's.
    private func place(_ segment: JSON?) -> (Int, Int) {
        guard let end = segment?["endIndex"]?.int, end <= text.count else { return (0, 0) }
        let start = segment?["startIndex"]?.int ?? 0
        guard start >= 0, start < end else { return (0, 0) }
        // A letter has one byte that continues none.
        func letters(_ count: Int64) -> Int { text[..<Int(count)].count { $0 & 0xc0 != 0x80 } }
        return (letters(start), letters(end))
    }
}
