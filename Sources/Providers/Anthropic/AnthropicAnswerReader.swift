import Chat
import JSON

/// What whole answers and streams have in common (spec/wire/anthropic.md §3).
struct AnthropicAnswerReader {
    /// The tool that stands for a response format on models without one: its arguments are the answer's text.
    static let formatTool = "structured_output"

    private(set) var calls = 0
    /// Letters of the text so far.
    private(set) var written = 0
    private var sealed = 0
    private var hasFormat = false

    static func events(of root: LazyJSON) -> [ChatEvent] {
        var reader = AnthropicAnswerReader()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        reader.begin(root, &events)
        for block in root["content"]?.array ?? [] { reader.read(block, &events) }
        var usage = AnthropicUsage()
        usage.update(root["usage"])
        if let event = usage.event(isFinal: true) { events.append(event) }
        reader.end(root["stop_reason"]?.string ?? "end_turn", root["stop_details"], &events)
        return events
    }

    func begin(_ message: LazyJSON, _ events: inout [ChatEvent]) {
        let tier = message["usage"]?["service_tier"]?.string
        events.append(
            .started(
                AnswerHead(
                    id: message["id"]?.string ?? "", model: message["model"]?.string ?? "", created: 0,
                    serviceTier: tier == "standard" ? "default" : tier)))
        events.append(.choiceStarted(0))
    }

    private mutating func read(_ block: LazyJSON, _ events: inout [ChatEvent]) {
        switch block["type"]?.string {
        case "text":
            let start = written
            write(block["text"]?.string ?? "", &events)
            for citation in block["citations"]?.array ?? [] {
                events.append(.citation(0, Self.citation(citation.json, from: start, to: written)))
            }
        case "thinking":
            let text = block["thinking"]?.string ?? ""
            if !text.isEmpty { events.append(.reasoningDelta(0, text)) }
            let thought = Reasoning(text: text, signature: block["signature"]?.string, format: .anthropic)
            seal(thought, at: place, &events)
        case "redacted_thinking": redacted(block, &events)
        case "tool_use":
            let input = CallArguments.text(block["input"])
            let arguments = input.isEmpty ? "{}" : input
            if start(block, arguments: arguments, &events) == nil { write(arguments, &events) }
        default: keep(block.json, at: place, &events)
        }
    }

    mutating func write(_ text: String, _ events: inout [ChatEvent]) {
        guard !text.isEmpty else { return }
        written += text.letterCount
        events.append(.textDelta(0, text))
    }

    /// - Returns: the call's number; `nil` for the tool that stands for a response format.
    mutating func start(_ block: LazyJSON, arguments: String, _ events: inout [ChatEvent]) -> Int? {
        let name = block["name"]?.string ?? ""
        guard name != Self.formatTool else {
            hasFormat = true
            return nil
        }
        defer { calls += 1 }
        let call = ToolCall(id: block["id"]?.string ?? "", name: name, arguments: arguments)
        events.append(.toolCallStarted(0, index: calls, call))
        return calls
    }

    mutating func redacted(_ block: LazyJSON, _ events: inout [ChatEvent]) {
        let thought = Reasoning(text: "", encrypted: block["data"]?.string ?? "", format: .anthropic)
        seal(thought, at: place, &events)
    }

    /// A block without a place in the hub, such as a search of Claude's own: the next turn sends it back.
    mutating func keep(_ block: JSON, at place: Reasoning.Place?, _ events: inout [ChatEvent]) {
        guard block["type"]?.string != nil else { return }
        seal(Reasoning(text: "", block: block, format: .anthropic), at: place, &events)
    }

    /// What of the answer has come so far; `nil` for nothing.
    var place: Reasoning.Place? {
        written > 0 || calls > 0 ? Reasoning.Place(letters: written, calls: calls) : nil
    }

    /// - Parameter place: where it began, since Claude wants its last turn back as it was.
    mutating func seal(_ reasoning: Reasoning, at place: Reasoning.Place?, _ events: inout [ChatEvent]) {
        var reasoning = reasoning
        reasoning.index = sealed
        reasoning.place = place
        sealed += 1
        events.append(.reasoningSealed(0, reasoning))
    }

    func end(_ word: String, _ details: LazyJSON?, _ events: inout [ChatEvent]) {
        if let explanation = details?["explanation"]?.string { events.append(.refusalDelta(0, explanation)) }
        // No word of OpenAI's says that the turn goes on once it is sent back.
        if word == "pause_turn" {
            events.append(.extra(.choice(0), key: "native_finish_reason", Opaque(.openAI, .string(word))))
        }
        let reason = Self.finishReason(word)
        events.append(.finished(0, hasFormat && calls == 0 && reason == .toolCalls ? .stop : reason))
    }

    /// A web page becomes OpenAI's annotation; a place in the client's own documents, one of the same build.
    static func citation(_ citation: JSON, from start: Int, to end: Int) -> Opaque {
        guard citation["type"]?.string == "web_search_result_location", let url = citation["url"]?.string else {
            var place = citation.object ?? JSONObject()
            place["start_index"] = .int(start)
            place["end_index"] = .int(end)
            return Opaque(.openAI, ["type": "file_citation", "file_citation": .object(place)])
        }
        let page: JSON = [
            "url": .string(url), "title": .string(citation["title"]?.string ?? ""), "start_index": .int(start),
            "end_index": .int(end),
        ]
        return Opaque(.openAI, ["type": "url_citation", "url_citation": page])
    }

    private static func finishReason(_ word: String) -> FinishReason {
        switch word {
        case "end_turn", "stop_sequence", "pause_turn": .stop
        case "max_tokens", "model_context_window_exceeded": .length
        case "tool_use": .toolCalls
        case "refusal": .contentFilter
        default: .other(word)
        }
    }
}
