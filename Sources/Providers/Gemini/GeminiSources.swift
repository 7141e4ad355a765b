import Chat
import JSON

/// The pages that an answer of one candidate cites, as OpenAI's annotations (spec/wire/gemini.md §3). Google counts
/// positions in bytes, OpenAI in characters. Later chunks of a stream repeat the sources of earlier ones.
struct GeminiSources {
    /// What was written so far, in UTF-8.
    private var text: [UInt8] = []
    /// Apart from the event that named it, which is not kept for its sake.
    private struct Page {
        let url: String
        let title: JSON

        init?(_ source: LazyJSON?) {
            guard let source, let url = source["uri"]?.string else { return nil }
            self.url = url
            title = .string(source["title"]?.string ?? "")
        }
    }

    /// Pages that may be told of without a place in the end.
    private var waiting: [Page] = []
    private var named: Set<String> = []
    /// More than any answer has; beyond it nothing is looked up.
    private static let most = 1024

    var hasText: Bool { !text.isEmpty }

    mutating func write(_ piece: String) { text += piece.utf8 }

    /// Takes a candidate's metadata.
    /// - Returns: annotations that are new.
    mutating func read(_ candidate: LazyJSON) -> [Opaque] {
        var found: [Opaque] = []
        if let grounding = candidate["groundingMetadata"] {
            let pages = (grounding["groundingChunks"]?.array ?? []).map {
                Page($0["web"]) ?? Page($0["retrievedContext"]) ?? Page($0["maps"])
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
            for page in pages { wait(page) }
        }
        let citations = candidate["citationMetadata"]
        for source in citations?["citationSources"]?.array ?? citations?["citations"]?.array ?? [] {
            guard let page = Page(source) else { continue }
            if let new = annotation(page, source) { found.append(new) }
            wait(page)
        }
        return found
    }

    /// Pages that the answer as a whole rests on.
    mutating func rest() -> [Opaque] {
        let pages = waiting
        waiting = []
        return pages.compactMap { named.contains($0.url) ? nil : annotation($0, nil) }
    }

    private mutating func wait(_ page: Page?) {
        guard let page, named.count < Self.most else { return }
        if named.insert("? " + page.url).inserted { waiting.append(page) }
    }

    private mutating func annotation(_ page: Page, _ segment: LazyJSON?) -> Opaque? {
        guard named.count < Self.most else { return nil }
        // A place beyond the text is yet to come, or none.
        guard let (start, end) = segment == nil ? (0, 0) : place(segment) else { return nil }
        guard named.insert("\(start) \(end) \(page.url)").inserted else { return nil }
        named.insert(page.url)
        let citation: JSON = [
            "url": .string(page.url), "title": page.title, "start_index": .int(letters(start)),
            "end_index": .int(letters(end)),
        ]
        return Opaque(.openAI, ["type": "url_citation", "url_citation": citation])
    }

    /// In bytes.
    private func place(_ segment: LazyJSON?) -> (Int, Int)? {
        guard let end = segment?["endIndex"]?.int, end <= text.count else { return nil }
        let start = segment?["startIndex"]?.int ?? 0
        guard start >= 0, start < end else { return nil }
        return (Int(start), Int(end))
    }

    /// A letter has one byte that continues none.
    private func letters(_ count: Int) -> Int { text[..<count].count { $0 & 0xc0 != 0x80 } }
}
