import Database
import JSON
import Providers
import TestTraits
import Testing

@testable import Gateway

/// Addresses, settings and lists of a channel, looked at when they are saved.
@Suite(.inTurn) struct ManagementChannelCheckTests {
    static let bases: [(Int64, String, String)] = [
        (1, " ", "is blank"), (1, "\t", "is blank"), (1, "x.test", "must begin with http"),
        (1, "ftp://x.test", "must begin with http"), (1, "http:/x.test", "must begin with http"),
        (1, "http://", "has no host"), (1, "https:///v1", "has no host"), (1, "http://:3000", "has no host"),
        (1, "http://x.test:99999", "99999 is not one of 1 to 65535"), (1, "http://x.test:0", "no valid port"),
        (1, "http://x.test:-1", "no valid port"), (1, "http://x.test:80:80", "no valid port"),
        (1, "http://[::1", "no valid host"), (1, "http://user:pw@x.test", "must not hold a user's name"),
        (1, "http://x.test?a=b", "must not hold '?'"), (1, "http://x.test#a", "must not hold '?' or '#'"),
        (1, "http://x .test", "must not hold spaces"),
        (1, "https://x.test/v1", "must not end in /v1, which is added for this type: write https://x.test"),
        (8, "https://x.test/a/v1/", "write https://x.test/a"),
        (25, "https://x.test/v1/chat/completions", "https://x.test"),
        (14, "https://x.test/v1", "must not end in /v1"), (24, "https://x.test/v1beta", "must not end in /v1beta"),
        (49, "https://x.test/compatible-mode/v1", "must not end in /compatible-mode/v1"),
        (40, "https://x.test/api/v3", "must not end in /api/v3"),
        (3, "https://x.test/openai", "must not end in /openai"),
        (50, "https://x.test/v1/chat/completions", "write https://x.test/v1"),
    ]

    @Test("an address that cannot work is refused with what to write instead", arguments: bases)
    func addresses(_ base: (type: Int64, address: String, message: String)) async throws {
        let gateway = try await ManagedGateway()
        var channel: JSONObject = ["type": .int(base.type), "key": "k", "models": "m"]
        channel["base_url"] = .string(base.address)
        #expect(try gateway.refusal("POST", "/api/channel/", .object(channel)).contains(base.message))
        channel["base_url"] = "https://old.test"
        try gateway.data("POST", "/api/channel/", .object(channel))
        let edit: JSON = ["id": 1, "base_url": .string(base.address)]
        #expect(try gateway.refusal("PUT", "/api/channel/", edit).contains(base.message))
    }

    @Test(
        "an address that can work is taken",
        arguments: [
            (50, "https://x.test/v1"), (51, "https://x.test/v1beta/openai"), (1, "http://[::1]:3000"),
            (1, "HTTPS://X.test:65535/a/"), (3, "https://x.test/openai/v1"), (1, "http://localhost"), (1, ""),
            (1, "https://gateway.ai.cloudflare.com/v1/a/g/openai"), (36, "https://x.test/v12"), (1, "https://v1"),
        ] as [(Int64, String)])
    func good(type: Int64, base: String) async throws {
        let gateway = try await ManagedGateway()
        try gateway.data(
            "POST", "/api/channel/", ["type": .int(type), "key": "k", "models": "m", "base_url": .string(base)])
    }

    @Test("a stored address that repeats the provider's path works, and so does a blank one")
    func stored() {
        func base(_ type: Int64, _ text: String) -> String {
            var record = ChannelRecord()
            (record.type, record.baseURL) = (type, text)
            return Channel(record).upstream.baseURL
        }
        #expect(base(1, " https://x.test/v1/ ") == "https://x.test" && base(1, " ") == "")
        #expect(base(49, "https://x.test/compatible-mode/v1") == "https://x.test")
        #expect(base(50, "https://x.test/v1/") == "https://x.test/v1")
    }

    @Test(
        "settings that cannot be used are refused with what is wrong",
        arguments: [
            ("[]", "must be a JSON object"), ("{", "must be a JSON object"), ("x", "must be a JSON object"),
            (#""{}""#, "must be a JSON object"), (#"{"api_version":{}}"#, "config.api_version must be a text"),
            (#"{"plugin":[1]}"#, "config.plugin must be a text"), (#"{"stream_options":1}"#, "must be true or false"),
            (#"{"param_override":{"model":"x"}}"#, "must not set 'model'"), (#"{"param_override":1}"#, "a JSON object"),
            (#"{"header_override":{"Connection":"x"}}"#, "must not set 'Connection'"),
            (#"{"max_tokens_field":"x"}"#, "must be one of as_sent, max_tokens"),
        ])
    func settings(config: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        var channel: JSONObject = ["type": 1, "key": "k", "models": "m", "config": .string(config)]
        #expect(try gateway.refusal("POST", "/api/channel/", .object(channel)).contains(message))
        channel["config"] = #"{"region":"","plugin":null,"strip_dots":true,"x":5}"#
        try gateway.data("POST", "/api/channel/", .object(channel))
        let edit: JSON = ["id": 1, "config": .string(config)]
        #expect(try gateway.refusal("PUT", "/api/channel/", edit).contains(message))
    }

    @Test("an old row whose address and settings would be refused now can be edited with them")
    func untouched() async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            var record = ChannelRecord()
            (record.type, record.key, record.models) = (1, "k", "m")
            (record.baseURL, record.config) = ("https://x.test/v1", "[")
            try connection.insert(record)
        })
        let edit: JSON = ["id": 1, "name": "n", "status": 2, "base_url": "https://x.test/v1", "config": "["]
        #expect(try gateway.data("PUT", "/api/channel/", edit)["name"] == "n")
    }

    @Test("numbers, true and false are settings as they are written")
    func kinds() {
        let config = ChannelConfig(#"{"a":"x","b":true,"c":1.50,"d":null,"e":false}"#, type: 1)
        #expect(config.settings == ["a": "x", "b": "true", "c": "1.50", "e": "false"])
        #expect(config.problems.isEmpty && config.rules == nil)
    }

    @Test("lists lose the blanks around their entries, when saved and when read")
    func lists() async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            var record = ChannelRecord()
            (record.type, record.key, record.models, record.group) = (1, "k", "a, b ,,\n c", " default ,vip")
            try connection.insert(record)
        })
        #expect(try gateway.data("GET", "/api/user/available_models") == ["a", "b", "c"])
        try gateway.data(
            "POST", "/api/channel/", ["type": 1, "key": "k", "models": " d , e,", "group": "default, vip"])
        let saved = try gateway.data("GET", "/api/channel/2")
        #expect(saved["models"] == "d,e" && saved["group"] == "default,vip")
        #expect(try gateway.data("GET", "/api/user/available_models") == ["a", "b", "c", "d", "e"])
    }
}
