import HTTP
import JSON
import Testing

@testable import Providers

/// What a channel changes of its requests.
@Suite("A channel's own members")
struct RequestRulesTests {
    private func rules(_ config: String, type: Int = 50) throws -> (RequestRules, [String]) {
        var problems: [String] = []
        let object = try #require(try JSON.parse(Array(config.utf8)).object)
        return (RequestRules(object, type: type, key: "sk-x", problems: &problems), problems)
    }

    private func rewritten(_ rules: RequestRules, _ body: String, model: String = "m") -> String {
        String(decoding: rules.rewritten(Array(body.utf8), model: model), as: UTF8.self)
    }

    @Test(
        "OpenAI's models that refuse max_tokens are known by their names",
        arguments: [
            ("o1", true), ("o3-mini", true), ("o4-mini-2025-04-16", true), ("gpt-5", true), ("gpt-5.2-mini", true),
            ("gpt-51", true), ("gpt-6", true), ("gpt-10", true), ("openai/o3", true), ("ft:gpt-5-mini:me::1", true),
            ("gpt-4o", false), ("gpt-4.1", false), ("gpt-35-turbo", false), ("gpt-3.5-turbo", false), ("gpt-41", false),
            ("gpt-oss-120b", false), ("omni", false), ("o", false), ("o3x", false), ("", false), ("gpt-", false),
        ])
    func models(name: String, refuses: Bool) {
        #expect(RequestRules.refusesOlderLimit(name) == refuses)
    }

    @Test(
        "where they are known the limit gets the name that the model takes",
        arguments: [
            (1, "gpt-5", true), (3, "o1", true), (4, "o3", true), (1, "gpt-4o", false), (50, "gpt-5", false),
            (8, "o1", false), (36, "o1", false),
        ])
    func byDefault(type: Int, model: String, renames: Bool) {
        let rules = RequestRules(type: type)
        #expect(rules.changesBody(model: model, hasLimit: true) == renames)
        #expect(!rules.changesBody(model: model, hasLimit: false))
        let name = renames ? "max_completion_tokens" : "max_tokens"
        #expect(rewritten(rules, #"{"max_tokens":5,"a":1}"#, model: model) == #"{"\#(name)":5,"a":1}"#)
    }

    @Test("Mistral, which refuses members that it does not know, gets the older name whatever the model")
    func mistral() {
        let rules = RequestRules(type: 28)
        #expect(rewritten(rules, #"{"max_completion_tokens":5}"#) == #"{"max_tokens":5}"#)
        #expect(rewritten(rules, #"{"max_tokens":5}"#) == #"{"max_tokens":5}"#)
    }

