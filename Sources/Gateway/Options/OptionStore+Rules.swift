/// Which values an option may have (spec/configuration.md §3).
extension OptionStore {
    static let prices = Set(PriceTable.options)

    /// The allowed amounts of quota. The largest is far beyond any sum of money, and small enough that sums do not
    /// overflow.
    static let quotas: ClosedRange<Int64> = 0...1 << 60
    private static let numbers: [String: ClosedRange<Int64>] = [
        "SMTPPort": 0...65_535, "QuotaForNewUser": quotas, "QuotaForInviter": quotas, "QuotaForInvitee": quotas,
        "QuotaRemindThreshold": quotas, "PreConsumedQuota": quotas, "RetryTimes": 0...100,
        "MaxRequestsInFlightPerUser": 0...1_000_000_000,
    ]
    private static let fractions: [String: ClosedRange<Double>] = [
        "QuotaPerUnit": 1e-9...1e15, "ChannelDisableThreshold": 0...1e9,
    ]

    /// The option that must be filled in before a switch is turned on, and the message if it is not.
    private static let needs: [String: (key: String, message: String)] = [
        "GitHubOAuthEnabled": (
            "GitHubClientId", "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！"
        ),
        "EmailDomainRestrictionEnabled": ("EmailDomainWhitelist", "无法启用邮箱域名限制，请先填入限制的邮箱域名！"),
        "WeChatAuthEnabled": ("WeChatServerAddress", "无法启用微信登录，请先填入微信登录相关配置信息！"),
        "TurnstileCheckEnabled": ("TurnstileSiteKey", "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！"),
    ]

    /// - Parameter texts: the options in force; some switches need another option.
    /// - Returns: the names in the value that are ignored; the rest of the value is used.
    @discardableResult
    static func validate(
        _ key: String, _ value: String, among texts: [String: String] = [:]
    ) throws(OptionError) -> [String] {
        if key.isEmpty || key.utf8.count > 191 || key.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw OptionError(message: "The option's name must have 1 to 191 bytes and no control characters.")
        }
        if value.utf8.contains(0) { throw OptionError(message: "\(key) must not hold a NUL.") }
        if let range = numbers[key], Int64(value).map(range.contains) != true {
            throw OptionError(message: "\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        if let range = fractions[key], Double(value).map(range.contains) != true {
            let least = range.lowerBound > 0 ? "above 0" : "of at least 0"
            throw OptionError(message: "\(key) must be a number \(least), and at most \(range.upperBound).")
        }
        if key.hasSuffix("Enabled"), value != "true", value != "false" {
            throw OptionError(message: "\(key) must be true or false.")
        }
        if value == "true", let need = needs[key], (texts[need.key] ?? "").allSatisfy({ $0 == "," || $0 == " " }) {
            throw OptionError(message: need.message)
        }
        if key == "Theme", !["default", "berry", "air"].contains(value) { throw OptionError(message: "无效的主题") }
        guard prices.contains(key) else { return [] }
        do throws(PriceError) { return try PriceOption(key, value).ignored } catch {
            throw OptionError(message: error.message)
        }
    }
}
