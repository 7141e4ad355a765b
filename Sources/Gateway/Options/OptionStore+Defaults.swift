extension OptionStore {
    static let defaults: [String: String] = {
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
