package import Database
import JSON
import Synchronization

/// Settings that root edits at run time (spec/configuration.md §3), decoded; immutable, replaced whole.
package final class OptionsSnapshot: Sendable {
    /// Every known or saved key with its text.
    package let texts: [String: String]
    package let prices: PriceTable
    package let retryTimes: Int
    package let preConsumedQuota: Int64
    /// What one user may have under way at once, so that nobody takes all.
    package let requestsInFlightPerUser: Int
    static let defaultRequestsInFlight = 20_000
    package let quotaPerUnit: Double
    package let logsConsumption: Bool
    package let disablesChannels: Bool
    package let approximatesTokens: Bool
    package let displaysCurrency: Bool

    init(texts: [String: String]) throws(OptionError) {
        self.texts = texts
        do throws(PriceError) {
            prices = try PriceTable(texts)
        } catch { throw OptionError(message: error.message) }
        func isOn(_ key: String) -> Bool { texts[key] == "true" }
        retryTimes = min(max(texts["RetryTimes"].flatMap { Int($0) } ?? 0, 0), 100)
        preConsumedQuota = max(texts["PreConsumedQuota"].flatMap { Int64($0) } ?? 500, 0)
        let inFlight =
            texts["MaxRequestsInFlightPerUser"].flatMap { Int($0) }
            ?? Self.defaultRequestsInFlight
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

    /// An amount as log texts have it: in currency with six decimals, or in points.
    package func display(_ quota: Int64) -> String {
        guard displaysCurrency else { return "\(quota) 点额度" }
        // A tiny unit must not make a sum that does not fit.
        let limit = 9e18
        let amount = min(max(Double(quota) / quotaPerUnit * 1_000_000, -limit), limit)
        let micros = Int64(amount.rounded())
        let fraction = String(micros.magnitude % 1_000_000)
        let sign = micros < 0 ? "-" : ""
        return
            "＄\(sign)\(micros.magnitude / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) 额度"
    }
}

/// A value that an option must not have.
package struct OptionError: Error, Equatable {
    package let message: String
}

/// The options in force.
package final class OptionStore: Sendable {
    private let database: any Database
    private let current: Mutex<OptionsSnapshot>
    /// Stored options that cannot be used, with the reason; the built-in value holds instead.
    package let unusable: [OptionError]

    /// Defaults, overridden by what the database holds.
    package init(database: any Database) async throws {
        let saved = try await database.read { try $0.options() }
        var texts = Self.defaults
        var unusable: [OptionError] = []
        for (key, value) in saved {
            // one-api stores a broken value before it finds it broken; it must not keep the gateway from starting.
            do throws(OptionError) {
                if Self.prices.contains(key) || key == "QuotaPerUnit" { try Self.validate(key, value, among: texts) }
                texts[key] = value
            } catch { unusable.append(error) }
        }
        self.database = database
        self.unusable = unusable
        current = Mutex(try OptionsSnapshot(texts: texts))
    }

    package var snapshot: OptionsSnapshot { current.withLock { $0 } }

    /// Checks, stores and applies one option.
    package func set(_ key: String, _ value: String) async throws {
        try Self.validate(key, value, among: snapshot.texts)
        try await database.write { try $0.setOption(key, value) }
        // Made from what holds now: another option may have been set during the write.
        try current.withLock { current in
            var texts = current.texts
            texts[key] = value
            current = try OptionsSnapshot(texts: texts)
        }
    }

    private static let prices = Set(PriceTable.options)

    private static let numbers: Set<String> = [
        "SMTPPort", "QuotaForNewUser", "QuotaForInviter", "QuotaForInvitee", "QuotaRemindThreshold",
        "PreConsumedQuota", "RetryTimes", "MaxRequestsInFlightPerUser",
    ]

    /// What must be filled in before a switch is turned on, and what is said if it is not.
    private static let needs: [String: (key: String, message: String)] = [
        "GitHubOAuthEnabled": (
            "GitHubClientId", "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！"
        ),
        "EmailDomainRestrictionEnabled": ("EmailDomainWhitelist", "无法启用邮箱域名限制，请先填入限制的邮箱域名！"),
        "WeChatAuthEnabled": ("WeChatServerAddress", "无法启用微信登录，请先填入微信登录相关配置信息！"),
        "TurnstileCheckEnabled": ("TurnstileSiteKey", "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！"),
    ]

    /// - Parameter texts: the options in force, which a switch may need.
    static func validate(_ key: String, _ value: String, among texts: [String: String] = [:]) throws(OptionError) {
        if key.isEmpty || key.utf8.count > 191 {
            throw OptionError(message: "The option's name must have 1 to 191 bytes.")
        }
        if numbers.contains(key), Int64(value) == nil || (Int64(value) ?? 0) < 0 {
            throw OptionError(message: "\(key) must be a whole number of at least 0.")
        }
        if key == "QuotaPerUnit" || key == "ChannelDisableThreshold" {
            guard let number = Double(value), number.isFinite, number > 0 || key != "QuotaPerUnit", number >= 0 else {
                throw OptionError(message: "\(key) must be a number above 0.")
            }
        }
        if key.hasSuffix("Enabled"), value != "true", value != "false" {
            throw OptionError(message: "\(key) must be true or false.")
        }
        if value == "true", let need = needs[key], (texts[need.key] ?? "").allSatisfy({ $0 == "," || $0 == " " }) {
            throw OptionError(message: need.message)
        }
        if key == "Theme", !["default", "berry", "air"].contains(value) { throw OptionError(message: "无效的主题") }
        do throws(PriceError) {
            if prices.contains(key) { _ = try PriceTable.parse(key, value) }
        } catch { throw OptionError(message: error.message) }
    }

    /// Texts to show an administrator: no secret among them.
    package var listed: [(key: String, value: String)] {
        snapshot.texts.filter {
            !$0.key.hasSuffix("Token") && !$0.key.hasSuffix("Secret") && $0.key != "TurnstileSecretKey"
        }
        .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static let defaults: [String: String] = {
        var texts = [
            "PasswordLoginEnabled": "true", "PasswordRegisterEnabled": "true", "RegisterEnabled": "true",
            "EmailVerificationEnabled": "false", "GitHubOAuthEnabled": "false", "OidcEnabled": "false",
            "WeChatAuthEnabled": "false", "TurnstileCheckEnabled": "false", "EmailDomainRestrictionEnabled": "false",
            "EmailDomainWhitelist":
                "gmail.com,163.com,126.com,qq.com,outlook.com,hotmail.com,icloud.com,yahoo.com,foxmail.com",
            "AutomaticDisableChannelEnabled": "false", "AutomaticEnableChannelEnabled": "false",
            "ChannelDisableThreshold": "5", "ApproximateTokenEnabled": "false", "LogConsumeEnabled": "true",
            "DisplayInCurrencyEnabled": "true", "DisplayTokenStatEnabled": "true", "SMTPPort": "587",
            "SystemName": "One API", "Theme": "default", "QuotaForNewUser": "0", "QuotaForInviter": "0",
            "QuotaForInvitee": "0", "QuotaRemindThreshold": "1000", "PreConsumedQuota": "500",
            "QuotaPerUnit": "500000", "RetryTimes": "0",
            "MaxRequestsInFlightPerUser": String(OptionsSnapshot.defaultRequestsInFlight),
        ]
        for key in [
            "SMTPServer", "SMTPAccount", "SMTPFrom", "SMTPToken", "Notice", "About", "HomePageContent", "Footer",
            "Logo", "ServerAddress", "GitHubClientId", "GitHubClientSecret", "WeChatServerAddress",
            "WeChatServerToken", "WeChatAccountQRCodeImageURL", "MessagePusherAddress", "MessagePusherToken",
            "TurnstileSiteKey", "TurnstileSecretKey", "TopUpLink", "ChatLink",
        ] { texts[key] = "" }
        return texts.merging(PriceTable.defaults) { $1 }
    }()
}
