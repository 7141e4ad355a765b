import Chat
import JSON

/// Reads answers and events of streams, which have one form (spec/wire/ali.md §§2.3–2.8, 3). Each event holds new text only,
/// as we ask for it.
struct AliAnswerReader {
    private var hasStarted = false
    private var opened: Set<Int> = []
    /// Calls of each choice, by the service's numbers.
    private var calls: [Int: [Int64]] = [:]
    private var reasons: [Int: FinishReason] = [:]
    private var usage: JSON?

    var isFinished: Bool { !reasons.isEmpty && reasons.count >= opened.count }

    mutating func read(_ root: JSON, into events: inout [ChatEvent]) {
        if !hasStarted {
            hasStarted = true
            events.append(.started(AnswerHead(id: root["request_id"]?.string ?? "", model: "", created: 0)))
        }
        // The first event of a search has an empty one.
        if let usage = root["usage"], usage.object?.members.isEmpty == false { self.usage = usage }
        guard let output = root["output"] else { return }
        if let text = output["text"]?.string {
            // Old models answer in plain text.
            open(0, &events)
            if !text.isEmpty { events.append(.textDelta(0, text)) }
            note(output["finish_reason"]?.string, 0)
        }
        for (position, choice) in (output["choices"]?.array ?? []).enumerated() {
            let index = Int(clamping: min(max(0, choice["index"]?.int ?? Int64(position)), 127))
            open(index, &events)
            if let message = choice["message"] { read(message, index, &events) }
            note(choice["finish_reason"]?.string, index)
        }
        for page in output["search_info"]?["search_results"]?.array ?? [] {
            guard let url = page["url"] else { continue }
            let citation: JSON = ["url": url, "title": page["title"] ?? "", "start_index": 0, "end_index": 0]
            events.append(.citation(0, Opaque(.openAI, ["type": "url_citation", "url_citation": citation])))
        }
    }

    /// Usage and finish reasons.
    mutating func finish(into events: inout [ChatEvent]) {
        if let usage { events.append(Self.event(usage)) }
        for index in opened.sorted() {
            let reason = reasons[index] ?? .stop
            events.append(.finished(index, reason == .stop && calls[index] != nil ? .toolCalls : reason))
        }
    }

    mutating func usageSoFar(into events: inout [ChatEvent]) {
        if let usage { events.append(Self.event(usage)) }
    }

    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) {
        if opened.insert(index).inserted { events.append(.choiceStarted(index)) }
    }

    /// The word `null` is none.
    private mutating func note(_ word: String?, _ index: Int) {
        guard let word, !word.isEmpty, word != "null" else { return }
        reasons[index] =
            switch word {
            case "stop": .stop
            case "length": .length
            case "tool_calls": .toolCalls
            default: .other(word)
            }
    }

    private mutating func read(_ message: JSON, _ index: Int, _ events: inout [ChatEvent]) {
        if let thought = message["reasoning_content"]?.string, !thought.isEmpty {
            events.append(.reasoningDelta(index, thought))
        }
        if let text = message["content"]?.string {
            if !text.isEmpty { events.append(.textDelta(index, text)) }
        } else {
            for part in message["content"]?.array ?? [] {
                if let text = part["text"]?.string, !text.isEmpty { events.append(.textDelta(index, text)) }
                if let image = part["image"]?.string { events.append(.textDelta(index, "![image](\(image))")) }
            }
        }
        for call in message["tool_calls"]?.array ?? [] { read(call: call, index, &events) }
    }

    /// The first piece of a call has its id and name; later ones an empty id and more of the arguments.
    private mutating func read(call: JSON, _ index: Int, _ events: inout [ChatEvent]) {
        var known = calls[index] ?? []
        let number = call["index"]?.int ?? Int64(known.count)
        let arguments = call["function"]?["arguments"]?.string ?? ""
        if let position = known.firstIndex(of: number) {
            if !arguments.isEmpty { events.append(.toolCallArgumentsDelta(index, index: position, arguments)) }
            return
        }
        guard known.count < 128 else { return }
        let made = ToolCall(
            id: call["id"]?.string ?? "", name: call["function"]?["name"]?.string ?? "", arguments: arguments)
        events.append(.toolCallStarted(index, index: known.count, made))
        known.append(number)
        calls[index] = known
    }

    private static func event(_ value: JSON) -> ChatEvent {
        func number(_ value: JSON?) -> Int64 { min(max(0, value?.int ?? 0), Usage.most) }
        let input = value["input_tokens_details"]
        var usage = Usage(
            promptTokens: number(value["input_tokens"]), completionTokens: number(value["output_tokens"]),
            cachedTokens: number(value["prompt_tokens_details"]?["cached_tokens"]),
            reasoningTokens: number(value["output_tokens_details"]?["reasoning_tokens"]),
            audioPromptTokens: number(input?["audio_tokens"] ?? value["audio_tokens"]))
        usage.imagePromptTokens = number(input?["image_tokens"] ?? value["image_tokens"])
        return .usage(usage, original: Opaque(.ali, value))
    }
}
