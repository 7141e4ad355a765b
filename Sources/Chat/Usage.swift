import Arithmetic

/// The tokens of one answer. A kind that the provider does not report is 0. Parts are included in their total.
package struct Usage: Sendable, Equatable {
    package var promptTokens: Int64
    package var completionTokens: Int64
    /// The part of `promptTokens` that was read from the provider's cache.
    package var cachedTokens: Int64
    /// The part of `promptTokens` that was written to the provider's cache.
    package var cacheWriteTokens: Int64
    /// The part of `cacheWriteTokens` that is kept for an hour.
    package var longCacheWriteTokens: Int64 = 0
    /// The part of `completionTokens` that is reasoning.
    package var reasoningTokens: Int64
    package var audioPromptTokens: Int64
    package var audioCompletionTokens: Int64
    /// The part of `promptTokens` that is pictures.
    package var imagePromptTokens: Int64 = 0
    /// The part of `completionTokens` that is pictures, if they have a price of their own.
    package var imageCompletionTokens: Int64 = 0
    /// The parts of `completionTokens` that a given prediction got right, and got wrong.
    package var acceptedPredictionTokens: Int64 = 0
    package var rejectedPredictionTokens: Int64 = 0
    /// We counted the tokens, because the provider did not report them.
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

    /// The upper limit of an upstream's counter. It keeps sums and prices in range.
    package static let most: Int64 = 1 << 40

    package var totalTokens: Int64 { promptTokens.plus(completionTokens) }

    /// The sum of both, for answers in which each picture reports its own usage.
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
