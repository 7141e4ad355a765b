import Chat
import JSON

/// PaLM's answer, which has neither usage nor reasons to end (spec/wire/palm.md §2.2).
enum PaLMAnswerReader {
    static func read(_ root: JSON) throws(UpstreamFailure) -> [ChatEvent] {
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        var events: [ChatEvent] = [.started(AnswerHead(id: "", model: "", created: 0))]
        let candidates = root["candidates"]?.array ?? []
        for (index, candidate) in candidates.enumerated() {
            let text = candidate["content"]?.string ?? ""
            events.append(.choiceStarted(index))
            if !text.isEmpty { events.append(.textDelta(index, text)) }
            for source in candidate["citationMetadata"]?["citationSources"]?.array ?? [] {
                if let citation = citation(source, text) { events.append(.citation(index, citation)) }
            }
            events.append(.finished(index, .stop))
        }
        guard candidates.isEmpty else { return events }
        guard let filters = root["filters"]?.array, !filters.isEmpty else {
            throw UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer has no candidates.",
                code: .text("bad_upstream_response"))
        }
        return events + withheld(filters)
    }

    /// A prompt or an answer that was blocked. The sentence is the gateway's own: as a member of the message it reaches the
    /// client and is not counted among the tokens that the model made.
    private static func withheld(_ filters: [JSON]) -> [ChatEvent] {
        // The first value of an enumeration is left out of JSON.
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

    /// PaLM counts bytes where OpenAI counts characters.
    private static func citation(_ source: JSON, _ text: String) -> Opaque? {
        guard let url = source["uri"]?.string, !url.isEmpty else { return nil }
        func characters(_ offset: JSON?) -> JSON {
            // A character counts where its first byte lies before the offset.
            let bytes = text.utf8.prefix(Int(min(max(0, offset?.int ?? 0), Int64(text.utf8.count))))
            return .int(bytes.reduce(0) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 })
        }
        var citation: JSONObject = [
            "url": .string(url), "title": "", "start_index": characters(source["startIndex"]),
            "end_index": characters(source["endIndex"]),
        ]
        if let license = source["license"]?.string, !license.isEmpty { citation.append("license", .string(license)) }
        return Opaque(.openAI, ["type": "url_citation", "url_citation": .object(citation)])
    }
}
