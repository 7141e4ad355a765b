import Arithmetic

extension Usage {
    /// Adds what the total of a chat has beyond prompt and completion, so that it is charged. OpenAI's own total has nothing
    /// else in it. At other vendors the rest is mostly reasoning that they report beside the completion, as xAI and Google do.
    package mutating func fill(upTo total: Int64) {
        let gap = total.minus(totalTokens)
        guard gap > 0 else { return }
        let cached = cachedTokens.plus(cacheWriteTokens)
        // The prompt is missing, or it does not include its cached part.
        if promptTokens == 0 || cached > promptTokens { return fillPrompt(upTo: total) }
        // Some totals count the cached part twice.
        if gap == cached, gap != reasoningTokens { return }
        // Reasoning that is less than the completion and more than the gap is part of the completion. A gap that reasoning
        // does not explain was read, and not written: pages of a search, or results of the upstream's own tools.
        let isInside = reasoningTokens > gap && reasoningTokens <= completionTokens
        let reasoning = reasoningTokens == 0 ? gap : isInside ? 0 : min(gap, reasoningTokens)
        completionTokens = min(completionTokens.plus(reasoning), Usage.most)
        reasoningTokens = max(reasoningTokens, reasoning)
        fillPrompt(upTo: total)
    }

    /// Adds the whole rest of the total to the prompt.
    package mutating func fillPrompt(upTo total: Int64) {
        let gap = total.minus(totalTokens)
        if gap > 0 { promptTokens = min(promptTokens.plus(gap), Usage.most) }
    }
}
