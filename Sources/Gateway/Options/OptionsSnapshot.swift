import Arithmetic

/// The options that root edits at run time (spec/configuration.md §3), decoded. A change makes a new snapshot.
package final class OptionsSnapshot: Sendable {
    /// The text of every option that is known or saved.
    package let texts: [String: String]
    package let prices: PriceTable
    /// Which parts of the stored options are ignored.
    package let problems: OptionProblems
    package let retryTimes: Int
    package let preConsumedQuota: Int64
    package let newUserQuota: Int64
    /// How many requests one user may have running at once, so that no user takes all capacity.
    package let requestsInFlightPerUser: Int
    static let defaultRequestsInFlight = 20_000
    package let quotaPerUnit: Double
    package let logsConsumption: Bool
    package let disablesChannels: Bool
    package let approximatesTokens: Bool
    package let displaysCurrency: Bool

    /// - Parameter unusable: stored options that cannot be used; their values are not in `texts`.
    init(texts: [String: String], unusable: [OptionError] = []) throws(OptionError) {
        self.texts = texts
        do throws(PriceError) {
            prices = try PriceTable(texts)
        } catch { throw OptionError(message: error.message) }
        problems = OptionProblems(unusable: unusable, ignored: prices.ignored)
        func isOn(_ key: String) -> Bool { texts[key] == "true" }
        retryTimes = min(max(texts["RetryTimes"].flatMap { Int($0) } ?? 0, 0), 100)
        func quota(_ key: String, _ standard: Int64) -> Int64 {
            let amount = texts[key].flatMap { Int64($0) } ?? standard
            return min(max(amount, OptionStore.quotas.lowerBound), OptionStore.quotas.upperBound)
        }
        preConsumedQuota = quota("PreConsumedQuota", 500)
        newUserQuota = quota("QuotaForNewUser", 0)
        let inFlight = texts["MaxRequestsInFlightPerUser"].flatMap { Int($0) } ?? Self.defaultRequestsInFlight
        requestsInFlightPerUser = inFlight > 0 ? inFlight : .max
        let unit = texts["QuotaPerUnit"].flatMap { Double($0) } ?? 500_000
        quotaPerUnit = unit.isFinite && unit > 0 ? unit : 500_000
        logsConsumption = isOn("LogConsumeEnabled")
        disablesChannels = isOn("AutomaticDisableChannelEnabled")
        approximatesTokens = isOn("ApproximateTokenEnabled")
        displaysCurrency = isOn("DisplayInCurrencyEnabled")
    }

    package func text(_ key: String) -> String { texts[key] ?? "" }
    package func isOn(_ key: String) -> Bool { texts[key] == "true" }

    /// An amount as log texts show it: in currency with six decimals, or in points.
    package func display(_ quota: Int64) -> String {
        guard displaysCurrency else { return "\(quota) 点额度" }
        // With a tiny unit the amount would otherwise overflow.
        let limit = 9e18
        let amount = min(max(Double(quota) / quotaPerUnit * 1_000_000, -limit), limit)
        let micros = Int64(saturating: amount.rounded())
        let fraction = String(micros.magnitude % 1_000_000)
        let sign = micros < 0 ? "-" : ""
        return
            "＄\(sign)\(micros.magnitude / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) 额度"
    }
}

/// Why a value is refused for an option.
package struct OptionError: Error, Equatable {
    package let message: String
}
