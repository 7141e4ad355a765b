import Chat
import JSON

/// Reads whole answers and the events of streams, which have the same form (spec/wire/ali.md §§2.3–2.8, 3). Each event
/// has only new text, because we ask for it.
struct AliAnswerReader {
    private var hasStarted = false
    private var opened: Set<Int> = []
    /// The calls of each choice, by the service's numbers.
    private var calls: [Int: [Int64]] = [:]
    private var reasons: [Int: FinishReason] = [:]
    /// The last reported usage. Each event has it, and it grows.
    private var usage: Usage?
    private var pages = CitedPages()
    /// The client has already received text of the answer.
    private(set) var hasContent = false

    var isEmpty: Bool { opened.isEmpty }
    var isFinished: Bool { !reasons.isEmpty && reasons.count >= opened.count }

    mutating func read(_ root: LazyJSON, into events: inout [ChatEvent]) {
        if !hasStarted {
            hasStarted = true
            events.append(.started(AnswerHead(id: root["request_id"]?.string ?? "", model: "", created: 0)))
        }
        // The usage is reported at once, so that a client that leaves is billed by the service's own count.
        if let value = root["usage"], let counted = Self.usage(value), counted != usage {
            usage = counted
            events.append(.usage(counted, original: nil))
        }
        guard let output = root["output"] else { return }
        if let text = output["text"]?.string {
            // Old models answer with plain text.
            open(0, &events)
            append(text, 0, &events)
            note(output["finish_reason"]?.string, 0)
        }
        for (position, choice) in (output["choices"]?.array ?? []).enumerated() {
            let index = Int(clamping: min(max(0, choice["index"]?.int ?? Int64(position)), 127))
            open(index, &events)
            if let logprobs = choice["logprobs"], logprobs.isObject {
                events.append(.logprobs(index, logprobs.json))
            }
            if let message = choice["message"] { read(message, index, &events) }
            note(choice["finish_reason"]?.string, index)
        }
        for page in output["search_info"]?["search_results"]?.array ?? [] {
            pages.cite(page["url"]?.string, title: page["title"]?.string, into: &events)
        }
    }

    /// Finish reasons.
    func finish(into events: inout [ChatEvent]) {
        for index in opened.sorted() {
            let reason = reasons[index] ?? .stop
            events.append(.finished(index, reason == .stop && calls[index] != nil ? .toolCalls : reason))
        }
    }

    /// Ends an answer that the provider's moderation stopped after some of its text was sent.
    func withhold(into events: inout [ChatEvent]) {
        for index in opened.sorted() { events.append(.finished(index, .contentFilter)) }
    }

    private mutating func append(_ text: String, _ index: Int, _ events: inout [ChatEvent]) {
        guard !text.isEmpty else { return }
        hasContent = true
        events.append(.textDelta(index, text))
    }

    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) {
        if opened.insert(index).inserted { events.append(.choiceStarted(index)) }
    }

    /// The string `null` means that there is no reason.
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

    private mutating func read(_ message: LazyJSON, _ index: Int, _ events: inout [ChatEvent]) {
        if let thought = message["reasoning_content"]?.string, !thought.isEmpty {
            events.append(.reasoningDelta(index, thought))
        }
        if let text = message["content"]?.string {
            append(text, index, &events)
        } else {
            for part in message["content"]?.array ?? [] {
                if let text = part["text"]?.string { append(text, index, &events) }
                if let image = part["image"]?.string { events.append(.image(index, Media(address: image))) }
            }
        }
        for call in message["tool_calls"]?.array ?? [] { read(call: call, index, &events) }
    }

    /// The first piece of a call has its id and name. Later ones have an empty id and more of the arguments.
    private mutating func read(call: LazyJSON, _ index: Int, _ events: inout [ChatEvent]) {
        var known = calls[index] ?? []
        let number = call["index"]?.int ?? Int64(known.count)
        let arguments = CallArguments.text(call["function"]?["arguments"])
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

    /// `nil` if there is no count of tokens: the first event of a search has an empty object, and others only name
    /// plugins.
    private static func usage(_ value: LazyJSON) -> Usage? {
        func number(_ value: LazyJSON?) -> Int64 { min(max(0, value?.int ?? 0), Usage.most) }
        func given(_ value: LazyJSON?) -> LazyJSON? { value?.int == nil ? nil : value }
        let total = value["total_tokens"]?.int
        guard value["input_tokens"]?.int != nil || total != nil else { return nil }
        let known = number(value["output_tokens"])
        let prompt =
            value["input_tokens"]?.int == nil
            ? max(0, number(value["total_tokens"]) - known) : number(value["input_tokens"])
        let rest = max(0, number(value["total_tokens"]) - prompt)
        let input = value["input_tokens_details"]
        var usage = Usage(
            promptTokens: prompt, completionTokens: value["output_tokens"]?.int == nil ? rest : known,
            cachedTokens: number(value["prompt_tokens_details"]?["cached_tokens"]),
            reasoningTokens: number(value["output_tokens_details"]?["reasoning_tokens"]),
            audioPromptTokens: number(given(input?["audio_tokens"]) ?? value["audio_tokens"]))
        usage.imagePromptTokens = number(given(input?["image_tokens"]) ?? value["image_tokens"])
        usage.fill(upTo: number(value["total_tokens"]))
        return usage
    }
}
