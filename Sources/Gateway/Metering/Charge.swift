import Arithmetic
package import Chat

/// The price factors of one request.
package struct Rates: Sendable, Equatable {
    package let model: Ratio
    package let completion: Ratio
    package let group: Ratio
    package let parts: PartRatios
    /// Whether nobody has set a price for this model, so that `model` is the fallback.
    package let isDefaultPrice: Bool
    /// Whether the user's group is missing in `GroupRatio`, so that `group` is 1 (spec/billing.md §2).
    package let lacksGroupRatio: Bool
    /// The text that every log row with these rates begins with. It is made only once.
    private let text: String

    package init(
        model: Ratio, completion: Ratio = .one, group: Ratio = .one, parts: PartRatios? = nil,
        isDefaultPrice: Bool = false, lacksGroupRatio: Bool = false
    ) {
        self.model = model
        self.completion = completion
        self.group = group
        self.parts = parts ?? PartRatios(audioCompletion: completion)
        self.isDefaultPrice = isDefaultPrice
        self.lacksGroupRatio = lacksGroupRatio
        text = "倍率：\(model.twoDecimals) × \(group.twoDecimals) × \(completion.twoDecimals)"
    }
}

/// The prices of special kinds of tokens, relative to an ordinary token of the prompt.
package struct PartRatios: Sendable, Equatable {
    package var cached = Ratio.one
    package var cacheWrite = Ratio.one
    /// The price of tokens that are written to the cache for an hour.
    package var longCacheWrite = Ratio.one
    package var audioPrompt = Ratio.one
    package var audioCompletion = Ratio.one
    package var imagePrompt = Ratio.one
    package var imageCompletion = Ratio.one
    /// The price of a whole picture, relative to a thousand tokens.
    package var picture = Ratio.one

    package init(cached: Ratio = .one, audioCompletion: Ratio) {
        self.cached = cached
        self.audioCompletion = audioCompletion
        imageCompletion = audioCompletion
    }

    /// The most that a token of the prompt can cost if the body has these kinds of tokens.
    func promptCeiling(writesCache: Bool, hasAudio: Bool) -> Ratio {
        var units = Ratio.scale
        if writesCache { units = max(units, cacheWrite.units, longCacheWrite.units) }
        if hasAudio { units = max(units, audioPrompt.units) }
        return Ratio(units: units)
    }
}

/// The tokens to charge. Each token counts in one kind only.
package struct ChargedUsage: Sendable, Equatable {
    package private(set) var prompt: Int64
    package private(set) var cached: Int64
    package private(set) var cacheWrites: Int64
    package private(set) var longCacheWrites: Int64
    package private(set) var audioPrompt: Int64
    package private(set) var completion: Int64
    package private(set) var audioCompletion: Int64
    package private(set) var imagePrompt: Int64
    package private(set) var imageCompletion: Int64

    /// Takes the parts out of their totals. A part cannot be larger than its total.
    package init(_ usage: Usage) {
        prompt = max(0, usage.promptTokens)
        completion = max(0, usage.completionTokens)
        func take(_ part: Int64, from total: inout Int64) -> Int64 {
            let taken = min(max(0, part), total)
            total -= taken
            return taken
        }
        cached = take(usage.cachedTokens, from: &prompt)
        var writes = take(usage.cacheWriteTokens, from: &prompt)
        longCacheWrites = take(usage.longCacheWriteTokens, from: &writes)
        cacheWrites = writes
        audioPrompt = take(usage.audioPromptTokens, from: &prompt)
        audioCompletion = take(usage.audioCompletionTokens, from: &completion)
        imagePrompt = take(usage.imagePromptTokens, from: &prompt)
        imageCompletion = take(usage.imageCompletionTokens, from: &completion)
    }

    var isNothing: Bool {
        prompt == 0 && cached == 0 && cacheWrites == 0 && longCacheWrites == 0 && audioPrompt == 0 && completion == 0
            && audioCompletion == 0 && imagePrompt == 0 && imageCompletion == 0
    }
}

