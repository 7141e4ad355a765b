import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementOptionTests {
    private func listed(_ gateway: ManagedGateway) throws -> [String: String] {
        let pairs = try gateway.data("GET", "/api/option/").array ?? []
        return Dictionary(
            uniqueKeysWithValues: pairs.compactMap { item -> (String, String)? in
                guard let key = item["key"]?.string, let value = item["value"]?.string else { return nil }
                return (key, value)
            })
    }

    @Test("the list has the defaults of the specification and no secret")
    func list() async throws {
        let gateway = try await ManagedGateway()
        for (key, value) in [
            ("SMTPToken", "s3cret"), ("GitHubClientSecret", "s3cret"), ("TurnstileSecretKey", "s3cret"),
            ("OidcClientSecret", "s3cret"),
        ] { try gateway.data("PUT", "/api/option/", ["key": .string(key), "value": .string(value)]) }
        #expect(try !gateway.send("GET", "/api/option/").text.contains("s3cret"))
        let options = try listed(gateway)
        for (key, value) in [
            ("PasswordLoginEnabled", "true"), ("EmailVerificationEnabled", "false"), ("ChannelDisableThreshold", "5"),
            ("QuotaPerUnit", "500000"), ("PreConsumedQuota", "500"), ("RetryTimes", "0"), ("SystemName", "One API"),
            ("SMTPPort", "587"), ("QuotaRemindThreshold", "1000"), ("Notice", ""), ("LogConsumeEnabled", "true"),
        ] { #expect(options[key] == value, "\(key)") }
        for absent in ["LarkClientId", "OidcClientId"] { #expect(options[absent] == nil) }
    }

    @Test("an option is stored and in force at once, and an unknown one is kept")
    func set() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data("PUT", "/api/option/", ["key": "SystemName", "value": "Our gateway"])
        try gateway.data("PUT", "/api/option/", ["key": "SomethingNew", "value": "1"])
        #expect(try gateway.data("GET", "/api/status", headers: [])["system_name"] == "Our gateway")
        #expect(try listed(gateway)["SomethingNew"] == "1")
        let stored = try await gateway.database.read { try $0.options().map(\.key).sorted() }
        #expect(stored == ["SomethingNew", "SystemName"])
    }

    @Test(
        "a body that cannot be read gets a 400, the only one of this API",
        arguments: [
            "", "{", "[]", #"{"key":"RetryTimes","value":3}"#, #"{"key":"Notice","value":true}"#,
            #"{"key":1,"value":"a"}"#,
        ])
    func unreadable(body: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("PUT", "/api/option/", bytes: Array(body.utf8))
        #expect(answer.status == 400 && answer.message.hasPrefix("invalid parameter"))
        #expect(try await gateway.database.read { try $0.options().isEmpty })
    }

    @Test(
        "a value that cannot be used is refused before it is stored",
        arguments: [
            ("ModelRatio", "{", "ModelRatio is not valid JSON"),
            ("ModelRatio", "[]", "ModelRatio must be a JSON object"),
            ("CompletionRatio", #"{"m":"2"}"#, #"CompletionRatio: the value of "m""#),
            ("GroupRatio", #"{"default":-1}"#, #"GroupRatio: the value of "default""#),
            ("GroupRatio", #"{"default":1e400}"#, "GroupRatio"),
            ("RetryTimes", "many", "RetryTimes must be a whole number"),
            ("RetryTimes", "-1", "RetryTimes must be a whole number"), ("RetryTimes", "", "RetryTimes must be"),
            ("QuotaPerUnit", "0", "QuotaPerUnit must be a number above 0"),
            ("QuotaPerUnit", "inf", "QuotaPerUnit must be a number above 0"),
            ("ChannelDisableThreshold", "-1", "ChannelDisableThreshold"), ("Theme", "neon", "无效的主题"),
            ("LogConsumeEnabled", "TRUE", "LogConsumeEnabled must be true or false"),
            ("GitHubOAuthEnabled", "true", "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！"),
            ("WeChatAuthEnabled", "true", "无法启用微信登录，请先填入微信登录相关配置信息！"),
            ("TurnstileCheckEnabled", "true", "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！"),
            ("", "x", "The option's name must have 1 to 191 bytes"),
        ])
    func refused(key: String, value: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        let before = try listed(gateway)
        let body: JSON = ["key": .string(key), "value": .string(value)]
        #expect(try gateway.refusal("PUT", "/api/option/", body).hasPrefix(message))
        #expect(try listed(gateway) == before)
        #expect(try await gateway.database.read { try $0.options().isEmpty })
    }

    @Test("a switch can be turned on once the option it needs is filled in, and an emptied list is not")
    func needs() async throws {
        let gateway = try await ManagedGateway()
        func set(_ key: String, _ value: String) throws -> String {
            try gateway.send("PUT", "/api/option/", ["key": .string(key), "value": .string(value)]).message
        }
        #expect(try set("GitHubClientId", "abc") == "")
        #expect(try set("GitHubOAuthEnabled", "true") == "")
        #expect(try set("EmailDomainRestrictionEnabled", "true") == "")
        #expect(try set("EmailDomainWhitelist", ",") == "")
        #expect(try set("EmailDomainRestrictionEnabled", "true") == "无法启用邮箱域名限制，请先填入限制的邮箱域名！")
        #expect(try set("EmailDomainRestrictionEnabled", "false") == "")
    }
}
