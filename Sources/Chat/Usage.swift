import Arithmetic

/// Tokens of one answer. Kinds that a provider does not report are 0; parts are contained in their total.
package struct Usage: Sendable, Equatable {
    package var promptTokens: Int64
    package var completionTokens: Int64
    /// Part of `promptTokens`, read from the provider's cache.
    package var cachedTokens: Int64
    /// Part of `promptTokens`, written to the provider's cache.
    package var cacheWriteTokens: Int64
    /// Part of `cacheWriteTokens`, to be kept for an hour.
    package var longCacheWriteTokens: Int64 = 0
    /// Part of `completionTokens`.
    package var reasoningTokens: Int64
    package var audioPromptTokens: Int64
    package var audioCompletionTokens: Int64
    /// Part of `promptTokens`.
    package var imagePromptTokens: Int64 = 0
    /// Part of `completionTokens`, where pictures have a price of their own.
    package var imageCompletionTokens: Int64 = 0
    /// Parts of `completionTokens`: a given prediction that came true, and that did not.
    package var acceptedPredictionTokens: Int64 = 0
    package var rejectedPredictionTokens: Int64 = 0
    /// Counted by us, since the provider did not say.
    package var isEstimated: Bool

    package init(
        promptTokens: Int64 = 0, completionTokens: Int64 = 0, cachedTokens: Int64 = 0, cacheWriteTokens: Int64 = 0,
        reasoningTokens: Int64 = 0, audioPromptTokens: Int64 = 0, audioCompletionTokens: Int64 = 0,
        isEstimated: Bool = false
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.reasoningTokens = reasoningTokens
        self.audioPromptTokens = audioPromptTokens
        self.audioCompletionTokens = audioCompletionTokens
        self.isEstimated = isEstimated
    }

    /// No counter of an upstream's is believed beyond this, so that sums and prices stay in range.
    package static let most: Int64 = 1 << 40

    package var totalTokens: Int64 { promptTokens.plus(completionTokens) }

    /// Both together, as where each picture of an answer tells its own.
    package func adding(_ other: Usage) -> Usage {
        var sum = self
        for part in Self.counters { sum[keyPath: part] = self[keyPath: part].plus(other[keyPath: part]) }
        sum.isEstimated = isEstimated || other.isEstimated
        return sum
    }

    private static var counters: [WritableKeyPath<Usage, Int64>] {
        [
            \.promptTokens, \.completionTokens, \.cachedTokens, \.cacheWriteTokens, \.longCacheWriteTokens,
            \.reasoningTokens, \.audioPromptTokens, \.audioCompletionTokens, \.imagePromptTokens,
            \.imageCompletionTokens, \.acceptedPredictionTokens, \.rejectedPredictionTokens,
        ]
    }
}
