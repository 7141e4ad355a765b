import Chat
import JSON

/// Reads answers and the chunks of streams, which have one form (spec/wire/gemini.md §§3, 7). Finish reasons are kept back
/// to the end, since some versions of the service repeat them in every chunk.
struct GeminiAnswerReader {
    private var hasStarted = false
    private var opened: Set<Int> = []
    private var calls: [Int: Int] = [:]
    private var reasons: [Int: FinishReason] = [:]
    private var usage: JSON?

    /// A candidate, or the prompt, has come to its end.
    var isFinished: Bool { !reasons.isEmpty }

    mutating func read(_ root: JSON, into events: inout [ChatEvent]) {
        if !hasStarted {
            hasStarted = true
            events.append(
                .started(
                    AnswerHead(
                        id: root["responseId"]?.string ?? "", model: root["modelVersion"]?.string ?? "", created: 0)))
        }
        if let usage = root["usageMetadata"], usage.object != nil { self.usage = usage }
        for (position, candidate) in (root["candidates"]?.array ?? []).enumerated() {
            let index = candidate["index"]?.int ?? Int64(position)
            read(candidate, Int(clamping: min(max(0, index), 127)), &events)
        }
        if root["candidates"]?[0] == nil, let reason = root["promptFeedback"]?["blockReason"]?.string {
            open(0, &events)
            let message = root["promptFeedback"]?["blockReasonMessage"]?.string ?? "The prompt was blocked: \(reason)."
            events.append(.refusalDelta(0, message))
            reasons[0] = .contentFilter
        }
    }

    /// Usage and finish reasons.
    mutating func finish(into events: inout [ChatEvent]) {
        if let usage { events.append(Self.event(usage)) }
        for (index, reason) in reasons.sorted(by: { $0.key < $1.key }) {
            events.append(.finished(index, reason == .stop && calls[index] != nil ? .toolCalls : reason))
        }
    }

    /// What is known so far of a stream that broke off.
    mutating func usageSoFar(into events: inout [ChatEvent]) {
        if let usage { events.append(Self.event(usage)) }
    }

    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) {
        if opened.insert(index).inserted { events.append(.choiceStarted(index)) }
    }

    private mutating func read(_ candidate: JSON, _ index: Int, _ events: inout [ChatEvent]) {
        open(index, &events)
        if let result = candidate["logprobsResult"] { events.append(.logprobs(index, Self.logprobs(result))) }
        for part in candidate["content"]?["parts"]?.array ?? [] { take(part, index, &events) }
        for chunk in candidate["groundingMetadata"]?["groundingChunks"]?.array ?? [] {
            guard let url = chunk["web"]?["uri"] else { continue }
            let page: JSON = [
                "url": url, "title": chunk["web"]?["title"] ?? "", "start_index": 0, "end_index": 0,
            ]
            events.append(.citation(index, Opaque(.openAI, ["type": "url_citation", "url_citation": page])))
        }
        if let word = candidate["finishReason"]?.string { reasons[index] = Self.finishReason(word) }
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
            events.append(part["thought"]?.bool == true ? .reasoningDelta(index, text) : .textDelta(index, text))
        }
        if let data = part["inlineData"], let type = data["mimeType"]?.string, let bytes = data["data"]?.string {
            events.append(.image(index, .base64(type: type, data: bytes)))
        }
        if let code = part["executableCode"]?["code"]?.string {
            events.append(.textDelta(index, "\n```python\n\(code)\n```\n"))
        }
        if let output = part["codeExecutionResult"]?["output"]?.string {
            events.append(.textDelta(index, "\n```\n\(output)\n```\n"))
        }
        if let signature {
            events.append(.reasoningSealed(index, Reasoning(text: "", signature: signature, format: .gemini)))
        }
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
        let chosen = (result["chosenCandidates"]?.array ?? []).enumerated().map { place, candidate in
            var entry = token(candidate)
            let others = result["topCandidates"]?[place]?["candidates"]?.array ?? []
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
        default: .stop
        }
    }

    /// Thoughts are counted apart from what is seen; what server tools read, apart from the prompt.
    private static func event(_ value: JSON) -> ChatEvent {
        func number(_ name: String) -> Int64 { min(max(0, value[name]?.int ?? 0), Usage.most) }
        func tokens(_ list: String, _ modality: String) -> Int64 {
            (value[list]?.array ?? []).reduce(0) { sum, item in
                item["modality"]?.string == modality ? sum + min(max(0, item["tokenCount"]?.int ?? 0), Usage.most) : sum
            }
        }
        var usage = Usage(
            promptTokens: number("promptTokenCount") + number("toolUsePromptTokenCount"),
            completionTokens: number("candidatesTokenCount") + number("thoughtsTokenCount"),
            cachedTokens: number("cachedContentTokenCount"), reasoningTokens: number("thoughtsTokenCount"),
            audioPromptTokens: tokens("promptTokensDetails", "AUDIO"),
            audioCompletionTokens: tokens("candidatesTokensDetails", "AUDIO"))
        usage.imagePromptTokens = tokens("promptTokensDetails", "IMAGE")
        return .usage(usage, original: Opaque(.gemini, value))
    }
}
