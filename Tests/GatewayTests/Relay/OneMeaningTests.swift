import HTTP
import JSON
import TestKit
import Testing

@testable import Gateway

/// A body has one meaning for us and for an upstream, whatever the upstream's decoder makes of repeated names.
@Suite struct OneMeaningTests {
    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    static let bodies: [(path: String, body: String, code: String, parameter: String)] = [
        ("chat/completions", #"{"model":"gpt-4o-mini",\#(messages),"Model":"o1-pro"}"#, "duplicate_field", "model"),
        (
            "chat/completions", #"{"model":"gpt-4o-mini",\#(messages),"mo\u0044el":"o1-pro"}"#, "duplicate_field",
            "model"
        ),
        ("chat/completions", #"{"model":"gpt-4o",\#(messages),"N":10}"#, "invalid_value", "n"),
        (
            "chat/completions", #"{"model":"gpt-4o",\#(messages),"max_tokens":1,"max_to\u212aens":9999}"#,
            "duplicate_field",
            "max_tokens"
        ),
        ("embeddings", #"{"model":"gpt-4o-mini","input":"a","MODEL":"gpt-4o"}"#, "duplicate_field", "model"),
        ("embeddings", #"{"model":"gpt-4o","input":"a","Input":["b","c"]}"#, "duplicate_field", "input"),
        ("images/generations", #"{"model":"gpt-4o","prompt":"p","n":10,"n":1}"#, "duplicate_field", "n"),
        ("images/generations", #"{"model":"gpt-4o","prompt":"p","n":1,"N":10}"#, "duplicate_field", "n"),
        ("images/generations", #"{"model":"gpt-4o","prompt":"p","N":10}"#, "invalid_value", "n"),
        ("moderations", #"{"model":"gpt-4o-mini","input":"a","Model":"gpt-4o"}"#, "duplicate_field", "model"),
    ]

    @Test("a member that another reader might take for one of ours is a 400 that names it", arguments: bodies)
    func isRefused(path: String, body: String, code: String, parameter: String) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let answer = try fixture.post("/v1/\(path)", Array(body.utf8))
        #expect(answer.status == 400)
        let error = try JSON.parse(Array(answer.body.utf8))["error"]
        #expect(error?["code"]?.string == code)
        #expect(error?["param"]?.string == parameter)
        #expect(fixture.upstream.calls.isEmpty)
        #expect(try fixture.logCount() == 0)
    }

    private static func body(_ part: String) -> [UInt8] {
        let content = #"[{"type":"text","text":"\#(String(repeating: "word ", count: 300))"\#(part)}]"#
        return Array(
            #"{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":\#(content)}],"max_tokens":10}"#.utf8)
    }

    static let marks: [(String, isDear: Bool)] = [
        ("", false), (#","cache_control":{"type":"ephemeral"}"#, true),
        (#","cache\u005fcontrol":{"type":"ephemeral"}"#, true), (#","prompt_cache_breakpoint":{}"#, true),
        (#","x":"\"cache_control\"""#, false),
    ]

    @Test("a hold is as large as what is written to a cache may cost, however that is spelled", arguments: marks)
    func holds(mark: String, isDear: Bool) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["models": "claude-sonnet-4-5"])
        let body = Self.body(mark)
        let rates = fixture.services.options.snapshot.prices.rates(
            model: "claude-sonnet-4-5", channelType: 1, group: "default")
        #expect(rates.parts.longCacheWrite > .one)
        let tokens = PromptCounter(parser: JSONParser(), approximates: false).promptTokens(
            of: body, model: "claude-sonnet-4-5")
        // Enough for the prompt at its plain price only.
        let quota = rates.estimate(promptTokens: tokens, maxCompletionTokens: 10, allowance: 0) + 10
        let key = try fixture.key(["unlimited_quota": false, "remain_quota": .int(quota)])
        let answer = try fixture.post("/v1/chat/completions", body, key: "sk-" + key)
        #expect(answer.status == (isDear ? 403 : 200), "\(answer.body)")
        #expect(fixture.upstream.calls.isEmpty == isDear)
    }
}
