import JSON
import MockKit
import TestTraits
import Testing

@testable import Gateway

/// What the gateway adds to a provider's translation, over real sockets.
@Suite(.inTurn) struct TranslationEndToEndTests {
    private func with(_ name: String, models: String, _ body: (Installation) throws -> Void) async throws {
        let upstream = try #require(Upstream.all.first { $0.name == name })
        let installation = try await Installation(models: nil)
        try installation.addChannel(upstream.type, upstream.key, upstream.prefix, models: models)
        try body(installation)
        await installation.close()
    }

    private func post(_ installation: Installation, _ body: JSONObject) throws -> (
        status: Int, body: String, json: JSON
    ) {
        let answer = try installation.ask("POST", "/v1/chat/completions", key: "Bearer sk-roottoken", .object(body))
        return (answer.status, answer.body, (try? JSON.parse(Array(answer.body.utf8))) ?? .null)
    }

    private static let functions: JSON = [
        [
            "name": "get_weather",
            "parameters": ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]],
        ]
    ]

    @Test("a client that uses functions instead of tools gets a function call", arguments: ["Anthropic", "Gemini"])
    func legacyFunctions(_ name: String) async throws {
        let model = name == "Gemini" ? "gemini-2.5-flash" : "claude-sonnet-4-5"
        try await with(name, models: model) { installation in
            let request: JSONObject = [
                "model": .string(model), "functions": Self.functions,
                "messages": [["role": "user", "content": "mock-calls-2"]],
            ]
            let answer = try post(installation, request).json
            let message = answer["choices"]?[0]?["message"]
            #expect(message?["function_call"]?["name"]?.string == "get_weather")
            #expect(message?["tool_calls"] == nil)
            #expect(answer["choices"]?[0]?["finish_reason"]?.string == "function_call")
            var streamed = request
            streamed["stream"] = true
            let stream = try post(installation, streamed).body
            #expect(stream.contains(#""function_call":{"name":"get_weather""#) && !stream.contains("tool_calls"))
            #expect(stream.contains(#""finish_reason":"function_call""#))
        }
    }

    @Test("usage that the upstream does not report is counted, reported and charged", arguments: [false, true])
    func missingUsage(isStream: Bool) async throws {
        try await with("Anthropic", models: "mock-usage-missing") { installation in
            var request: JSONObject = [
                "model": "mock-usage-missing", "messages": [["role": "user", "content": "Say hello to Oslo."]],
            ]
            if isStream {
                request["stream"] = true
                request["stream_options"] = ["include_usage": true]
            }
            let answer = try post(installation, request)
            let last = answer.body.split(separator: "\n").last { $0.hasPrefix("data: {") }?.dropFirst(6)
            let json = isStream ? try JSON.parse(Array((last ?? "").utf8)) : answer.json
            let books = try installation.books()
            #expect(books.prompt > 5 && books.completion > 5 && books.quota > 0)
            #expect(json["usage"]?["prompt_tokens"]?.int == books.prompt)
            #expect(json["usage"]?["completion_tokens"]?.int == books.completion)
        }
    }

    @Test(
        "an answer in one piece becomes a stream if a stream was asked for",
        arguments: ["Baidu V2", "Ali Bailian", "Anthropic"])
    func inOneGo(_ name: String) async throws {
        try await with(name, models: "some-model") { installation in
            let body =
                name == "Anthropic"
                ? #"{"id":"a","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","#
                    + #""content":[{"type":"text","text":"Hello."}],"usage":{"input_tokens":7,"output_tokens":2}}"#
                : #"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
                    + #"{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"#
                    + #""usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#
            var fault = Fault()
            fault.instead = .raw(
                status: 200, headers: [Fault.Field(name: "content-type", value: "application/json")],
                body: Array(body.utf8))
            installation.mock.add(fault)
            let answer = try post(
                installation,
                ["model": "some-model", "stream": true, "messages": [["role": "user", "content": "Hi"]]])
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""delta":{"content":"Hello."}"#), "\(answer.body)")
            #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
            let books = try installation.books()
            #expect(books.prompt == 7 && books.completion == 2)
        }
    }

    @Test(
        "the name of a refused part counts the client's own messages, even if the channel adds a prompt",
        arguments: ["Anthropic", "Zhipu", "Baidu V2"], [false, true])
    func blamedUnderPrompt(_ name: String, _ isInstructed: Bool) async throws {
        let upstream = try #require(Upstream.all.first { $0.name == name })
        let installation = try await Installation(models: nil)
        try installation.addChannel(
            upstream.type, upstream.key, upstream.prefix, models: upstream.model, ["system_prompt": "Be brief."])
        let part: JSON =
            name == "Zhipu"
            ? ["type": "file", "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="]]
            : ["type": "input_audio", "input_audio": ["data": "AA==", "format": "wav"]]
        var messages: [JSON] = isInstructed ? [["role": "system", "content": "Be long."]] : []
        messages.append(["role": "user", "content": [["type": "text", "text": "Hi"], part]])
        let answer = try post(installation, ["model": .string(upstream.model), "messages": .array(messages)])
        #expect(answer.status == 400)
        let place = "messages[\(isInstructed ? 1 : 0)].content[1]"
        #expect(answer.json["error"]?["param"]?.string == place, "\(answer.body)")
        await installation.close()
    }

    @Test("an image by address in a tool's result is fetched for a provider that accepts only bytes")
    func imageInResult() async throws {
        try await with("Gemini", models: "gemini-2.5-flash") { installation in
            let address = "http://127.0.0.1:\(installation.mockPort)/_mock/image.png"
            let call: JSON = [
                "id": "call_1", "type": "function", "function": ["name": "look", "arguments": "{}"],
            ]
            let answer = try post(
                installation,
                [
                    "model": "gemini-2.5-flash",
                    "messages": [
                        ["role": "user", "content": "Look."],
                        ["role": "assistant", "content": .null, "tool_calls": [call]],
                        [
                            "role": "tool", "tool_call_id": "call_1",
                            "content": [["type": "image_url", "image_url": ["url": .string(address)]]],
                        ],
                    ],
                    "tools": [["type": "function", "function": ["name": "look", "parameters": ["type": "object"]]]],
                ])
            #expect(answer.status == 200, "\(answer.body)")
            let sent = String(
                decoding: try #require(installation.mock.journal.entries.last { $0.method == "POST" }).body,
                as: UTF8.self)
            #expect(sent.contains("iVBORw0KGgo") && !sent.contains("/_mock/image.png"))
        }
    }

    @Test("an expired access token is fetched again, for embeddings and for a channel's test too")
    func expiredToken() async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(15, "ak-mock-expires-1|sk-test", "/baidu", models: "Embedding-V1,ERNIE-4.0-8K")
        for _ in 0..<3 {
            let answer = try installation.ask(
                "POST", "/v1/embeddings", key: "Bearer sk-roottoken", ["model": "Embedding-V1", "input": "x"])
            #expect(answer.status == 200, "\(answer.body)")
        }
        for _ in 0..<2 {
            let test = try installation.ask("GET", "/api/channel/test/1?model=ERNIE-4.0-8K", key: "rootaccess")
            #expect(test.body.contains("\"success\":true"), "\(test.body)")
        }
        await installation.close()
    }

    @Test("cache breakpoints on tools and their results reach a provider that uses them")
    func breakpoints() async throws {
        try await with("Anthropic", models: "claude-sonnet-4-5") { installation in
            let call: JSON = ["id": "toolu_1", "type": "function", "function": ["name": "look", "arguments": "{}"]]
            let answer = try post(
                installation,
                [
                    "model": "claude-sonnet-4-5",
                    "messages": [
                        ["role": "user", "content": "Look."],
                        ["role": "assistant", "content": .null, "tool_calls": [call]],
                        [
                            "role": "tool", "tool_call_id": "toolu_1",
                            "content": [
                                ["type": "text", "text": "done", "cache_control": ["type": "ephemeral", "ttl": "1h"]]
                            ],
                        ],
                    ],
                    "tools": [
                        [
                            "type": "function", "function": ["name": "look", "parameters": ["type": "object"]],
                            "cache_control": ["type": "ephemeral", "ttl": "1h"],
                        ]
                    ],
                ])
            #expect(answer.status == 200, "\(answer.body)")
            let sent = try JSON.parse(try #require(installation.mock.journal.entries.last).body)
            #expect(sent["tools"]?[0]?["cache_control"]?["ttl"]?.string == "1h")
            #expect(sent["messages"]?[2]?["content"]?[0]?["cache_control"]?["ttl"]?.string == "1h")
        }
    }
}
