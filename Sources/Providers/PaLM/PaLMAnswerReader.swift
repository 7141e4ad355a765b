import Chat
import JSON

/// Reads PaLM's answer, which has neither usage nor finish reasons (spec/wire/palm.md §2.2).
enum PaLMAnswerReader {
    static func read(_ root: LazyJSON) throws(UpstreamFailure) -> [ChatEvent] {
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        var events: [ChatEvent] = [.started(AnswerHead(id: "", model: "", created: 0))]
        let candidates = root["candidates"]?.array ?? []
        for (index, candidate) in candidates.enumerated() {
            let text = candidate["content"]?.string ?? ""
            events.append(.choiceStarted(index))
            if !text.isEmpty { events.append(.textDelta(index, text)) }
            let sources = candidate["citationMetadata"]?["citationSources"]?.array ?? []
            let offsets = sources.flatMap { [bytes($0["startIndex"]), bytes($0["endIndex"])] }
            let characters = characters(before: offsets, in: text)
            for source in sources {
                if let citation = citation(source, characters) { events.append(.citation(index, citation)) }
            }
            events.append(.finished(index, .stop))
        }
        guard candidates.isEmpty else { return events }
        guard let filters = root["filters"]?.array, !filters.isEmpty else {
            throw OpenAIErrors.missing("candidates", in: root)
        }
        return events + withheld(filters)
    }

    /// A prompt or an answer that was blocked. The gateway wrote the sentence. As a member of the message it reaches
    /// the client, and is not counted as tokens that the model made.
    private static func withheld(_ filters: [LazyJSON]) -> [ChatEvent] {
        // JSON leaves out the first value of an enumeration.
        let reason = filters.lazy.compactMap { $0["reason"]?.string }.first ?? "BLOCKED_REASON_UNSPECIFIED"
        var notice = "The answer was withheld: \(sanitized(reason, limit: 60))."
        if let message = filters.lazy.compactMap({ $0["message"]?.string }).first, !message.isEmpty {
            notice += " " + sanitized(message, limit: 500)
        }
        return [
            .choiceStarted(0), .extra(.message(0), key: "refusal", Opaque(.openAI, .string(notice))),
            .finished(0, .contentFilter),
        ]
    }

    private static func bytes(_ offset: LazyJSON?) -> Int64 { max(0, offset?.int ?? 0) }

    /// A character counts if its first byte lies before the offset. All offsets are converted in one pass.
    private static func characters(before offsets: [Int64], in text: String) -> [Int64: Int] {
        guard !offsets.isEmpty else { return [:] }
        var counts: [Int64: Int] = [:]
        var rest = offsets.sorted()[...]
        var count = 0
        for (place, byte) in text.utf8.enumerated() {
            while let offset = rest.first, offset <= Int64(place) {
                counts[offset] = count
                rest.removeFirst()
            }
            if rest.isEmpty { break }
            if byte & 0xc0 != 0x80 { count += 1 }
        }
        for offset in rest { counts[offset] = count }
        return counts
    }

    /// PaLM counts in bytes, and OpenAI in characters.
    private static func citation(_ source: LazyJSON, _ characters: [Int64: Int]) -> Opaque? {
        guard let url = source["uri"]?.string, !url.isEmpty else { return nil }
        var citation: JSONObject = [
            "url": .string(url), "title": "", "start_index": .int(characters[bytes(source["startIndex"])] ?? 0),
            "end_index": .int(characters[bytes(source["endIndex"])] ?? 0),
        ]
        if let license = source["license"]?.string, !license.isEmpty { citation.append("license", .string(license)) }
        return Opaque(.openAI, ["type": "url_citation", "url_citation": .object(citation)])
    }
}
