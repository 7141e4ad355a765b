import Chat
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct EstimateTests {
    private static func ratio(_ units: Int64) -> Ratio { Ratio(units: units * Ratio.scale) }

    @Test("an estimate counts the answer at the completion's price and the prompt at its ceiling")
    func estimate() {
        let rates = Rates(model: .one, completion: Self.ratio(4))
        #expect(rates.estimate(promptTokens: 10, maxCompletionTokens: 5, allowance: 0) == 30)
        #expect(
            rates.estimate(promptTokens: 10, promptCeiling: Self.ratio(2), maxCompletionTokens: 5, allowance: 0) == 40)
        // If the client sets no limit, the allowance is reserved as it is.
        #expect(rates.estimate(promptTokens: 10, maxCompletionTokens: nil, allowance: 500) == 510)
        let group = Rates(model: Self.ratio(3), completion: Self.ratio(4), group: Self.ratio(2))
        #expect(group.estimate(promptTokens: 10, maxCompletionTokens: 5, allowance: 0) == 180)
    }

    @Test("an answer that may contain audio is estimated at the higher of both prices")
    func speaks() {
        var parts = PartRatios(audioCompletion: Self.ratio(8))
        let rates = Rates(model: .one, completion: Self.ratio(4), parts: parts)
        #expect(rates.estimate(promptTokens: 0, maxCompletionTokens: 5, speaks: true, allowance: 0) == 40)
        #expect(rates.estimate(promptTokens: 0, maxCompletionTokens: 5, speaks: false, allowance: 0) == 20)
        parts.audioCompletion = .one
        let cheap = Rates(model: .one, completion: Self.ratio(4), parts: parts)
        #expect(cheap.estimate(promptTokens: 0, maxCompletionTokens: 5, speaks: true, allowance: 0) == 20)
    }

    @Test("a prompt's ceiling is the price of the dearest kind of token that it may have")
    func ceiling() {
        var parts = PartRatios(cached: .zero, audioCompletion: .one)
        (parts.cacheWrite, parts.longCacheWrite, parts.audioPrompt) = (Self.ratio(2), Self.ratio(3), Self.ratio(10))
        #expect(parts.promptCeiling(writesCache: false, hasAudio: false) == .one)
        #expect(parts.promptCeiling(writesCache: true, hasAudio: false) == Self.ratio(3))
        #expect(parts.promptCeiling(writesCache: false, hasAudio: true) == Self.ratio(10))
        #expect(parts.promptCeiling(writesCache: true, hasAudio: true) == Self.ratio(10))
        parts.longCacheWrite = .one
        #expect(parts.promptCeiling(writesCache: true, hasAudio: false) == Self.ratio(2))
    }

    @Test("any use at a price above zero costs at least one, even if its kind of token is free")
    func minimum() {
        let tiny = Rates(model: Ratio(units: 1), completion: .one)
        #expect(tiny.quota(for: ChargedUsage(Usage(promptTokens: 1, completionTokens: 0))) == 1)
        let freeAnswer = Rates(model: .one, completion: .zero)
        #expect(freeAnswer.quota(for: ChargedUsage(Usage(promptTokens: 0, completionTokens: 5))) == 1)
        #expect(freeAnswer.quota(for: ChargedUsage(Usage())) == 0)
        for free in [Rates(model: .zero), Rates(model: .one, group: .zero)] {
            #expect(free.quota(for: ChargedUsage(Usage(promptTokens: 100, completionTokens: 5))) == 0)
        }
    }

    @Test("a charge grows with its tokens up to the largest possible charge")
    func monotone() {
        // A token costs a hundred million, and 1,702 tokens exceed 128 bits before the product is scaled down.
        let rates = Rates(model: Self.ratio(10_000), group: Self.ratio(10_000))
        for tokens: Int64 in [1, 1000, 1701, 1702, 1703, 100_000, 11_258_999, 11_259_000, 1 << 40, .max] {
            let expected = tokens > 11_258_999 ? Rates.mostQuota : tokens * 100_000_000
            #expect(rates.quota(for: ChargedUsage(Usage(promptTokens: tokens))) == expected)
            #expect(rates.estimate(promptTokens: tokens, maxCompletionTokens: 0, allowance: 0) == expected)
            var pictures = ImagePrice(model: "m", count: 1, size: nil, quality: nil)
            pictures.factor = Ratio(units: tokens)
            // A picture costs a hundred for each billionth of its factor.
            #expect(rates.quota(for: pictures) == min(Rates.mostQuota, Int64(clamping: Int128(tokens) * 100)))
        }
        // The smallest fraction is rounded up, even if the product exceeds 128 bits.
        let traces = Rates(model: Ratio(units: 10_000 * Ratio.scale + 1), group: Self.ratio(10_000))
        #expect(traces.quota(for: ChargedUsage(Usage(promptTokens: 5000))) == 500_000_000_001)
        #expect(
            Rates(model: .zero, group: Self.ratio(1 << 30)).quota(for: ChargedUsage(Usage(promptTokens: .max))) == 0)
    }

    @Test("counts and ratios of any size give an estimate, and none exceeds the largest possible charge")
    func extremes() {
        let dearest = Ratio(units: 1_000_000_000 * Ratio.scale)
        let rates = Rates(
            model: dearest, completion: dearest, group: dearest, parts: PartRatios(audioCompletion: dearest))
        for tokens: Int64 in [1, 1 << 40, .max] {
            let estimate = rates.estimate(
                promptTokens: tokens, promptCeiling: dearest, maxCompletionTokens: tokens, speaks: true, allowance: .max
            )
            #expect(estimate == Rates.mostQuota)
            #expect(
                rates.estimate(promptTokens: tokens, promptCeiling: dearest, maxCompletionTokens: nil, allowance: .max)
                    == Rates.mostQuota)
        }
    }
}
