import Chat
import JSON

/// What whole answers and streams have in common (spec/wire/anthropic.md §3).
enum AnthropicAnswerReader {
    /// The tool that stands for a response format on models without one: its arguments are the answer's text.
    static let formatTool = "structured_output"

    static func events(of root: JSON) -> [ChatEvent] {
        var events: [ChatEvent] = [
            .started(
                AnswerHead(id: root["id"]?.string ?? "", model: root["model"]?.string ?? "", created: 0)),
            .choiceStarted(0),
        ]
        var calls = 0
        var hasFormat = false
        var written = 0
        for block in root["content"]?.array ?? [] {
            switch block["type"]?.string {
            case "text":
                let text = block["text"]?.string ?? ""
                let count = text.unicodeScalars.count
                if !text.isEmpty { events.append(.textDelta(0, text)) }
                for citation in block["citations"]?.array ?? [] {
                    events.append(.citation(0, Self.citation(citation, from: written, to: written + count)))
                }
                written += count
            case "thinking":
                let thought = Reasoning(
                    text: block["thinking"]?.string ?? "", signature: block["signature"]?.string, format: .anthropic)
                if !thought.text.isEmpty { events.append(.reasoningDelta(0, thought.text)) }
                events.append(.reasoningSealed(0, thought))
            case "redacted_thinking": events.append(.reasoningSealed(0, redacted(block["data"]?.string)))
            case "tool_use":
                let input = block["input"] ?? [:]
                let text = String(decoding: input.encoded(), as: UTF8.self)
                let name = block["name"]?.string ?? ""
                if name == formatTool {
                    hasFormat = true
                    events.append(.textDelta(0, text))
                } else {
                    events.append(
                        .toolCallStarted(
                            0, index: calls, ToolCall(id: block["id"]?.string ?? "", name: name, arguments: text)))
                    calls += 1
                }
            default: break
            }
        }
        if let explanation = root["stop_details"]?["explanation"]?.string {
            events.append(.refusalDelta(0, explanation))
        }
        if let usage = AnthropicUsage(root["usage"]) { events.append(usage.event) }
        let reason = finishReason(root["stop_reason"]?.string ?? "end_turn")
        events.append(.finished(0, hasFormat && calls == 0 && reason == .toolCalls ? .stop : reason))
        return events
    }

    static func redacted(_ data: String?) -> Reasoning {
        Reasoning(text: "", encrypted: data ?? "", format: .anthropic)
    }

    /// A web page becomes OpenAI's annotation; places in the client's own documents have no such form there.
    static func citation(_ citation: JSON, from start: Int, to end: Int) -> Opaque {
        guard citation["type"]?.string == "web_search_result_location", let url = citation["url"] else {
            return Opaque(.anthropic, citation)
        }
        return Opaque(
            .openAI,
            [
                "type": "url_citation",
                "url_citation": [
                    "url": url, "title": citation["title"] ?? "", "start_index": .int(start), "end_index": .int(end),
                ],
            ])
    }

    static func finishReason(_ word: String) -> FinishReason {
        switch word {
        case "end_turn", "stop_sequence", "pause_turn": .stop
        case "max_tokens", "model_context_window_exceeded": .length
        case "tool_use": .toolCalls
        case "refusal": .contentFilter
        default: .other(word)
        }
    }
}

/// Counters of an answer, which are cumulative: later ones replace earlier ones (spec/wire/anthropic.md §§3.2, 7.3).
struct AnthropicUsage {
    private var input: Int64 = 0
    private var cacheRead: Int64 = 0
    private var cacheWrite: Int64 = 0
    private var output: Int64 = 0
    private var thinking: Int64 = 0
    private var original = JSONObject()

    /// `nil` if there is none.
    init?(_ value: JSON?) {
        guard let value, value.object != nil else { return nil }
        update(value)
    }

    mutating func update(_ value: JSON) {
        func read(_ name: String, _ counter: inout Int64) {
            if let number = value[name]?.int { counter = min(max(0, number), Usage.most) }
        }
        read("input_tokens", &input)
        read("cache_read_input_tokens", &cacheRead)
        read("cache_creation_input_tokens", &cacheWrite)
        read("output_tokens", &output)
        if let number = value["output_tokens_details"]?["thinking_tokens"]?.int {
            thinking = min(max(0, number), output)
        }
        for member in value.object?.members ?? [] { original[member.key] = member.value }
    }

    /// The prompt is the sum of what was read from the cache, written to it, and neither.
    var event: ChatEvent {
        .usage(
            Usage(
                promptTokens: input + cacheRead + cacheWrite, completionTokens: output, cachedTokens: cacheRead,
                cacheWriteTokens: cacheWrite, reasoningTokens: thinking),
            original: Opaque(.anthropic, .object(original))
        )
    }
}
