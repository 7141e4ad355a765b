/// The price factors of one request.
package struct Rates: Sendable, Equatable {
    package let model: Ratio
    package let completion: Ratio
    package let group: Ratio
    /// Price of a cached prompt token relative to an ordinary one.
    package let cached: Ratio
    /// Nobody has set a price for this model; `model` is the fallback.
    package let isDefaultPrice: Bool
    /// What every log row says; made once for all requests at these rates.
    private let text: String

    package init(
        model: Ratio, completion: Ratio = .one, group: Ratio = .one, cached: Ratio = .one, isDefaultPrice: Bool = false
    ) {
        self.model = model
        self.completion = completion
        self.group = group
        self.cached = cached
        self.isDefaultPrice = isDefaultPrice
        text = "倍率：\(model.twoDecimals) × \(group.twoDecimals) × \(completion.twoDecimals)"
    }
}

/// Tokens to charge for.
package struct ChargedUsage: Sendable, Equatable {
    package var promptTokens: Int64
    package var completionTokens: Int64
    /// Part of `promptTokens`.
    package var cachedTokens: Int64

    package init(promptTokens: Int64, completionTokens: Int64, cachedTokens: Int64 = 0) {
        self.promptTokens = max(0, promptTokens)
        self.completionTokens = max(0, completionTokens)
        self.cachedTokens = min(max(0, cachedTokens), self.promptTokens)
    }
}

extension Rates {
    /// `ceil((prompt + completion × completion ratio) × model ratio × group ratio)`, at least 1 for any token at a price
    /// above zero (spec/billing.md §3.2); exact, and saturating where a hostile count would overflow.
    package func quota(for usage: ChargedUsage) -> Int64 {
        guard usage.promptTokens + usage.completionTokens > 0 else { return 0 }
        return charge(
            promptUnits: Int128(usage.promptTokens - usage.cachedTokens) * Int128(Ratio.scale)
                + Int128(usage.cachedTokens) * Int128(cached.units),
            completionTokens: usage.completionTokens)
    }

    /// What to set aside before the upstream is asked.
    /// - Parameters:
    ///   - maxCompletionTokens: what the client allows in all; `nil` sets `allowance` tokens aside instead.
    package func estimate(promptTokens: Int64, maxCompletionTokens: Int64?, allowance: Int64) -> Int64 {
        let prompt = Int128(promptTokens) * Int128(Ratio.scale)
        guard let maxCompletionTokens else {
            return charge(promptUnits: prompt + Int128(allowance) * Int128(Ratio.scale), completionTokens: 0)
        }
        return charge(promptUnits: prompt, completionTokens: maxCompletionTokens)
    }

    private func charge(promptUnits: Int128, completionTokens: Int64) -> Int64 {
        let tokens = promptUnits + Int128(completionTokens) * Int128(completion.units)
        let (first, overflow) = tokens.multipliedReportingOverflow(by: Int128(model.units))
        let (second, overflowAgain) = first.multipliedReportingOverflow(by: Int128(group.units))
        guard !overflow, !overflowAgain else { return .max / 4 }
        let scale = Int128(Ratio.scale) * Int128(Ratio.scale) * Int128(Ratio.scale)
        let quota = (second + scale - 1) / scale
        if quota == 0, model.units > 0, group.units > 0 { return 1 }
        return Int64(clamping: min(quota, Int128(Int64.max / 4)))
    }

    /// The log row's text (spec/billing.md §7), with our remarks behind it.
    package func logText(cachedTokens: Int64, isEstimated: Bool, note: String? = nil) -> String {
        var text = text
        if cachedTokens > 0, cached != .one { text += "，缓存 \(cachedTokens) × \(cached.twoDecimals)" }
        if isEstimated { text += "（用量由网关计算 / usage counted by the gateway）" }
        if let note { text += "（\(note)）" }
        return text
    }
}
