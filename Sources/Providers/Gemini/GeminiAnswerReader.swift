import Arithmetic
import Chat
import JSON

/// Reads answers and the chunks of streams, which have one form (spec/wire/gemini.md §§3, 7). Finish reasons are kept back
/// to the end, since some versions of the service repeat them in every chunk.
struct GeminiAnswerReader {
    /// What is known of one of the answers.
    fileprivate struct Candidate {
        let index: Int
        var calls = 0
        /// Signatures that stood apart from calls.
        var sealed = 0
        var reason: FinishReason?
        var sources = GeminiSources()
    }

    private var hasStarted = false
    private var candidates: [Candidate] = []
    private var usage: Usage?

    /// A candidate, or the prompt, has come to its end.
    var isFinished: Bool { candidates.contains { $0.reason != nil } }

    mutating func read(_ root: LazyJSON, into events: inout [ChatEvent]) {
        let metadata = root["usageMetadata"]
        if !hasStarted {
            hasStarted = true
            events.append(
                .started(
                    AnswerHead(
                        id: root["responseId"]?.string ?? "", model: root["modelVersion"]?.string ?? "", created: 0,
                        serviceTier: Self.tier(metadata?["serviceTier"]?.string))))
        }
        // Told at once, so that a client that leaves pays what Google counted.
        if let metadata, let new = Self.usage(metadata), new != usage {
            usage = new
            events.append(.usage(new, original: nil))
        }
        let found = root["candidates"]?.array ?? []
        for (position, candidate) in found.enumerated() {
            let index = Int(clamping: min(max(0, candidate["index"]?.int ?? Int64(position)), 127))
            let place = open(index, &events)
            candidates[place].read(candidate, &events)
        }
        if found.isEmpty, let feedback = root["promptFeedback"], let reason = feedback["blockReason"]?.string {
            let message = feedback["blockReasonMessage"]?.string ?? "The prompt was blocked: \(reason)."
            let place = open(0, &events)
            events.append(.refusalDelta(0, sanitized(message, limit: 4096)))
            candidates[place].reason = .contentFilter
        }
    }

    /// Finish reasons, and before them the pages that no place in the text refers to.
    mutating func finish(into events: inout [ChatEvent]) {
        for place in candidates.indices.sorted(by: { candidates[$0].index < candidates[$1].index }) {
            let candidate = candidates[place]
            guard let reason = candidate.reason else { continue }
            for page in candidates[place].sources.rest() { events.append(.citation(candidate.index, page)) }
            events.append(.finished(candidate.index, reason == .stop && candidate.calls > 0 ? .toolCalls : reason))
        }
    }

    /// Where a candidate is kept.
    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) -> Int {
        if let place = candidates.firstIndex(where: { $0.index == index }) { return place }
        candidates.append(Candidate(index: index))
        events.append(.choiceStarted(index))
        return candidates.count - 1
    }
}

extension GeminiAnswerReader.Candidate {
    fileprivate mutating func read(_ candidate: LazyJSON, _ events: inout [ChatEvent]) {
        if let result = candidate["logprobsResult"] {
            events.append(.logprobs(index, GeminiAnswerReader.logprobs(result)))
        }
        for part in candidate["content"]?["parts"]?.array ?? [] { take(part, &events) }
        for page in sources.read(candidate) { events.append(.citation(index, page)) }
        guard let word = candidate["finishReason"]?.string else { return }
        let reason = GeminiAnswerReader.finishReason(word)
        self.reason = reason
        // What is said in place of a text that was withheld.
        if reason == .contentFilter, !sources.hasText, let message = candidate["finishMessage"]?.string {
            events.append(.refusalDelta(index, sanitized(message, limit: 4096)))
        }
    }

    private mutating func take(_ part: LazyJSON, _ events: inout [ChatEvent]) {
        let signature = part["thoughtSignature"]?.string
        if let call = part["functionCall"] {
            let arguments = CallArguments.text(call["args"])
            let made = ToolCall(
                id: call["id"]?.string ?? "", name: call["name"]?.string ?? "",
                arguments: arguments.isEmpty ? "{}" : arguments, thoughtSignature: signature)
            events.append(.toolCallStarted(index, index: calls, made))
            calls += 1
            return
        }
        if let text = part["text"]?.string, !text.isEmpty {
            if part["thought"]?.bool == true {
                events.append(.reasoningDelta(index, text))
            } else {
                write(text, &events)
            }
        }
        if let data = part["inlineData"], let bytes = data["data"]?.string {
            // Drafts of a picture are thoughts; the answer's own comes after them.
            guard part["thought"]?.bool != true else { return }
            let media = Media(base64: bytes, declared: data["mimeType"]?.string ?? "")
            events.append(.image(index, media, thoughtSignature: signature))
            return
        }
        if let code = part["executableCode"]?["code"]?.string { write("\n```python\n\(code)\n```\n", &events) }
        if let output = part["codeExecutionResult"]?["output"]?.string { write("\n```\n\(output)\n```\n", &events) }
        if let signature {
            events.append(
                .reasoningSealed(index, Reasoning(text: "", signature: signature, format: .gemini, index: sealed)))
            sealed += 1
        }
    }

    private mutating func write(_ text: String, _ events: inout [ChatEvent]) {
        sources.write(text)
        events.append(.textDelta(index, text))
    }
}

extension GeminiAnswerReader {
    /// Google's two lists as OpenAI's one.
    fileprivate static func logprobs(_ result: LazyJSON) -> JSON {
        func token(_ candidate: LazyJSON) -> JSONObject {
            let text = candidate["token"]?.string ?? ""
            let probability = candidate["logProbability"]
            return [
                "token": .string(text), "logprob": probability?.double == nil ? 0 : probability?.json ?? 0,
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

    fileprivate static func finishReason(_ word: String) -> FinishReason {
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
    private static func usage(_ value: LazyJSON) -> Usage? {
        func given(_ name: StaticString) -> Int64? { value[name]?.int.map { min(max(0, $0), Usage.most) } }
        func number(_ name: StaticString) -> Int64 { given(name) ?? 0 }
        func tokens(_ list: StaticString, _ modality: String) -> Int64 {
            (value[list]?.array ?? []).reduce(0) { sum, item in
                guard item["modality"]?.string == modality else { return sum }
                return min(sum.plus(max(0, item["tokenCount"]?.int ?? 0)), Usage.most)
            }
        }
        let completion = min(number("candidatesTokenCount").plus(number("thoughtsTokenCount")), Usage.most)
        let tools = number("toolUsePromptTokenCount")
        guard
            let prompt = given("promptTokenCount")
                ?? given("totalTokenCount").map({ max(0, $0.minus(completion).minus(tools)) })
        else { return nil }
        var usage = Usage(
            promptTokens: min(prompt.plus(tools), Usage.most), completionTokens: completion,
            cachedTokens: number("cachedContentTokenCount"), reasoningTokens: number("thoughtsTokenCount"),
            audioPromptTokens: tokens("promptTokensDetails", "AUDIO"),
            audioCompletionTokens: tokens("candidatesTokensDetails", "AUDIO"))
        usage.imagePromptTokens = tokens("promptTokensDetails", "IMAGE")
        usage.fill(upTo: number("totalTokenCount"))
        return usage
    }
}
