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
        let cached = prompt?["cached_tokens"] ?? value["prompt_cache_hit_tokens"] ?? value["cached_tokens"]
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
        if isChat { usage.fill(upTo: number(value["total_tokens"])) }
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

extension Usage {
    /// Charges what the total of a chat has beyond prompt and completion. OpenAI's total has nothing else in it; elsewhere
    /// it is most often thoughts that stand beside the completion, as at xAI and Google.
    fileprivate mutating func fill(upTo total: Int64) {
        let gap = total.minus(totalTokens)
        guard gap > 0 else { return }
        // A prompt that is not told, or that the cached part of it is not contained in, is what the total has besides.
        if promptTokens == 0 || cachedTokens.plus(cacheWriteTokens) > promptTokens {
            promptTokens = min(promptTokens.plus(gap), Usage.most)
            return
        }
        // What came from the cache is counted twice.
        if reasoningTokens == 0, gap == cachedTokens.plus(cacheWriteTokens) { return }
        // Thoughts that are fewer than the completion and more than the gap are part of the completion. What they do not
        // explain was read and not written: pages of a search, results of the upstream's own tools.
        let areInside = reasoningTokens > gap && reasoningTokens <= completionTokens
        let thoughts = reasoningTokens == 0 ? gap : areInside ? 0 : min(gap, reasoningTokens)
        completionTokens = min(completionTokens.plus(thoughts), Usage.most)
        reasoningTokens = max(reasoningTokens, thoughts)
        promptTokens = min(promptTokens.plus(gap.minus(thoughts)), Usage.most)
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