    @Test(
        "a limit that is there under both names stays once",
        arguments: [
            ("max_completion_tokens", #"{"max_tokens":5,"max_completion_tokens":7}"#, #"{"max_completion_tokens":7}"#),
            (
                "max_completion_tokens", #"{"max_tokens":5,"max_completion_tokens":null}"#,
                #"{"max_completion_tokens":5}"#
            ),
            ("max_completion_tokens", #"{"max_tokens":null,"x":1}"#, #"{"x":1}"#),
            ("max_tokens", #"{"max_completion_tokens":7, "x" : 1e2}"#, #"{"max_tokens":7,"x":1e2}"#),
            ("as_sent", #"{"max_tokens":5}"#, #"{"max_tokens":5}"#),
        ])
    func limits(field: String, body: String, expected: String) throws {
        let (rules, problems) = try rules(#"{"max_tokens_field":"\#(field)"}"#)
        #expect(problems.isEmpty && rewritten(rules, body) == expected)
    }

    @Test("members are replaced, added and taken away at the top only, the others stay as they were written")
    func parameters() throws {
        let (rules, problems) = try rules(
            #"{"param_override":{"temperature":0.5,"top_p":null,"thinking":{"type":"disabled"}}}"#)
        #expect(problems.isEmpty)
        let body = #"{ "top_p":1, "x" : {"temperature":1e0,"top_p":2}, "temperature":1,"messages":[ 1 ]}"#
        let expected =
            #"{"x":{"temperature":1e0,"top_p":2},"temperature":0.5,"messages":[ 1 ],"thinking":{"type":"disabled"}}"#
        #expect(rewritten(rules, body) == expected)
        #expect(rewritten(rules, "{}") == #"{"temperature":0.5,"thinking":{"type":"disabled"}}"#)
        #expect(rewritten(rules, "[1]") == "[1]" && rewritten(rules, "") == "")
    }

    @Test("an overriding limit goes by the name that the model takes, and wins")
    func overridingLimit() throws {
        let (rules, _) = try rules(#"{"param_override":{"max_tokens":9}}"#, type: 1)
        #expect(rewritten(rules, #"{"max_tokens":5}"#, model: "o3") == #"{"max_completion_tokens":9}"#)
        #expect(rewritten(rules, #"{"max_completion_tokens":5}"#, model: "o3") == #"{"max_completion_tokens":9}"#)
        #expect(rewritten(rules, #"{"max_tokens":5}"#, model: "gpt-4o") == #"{"max_tokens":9}"#)
    }

    @Test("headers are replaced, added and taken away; the key may stand in one")
    func headers() throws {
        let (rules, problems) = try rules(
            #"{"header_override":{"authorization":"Token {api_key}","X-Team":"a","Accept":null}}"#)
        #expect(problems.isEmpty)
        var headers: HTTPHeaders = [
            "Authorization": "Bearer sk-x", "Accept": "*/*", "Content-Type": "application/json",
        ]
        rules.apply(to: &headers)
        #expect(headers["Authorization"] == "Token sk-x" && headers.values("Authorization").count == 1)
        #expect(headers["X-Team"] == "a" && headers["Accept"] == nil && headers.count == 3)
        #expect(ProviderChannel(type: 50, baseURL: "", key: "k", rules: rules).mask().masked("Token sk-x") == "***")
    }

    @Test(
        "what must not be set is left out and told",
        arguments: [
            #"{"param_override":{"model":"x"}}"#, #"{"param_override":{"Stream":true}}"#,
            #"{"param_override":{"stream_options":null}}"#, #"{"param_override":{"messages":[]}}"#,
            #"{"param_override":{"input":"x"}}"#, #"{"param_override":[]}"#, #"{"param_override":"{"}"#,
            #"{"header_override":{"Content-Length":"5"}}"#, #"{"header_override":{"transfer-encoding":"chunked"}}"#,
            #"{"header_override":{"Host":"x"}}"#, #"{"header_override":{"a b":"x"}}"#,
            #"{"header_override":{"A":"x\r\nB: y"}}"#, #"{"header_override":{"A":5}}"#, #"{"header_override":true}"#,
            #"{"max_tokens_field":"n"}"#, #"{"max_tokens_field":true}"#,
        ])
    func refused(config: String) throws {
        let (rules, problems) = try rules(config)
        #expect(problems.count == 1)
        #expect(rules == RequestRules(type: 50))
    }

    @Test("an object may be written as a text, and empty means nothing")
    func texts() throws {
        let (rules, problems) = try rules(
            #"{"param_override":"{\"seed\":1}","header_override":"","max_tokens_field":""}"#)
        #expect(problems.isEmpty && rules.parameters == ["seed": 1] && rules.headers.isEmpty)
    }

    @Test("the meter reads limits and counts, also in an object")
    func metering() throws {
        let (top, _) = try rules(#"{"param_override":{"max_tokens":900,"n":3,"modalities":["audio"]}}"#)
        #expect(top.maxTokens == 900 && top.count == 3 && top.speaks)
        let (inner, _) = try rules(
            #"{"param_override":{"generationConfig":{"maxOutputTokens":8000,"candidateCount":-2}}}"#, type: 24)
        #expect(inner.maxTokens == 8000 && inner.count == 1 && !inner.speaks)
    }
}