extension Rates {
    /// `ceil((prompt + completion × completion ratio) × model ratio × group ratio)`, at least 1 for any token at a
    /// price above zero (spec/billing.md §3.2). It is exact, and limited where a hostile count would overflow.
    package func quota(for usage: ChargedUsage) -> Int64 {
        guard !usage.isNothing else { return 0 }
        func units(_ tokens: Int64, _ ratio: Ratio) -> Int128 { Int128(tokens) * Int128(ratio.units) }
        return charge(
            units: units(usage.prompt, .one) + units(usage.cached, parts.cached)
                + units(usage.cacheWrites, parts.cacheWrite) + units(usage.longCacheWrites, parts.longCacheWrite)
                + units(usage.audioPrompt, parts.audioPrompt) + units(usage.completion, completion)
                + units(usage.audioCompletion, parts.audioCompletion) + units(usage.imagePrompt, parts.imagePrompt)
                + units(usage.imageCompletion, parts.imageCompletion))
    }

    /// The quota to reserve before the upstream is asked.
    /// - Parameters:
    ///   - promptCeiling: the most that a token of the prompt can cost.
    ///   - maxCompletionTokens: the client's limit for all answers; `nil` reserves `allowance` tokens instead.
    ///   - speaks: whether the answer may be audio.
    package func estimate(
        promptTokens: Int64, promptCeiling: Ratio = .one, maxCompletionTokens: Int64?, speaks: Bool = false,
        allowance: Int64
    ) -> Int64 {
        let prompt = Int128(promptTokens) * Int128(promptCeiling.units)
        guard let maxCompletionTokens else {
            return charge(units: prompt + Int128(allowance) * Int128(Ratio.scale))
        }
        let ratio = speaks ? max(completion.units, parts.audioCompletion.units) : completion.units
        return charge(units: prompt + Int128(maxCompletionTokens) * Int128(ratio))
    }

    /// The most that one answer can cost (two billion dollars). A larger count from an upstream is an error.
    static let mostQuota: Int64 = 1 << 50

    /// - Parameter units: the sum of tokens times their ratios.
    private func charge(units: Int128) -> Int64 {
        let price = price
        let (quota, isExact) = UInt128(clamping: units).scaled(by: price, over: Self.scale)
        let charged = min(Self.mostQuota, Int64(clamping: quota).plus(isExact ? 0 : 1))
        return charged == 0 && price > 0 ? 1 : charged
    }

    /// The product of model ratio and group ratio. Two 64-bit numbers cannot overflow it.
    var price: UInt128 { UInt128(clamping: model.units).times(UInt128(clamping: group.units)) }

    /// The scale of a product of three ratios.
    static let scale: UInt128 = 1_000_000_000_000_000_000_000_000_000

    /// The text of the log row (spec/billing.md §7), followed by our remarks.
    package func logText(_ usage: ChargedUsage? = nil, isEstimated: Bool, remarks: [String] = []) -> String {
        var text = text
        if let usage {
            let kinds: [(String, Int64, Ratio)] = [
                ("缓存", usage.cached, parts.cached), ("缓存写入", usage.cacheWrites, parts.cacheWrite),
                ("缓存写入 1h", usage.longCacheWrites, parts.longCacheWrite),
                ("音频输入", usage.audioPrompt, parts.audioPrompt),
                ("音频输出", usage.audioCompletion, parts.audioCompletion),
                ("图片输入", usage.imagePrompt, parts.imagePrompt), ("图片输出", usage.imageCompletion, parts.imageCompletion),
            ]
            for (name, tokens, ratio) in kinds where tokens > 0 && ratio != .one {
                text += "，\(name) \(tokens) × \(ratio.twoDecimals)"
            }
        }
        if isEstimated { text += "（用量由网关计算 / usage counted by the gateway）" }
        for remark in remarks { text += "（\(remark)）" }
        return text
    }
}
