import Arithmetic
package import Chat
package import JSON

/// Where answers of OpenAI's format tell what they cost.
extension OpenAIAnswer {
    /// Reads a `usage` object; `nil` if it is absent or all zero. DeepSeek's and Moonshot's words for cached tokens are
    /// understood too.
    package static func usage(_ value: JSONView?) -> Usage? { value.flatMap { read($0, isChat: false) } }

    /// The same for a chat, whose total may have more in it than prompt and completion.
    static func chatUsage(_ value: JSONView?) -> Usage? { value.flatMap { read($0, isChat: true) } }
    static func chatUsage(_ value: LazyJSON) -> Usage? { read(value, isChat: true) }

    private static func read<Value: Counters>(_ value: Value, isChat: Bool) -> Usage? {
        guard value.isObject else { return nil }
        let prompt = value["prompt_tokens_details"]
        let completion = value["completion_tokens_details"]
        func given(_ value: Value?) -> Value? { value?.double == nil ? nil : value }
        let cached =
            given(prompt?["cached_tokens"]) ?? given(value["prompt_cache_hit_tokens"]) ?? value["cached_tokens"]
        var usage = Usage(
            promptTokens: number(value["prompt_tokens"]), completionTokens: number(value["completion_tokens"]),
            cachedTokens: number(cached), cacheWriteTokens: number(prompt?["cache_write_tokens"]),
            reasoningTokens: number(completion?["reasoning_tokens"]),
            audioPromptTokens: number(prompt?["audio_tokens"]),
            audioCompletionTokens: number(completion?["audio_tokens"]))
        usage.imagePromptTokens = number(prompt?["image_tokens"])
        usage.acceptedPredictionTokens = number(completion?["accepted_prediction_tokens"])
        usage.rejectedPredictionTokens = number(completion?["rejected_prediction_tokens"])
        guard usage.totalTokens > 0 else { return nil }
        if isChat {
            let total = number(value["total_tokens"])
            // Mistral leaves the sound out of the prompt's tokens.
            if number(value["prompt_audio_seconds"]) > 0 {
                usage.fillPrompt(upTo: total)
            } else {
                usage.fill(upTo: total)
            }
        }
        return usage
    }

    /// What no answer can have cost would overflow the sums.
    private static func number<Value: Counters>(_ value: Value?) -> Int64 {
        if let int = value?.int { return min(max(0, int), Usage.most) }
        return value?.double.map { $0 > 0 && $0 < 1e12 ? Int64($0) : 0 } ?? 0
    }

    /// What the choices of a whole answer tell of themselves.
    static func choiceUsage(_ root: JSONView) -> Usage? {
        var told: [Int64: Usage] = [:]
        root["choices"]?.forEachElement { choice in
            guard let counted = chatUsage(choice["usage"]), told.count < mostChoices else { return }
            told[choice["index"]?.int ?? 0] = counted
        }
        return sum(of: told)
    }

    /// What choices come to that tell it each of itself; they share one prompt.
    static func sum(of told: [Int64: Usage]) -> Usage? {
        guard var sum = told.values.first, told.count > 1 else { return told.values.first }
        for other in told.values.dropFirst() {
            let prompt = sum.promptTokens >= other.promptTokens ? sum : other
            sum = sum.adding(other)
            sum.promptTokens = prompt.promptTokens
            (sum.cachedTokens, sum.cacheWriteTokens) = (prompt.cachedTokens, prompt.cacheWriteTokens)
            (sum.audioPromptTokens, sum.imagePromptTokens) = (prompt.audioPromptTokens, prompt.imagePromptTokens)
        }
        return sum
    }
}

/// A JSON value, in either of its two forms, that may hold counters. Of a counter that comes twice, which no vendor does,
/// they take different ones.
private protocol Counters {
    var isObject: Bool { get }
    var int: Int64? { get }
    var double: Double? { get }
    subscript(_ key: StaticString) -> Self? { get }
}

extension JSONView: Counters {}
extension LazyJSON: Counters {}
