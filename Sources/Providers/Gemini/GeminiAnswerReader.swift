import Chat
import JSON

/// Reads answers and the chunks of streams, which have one form (spec/wire/gemini.md §§3, 7). Finish reasons are kept back
/// to the end, since some versions of the service repeat them in every chunk.
struct GeminiAnswerReader {
    private var hasStarted = false
    private var opened: Set<Int> = []
    private var calls: [Int: Int] = [:]
    private var sealed: [Int: Int] = [:]
    private var reasons: [Int: FinishReason] = [:]
    private var sources: [Int: GeminiSources] = [:]
    private var usage: Usage?

    /// A candidate, or the prompt, has come to its end.
    var isFinished: Bool { !reasons.isEmpty }

    mutating func read(_ root: JSON, into events: inout [ChatEvent]) {
        if !hasStarted {
            hasStarted = true
            events.append(
                .started(
                    AnswerHead(
                        id: root["responseId"]?.string ?? "", model: root["modelVersion"]?.string ?? "", created: 0,
                        serviceTier: Self.tier(root["usageMetadata"]?["serviceTier"]?.string))))
        }
        // Told at once, so that a client that leaves pays what Google counted.
        if let value = root["usageMetadata"], let new = Self.usage(value), new != usage {
            usage = new
            events.append(.usage(new, original: Opaque(.gemini, value)))
        }
        for (position, candidate) in (root["candidates"]?.array ?? []).enumerated() {
            let index = candidate["index"]?.int ?? Int64(position)
            read(candidate, Int(clamping: min(max(0, index), 127)), &events)
        }
        if root["candidates"]?[0] == nil, let reason = root["promptFeedback"]?["blockReason"]?.string {
            open(0, &events)
            let message = root["promptFeedback"]?["blockReasonMessage"]?.string ?? "The prompt was blocked: \(reason)."
            events.append(.refusalDelta(0, sanitized(message, limit: 4096)))
            reasons[0] = .contentFilter
        }
    }

    /// Finish reasons, and before them the pages that no place in the text refers to.
    mutating func finish(into events: inout [ChatEvent]) {
        for (index, reason) in reasons.sorted(by: { $0.key < $1.key }) {
            for page in sources[index]?.rest() ?? [] { events.append(.citation(index, page)) }
            events.append(.finished(index, reason == .stop && calls[index] != nil ? .toolCalls : reason))
        }
    }

    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) {
        if opened.insert(index).inserted { events.append(.choiceStarted(index)) }
    }

    private mutating func read(_ candidate: JSON, _ index: Int, _ events: inout [ChatEvent]) {
        open(index, &events)
        if let result = candidate["logprobsResult"] { events.append(.logprobs(index, Self.logprobs(result))) }
        for part in candidate["content"]?["parts"]?.array ?? [] { take(part, index, &events) }
        for page in sources[index, default: GeminiSources()].read(candidate) { events.append(.citation(index, page)) }
        guard let word = candidate["finishReason"]?.string else { return }
        let reason = Self.finishReason(word)
        reasons[index] = reason
        // What is said in place of a text that was withheld.
        if reason == .contentFilter, sources[index]?.hasText != true, let message = candidate["finishMessage"]?.string {
            events.append(.refusalDelta(index, sanitized(message, limit: 4096)))
        }
    }

    private mutating func take(_ part: JSON, _ index: Int, _ events: inout [ChatEvent]) {
        let signature = part["thoughtSignature"]?.string
        if let call = part["functionCall"] {
            let number = calls[index] ?? 0
            calls[index] = number + 1
            let arguments = String(decoding: (call["args"] ?? [:]).encoded(), as: UTF8.self)
            let made = ToolCall(
                id: call["id"]?.string ?? "", name: call["name"]?.string ?? "", arguments: arguments,
                thoughtSignature: signature)
            return events.append(.toolCallStarted(index, index: number, made))
        }
        if let text = part["text"]?.string, !text.isEmpty {
            if part["thought"]?.bool == true {
                events.append(.reasoningDelta(index, text))
            } else {
                write(text, index, &events)
            }
        }
        if let data = part["inlineData"], let type = data["mimeType"]?.string, let bytes = data["data"]?.string {
            events.append(.image(index, .base64(type: type, data: bytes)))
        }
        if let code = part["executableCode"]?["code"]?.string {
            write("\n```python\n\(code)\n```\n", index, &events)
        }
        if let output = part["codeExecutionResult"]?["output"]?.string {
            write("\n```\n\(output)\n```\n", index, &events)
        }
        if let signature {
            let number = sealed[index] ?? 0
            sealed[index] = number + 1
            events.append(
                .reasoningSealed(index, Reasoning(text: "", signature: signature, format: .gemini, index: number)))
        }
    }

    private mutating func write(_ text: String, _ index: Int, _ events: inout [ChatEvent]) {
        sources[index, default: GeminiSources()].write(text)
        events.append(.textDelta(index, text))
    }

    /// Google's two lists as OpenAI's one.
    private static func logprobs(_ result: JSON) -> JSON {
        func token(_ candidate: JSON) -> JSONObject {
            let text = candidate["token"]?.string ?? ""
            return [
                "token": .string(text), "logprob": candidate["logProbability"] ?? 0,
                "bytes": .array(text.utf8.map { .int(Int($0)) }),
            ]
        }
        let top = result["topCandidates"]?.array ?? []
        let chosen = (result["chosenCandidates"]?.array ?? []).enumerated().map { place, candidate in
            var entry = token(candidate)
            let others = top.indices.contains(place) ? top[place]["candidates"]?.array ?? [] : []
            entry.append("top_logprobs", .array(others.map { .object(token($0)) }))
            return JSON.object(entry)
        }
        return ["content": .array(chosen), "refusal": .null]
    }

    private static func finishReason(_ word: String) -> FinishReason {
        switch word {
        case "MAX_TOKENS": .length
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR":
            .contentFilter
        case "STOP", "FINISH_REASON_UNSPECIFIED", "": .stop
        // Malformed calls and the like are no clean end.
        default: .other(word.lowercased())
        }
    }

    private static func tier(_ word: String?) -> String? { word == "standard" ? "default" : word }

    /// Thoughts are counted apart from what is seen; what server tools read, apart from the prompt.
    /// - Returns: `nil` where nothing was counted, as where a prompt was blocked early.
    private static func usage(_ value: JSON) -> Usage? {
        func given(_ name: String) -> Int64? { value[name]?.int.map { min(max(0, $0), Usage.most) } }
        func number(_ name: String) -> Int64 { given(name) ?? 0 }
        func tokens(_ list: String, _ modality: String) -> Int64 {
            (value[list]?.array ?? []).reduce(0) { sum, item in
                item["modality"]?.string == modality ? sum + min(max(0, item["tokenCount"]?.int ?? 0), Usage.most) : sum
            }
        }
        let completion = number("candidatesTokenCount") + number("thoughtsTokenCount")
        let tools = number("toolUsePromptTokenCount")
        guard
            let prompt = given("promptTokenCount") ?? given("totalTokenCount").map({ max(0, $0 - completion - tools) })
        else { return nil }
        var usage = Usage(
            promptTokens: prompt + tools, completionTokens: completion,
            cachedTokens: number("cachedContentTokenCount"), reasoningTokens: number("thoughtsTokenCount"),
            audioPromptTokens: tokens("promptTokensDetails", "AUDIO"),
            audioCompletionTokens: tokens("candidatesTokensDetails", "AUDIO"))
        usage.imagePromptTokens = tokens("promptTokensDetails", "IMAGE")
        return usage
    }
}
