package import Chat
package import HTTP
package import JSON

/// Google's PaLM 2, the API before Gemini (spec/wire/palm.md). Channel type 11. It has neither streams nor usage: a client that
/// asks for a stream gets the whole answer as one, and tokens are counted here.
///
/// | What PaLM has not | What becomes of it |
/// | --- | --- |
/// | tools, images, speech, JSON mode, logprobs, stop sequences, the web search | refused |
/// | roles | authors `0` and `1`, by turns, the user's first and last; instructions are the context |
/// | a limit on tokens, penalties, seed, user, metadata, names of messages, reasoning effort | dropped |
package struct PaLM: Provider {
    package let descriptor = ProviderDescriptor(name: "PaLM2", format: .palm, channelTypes: [11])

    private static let defaultBaseURL = "https://generativelanguage.googleapis.com"
    /// The only chat model that there ever was.
    private static let model = "chat-bison-001"

    package init() {}

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        let base = call.channel.baseURL.isEmpty ? Self.defaultBaseURL : call.channel.baseURL
        return EncodedRequest(
            url: "\(base)/v1beta2/models/\(Self.model):generateMessage",
            headers: [
                "Content-Type": "application/json", "Accept": "application/json", "x-goog-api-key": call.channel.key,
            ], body: try Self.body(request))
    }

    private static func cannot(_ field: String) -> RequestError {
        RequestError(
            .invalidValue, "PaLM 2 takes only text and has no such option; '\(field)' is not supported there.",
            parameter: field)
    }

    private static func body(_ request: ChatRequest) throws(RequestError) -> [UInt8] {
        if !request.tools.isEmpty { throw cannot("tools") }
        if !request.sampling.stop.isEmpty { throw cannot("stop") }
        if request.sampling.logprobs == true { throw cannot("logprobs") }
        if request.responseFormat != nil, request.responseFormat != .text { throw cannot("response_format") }
        if request.webSearch != nil { throw cannot("web_search_options") }
        if request.output.modalities?.contains(where: { $0 != "text" }) == true { throw cannot("modalities") }
        var context = ""
        var turns: [(author: String, text: String)] = []
        for (index, message) in request.messages.enumerated() {
            var text = ""
            for part in message.parts {
                switch part.content {
                case .text(let piece), .refusal(let piece): text += piece
                case .reasoning: break
                default: throw cannot("messages[\(index)].content")
                }
            }
            if message.role == .system || message.role == .developer {
                context += context.isEmpty ? text : "\n" + text
                continue
            }
            let author = message.role == .assistant ? "1" : "0"
            guard !text.isEmpty else { continue }
            if let last = turns.last, last.author == author {
                turns[turns.count - 1].text += "\n" + text
            } else {
                turns.append((author, text))
            }
        }
        guard !turns.isEmpty else {
            throw RequestError(.invalidValue, "PaLM 2 needs a message with text.", parameter: "messages")
        }
        if turns.first?.author != "0" { turns.insert(("0", "…"), at: 0) }
        if turns.last?.author != "0" { turns.append(("0", "…")) }
        var prompt = JSONObject()
        if !context.isEmpty { prompt.append("context", .string(context)) }
        prompt.append(
            "messages", .array(turns.map { ["author": .string($0.author), "content": .string($0.text)] }))
        var body: JSONObject = ["prompt": .object(prompt)]
        if let value = request.sampling.temperature { body.append("temperature", .double(min(max(value, 0), 1))) }
        if let value = request.sampling.topP { body.append("topP", .double(min(max(value, 0), 1))) }
        if let value = request.sampling.topK { body.append("topK", .int(value)) }
        if let count = request.limits.count {
            guard (1...8).contains(count) else { throw cannot("n") }
            body.append("candidateCount", .int(count))
        }
        return JSON.object(body).encoded()
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? JSON.parse(body), root.object != nil else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        var events: [ChatEvent] = [.started(AnswerHead(id: "", model: "", created: 0))]
        let candidates = root["candidates"]?.array ?? []
        for (index, candidate) in candidates.enumerated() {
            events.append(.choiceStarted(index))
            let text = candidate["content"]?.string ?? ""
            events.append(.textDelta(index, text))
            for source in candidate["citationMetadata"]?["citationSources"]?.array ?? [] {
                if let citation = Self.citation(source, text) { events.append(.citation(index, citation)) }
            }
            events.append(.finished(index, .stop))
        }
        guard candidates.isEmpty else { return events }
        guard let reason = root["filters"]?[0]?["reason"]?.string else {
            throw UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer has no candidates.",
                code: .text("bad_upstream_response"))
        }
        // No words of ours stand for the answer: they would be counted and charged as the model's.
        let filters: JSON = [["reason": .string(sanitized(reason, limit: 60))]]
        return events + [
            .choiceStarted(0), .extra(.choice(0), key: "filters", Opaque(.openAI, filters)),
            .finished(0, .contentFilter),
        ]
    }

    /// Google counts bytes where OpenAI counts characters; `nil` without an address.
    private static func citation(_ source: JSON, _ text: String) -> Opaque? {
        guard let url = source["uri"]?.string else { return nil }
        func position(_ name: String) -> JSON {
            let bytes = text.utf8.prefix(Int(clamping: max(0, source[name]?.int ?? 0)))
            return .int(String(decoding: bytes, as: UTF8.self).unicodeScalars.count)
        }
        let citation: JSON = [
            "url": .string(url), "title": "", "start_index": position("startIndex"), "end_index": position("endIndex"),
        ]
        return Opaque(.openAI, ["type": "url_citation", "url_citation": citation])
    }

    package func decoder() -> PaLMDecoder { PaLMDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        GeminiErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }
}

/// For a stream that cannot be: PaLM answers in one piece, which never comes this way.
package struct PaLMDecoder: AnswerDecoder {
    package private(set) var isOver = false

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        guard !isOver else { return }
        isOver = true
        events.append(.failed(OpenAIErrors.eventNotJSON))
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if !isOver { events.append(.failed(OpenAIErrors.cutStream)) }
        isOver = true
    }
}
