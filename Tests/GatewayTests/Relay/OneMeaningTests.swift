import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// A body means the same to the gateway and to an upstream, however the upstream's decoder treats repeated names.
@Suite(.inTurn) struct OneMeaningTests {
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

    @Test("a member that another decoder might confuse with one of ours gets a 400 that names it", arguments: bodies)
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

    private static func body(_ model: String, _ part: String, _ top: String) -> [UInt8] {
        let content = #"[{"type":"text","text":"\#(String(repeating: "word ", count: 300))"\#(part)}]"#
        return Array(
            #"{"model":"\#(model)","messages":[{"role":"user","content":\#(content)}],"max_tokens":100\#(top)}"#.utf8)
    }

    private static let claude = "claude-sonnet-4-5"
    private static let audio = "gpt-4o-audio-preview"

    static let marks: [(model: String, part: String, top: String, isDear: Bool)] = [
        (claude, "", "", false), (claude, #","cache_control":{"type":"ephemeral"}"#, "", true),
        (claude, #","cache\u005fcontrol":{"type":"ephemeral"}"#, "", true),
        (claude, #","prompt_cache_breakpoint":{}"#, "", true), (claude, #","x":"\"cache_control\"""#, "", false),
        (claude, "", #","cache_contro\u006c":{}"#, true), (audio, "", "", false),
        (audio, #","input_audi\u006f":{"data":"AAAA","format":"wav"}"#, "", true),
        (audio, #","x":"input_audio \"audio\"""#, "", false),
        (audio, "", #","modalities":["text","\u0061udio"]"#, true),
        (audio, "", #","audi\u006f":{"voice":"alloy"}"#, true), (audio, "", #","modalities":["text"]"#, false),
    ]

    @Test("the reservation covers what a body may cost, however its members are spelled", arguments: marks)
    func holds(model: String, part: String, top: String, isDear: Bool) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["models": .string(model)])
        for (name, ratio) in [("AudioRatio", 16), ("AudioCompletionRatio", 2)] {
            let value = #"{"\#(Self.audio)":\#(ratio)}"#
            try fixture.manage("PUT", "/api/option/", ["key": .string(name), "value": .string(value)])
        }
        let body = Self.body(model, part, top)
        let rates = fixture.services.options.snapshot.prices.rates(model: model, channelType: 1, group: "default")
        #expect(rates.parts.longCacheWrite > .one || rates.parts.audioPrompt > .one)
        #expect(model != Self.audio || rates.parts.audioCompletion > rates.completion)
        let tokens = PromptCounter(parser: JSONParser(), approximates: false).prompt(of: body, model: model).tokens
        // Pays for the prompt and the answer only at their plain prices.
        let quota = rates.estimate(promptTokens: tokens, maxCompletionTokens: 100, allowance: 0)
        let key = try fixture.key(["unlimited_quota": false, "remain_quota": .int(quota)])
        let answer = try fixture.post("/v1/chat/completions", body, key: "sk-" + key)
        #expect(answer.status == (isDear ? 403 : 200), "\(answer.body)")
        #expect(fixture.upstream.calls.isEmpty == isDear)
    }
}
