import Database
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// For every provider behind the gateway: what the client gets, what the mock served and what was charged must agree.
@Suite(.inTurn) struct ProviderEndToEndTests {
    private func with(
        _ upstream: Upstream, models: String? = nil, _ body: (Installation) throws -> Void
    ) async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(
            upstream.type, upstream.key, upstream.prefix, models: models ?? upstream.model)
        try body(installation)
        await installation.close()
    }

    private func ask(_ installation: Installation, _ upstream: Upstream, _ body: JSONObject) throws -> JSON {
        var object: JSONObject = ["model": .string(upstream.model)]
        for member in body.members { object[member.key] = member.value }
        let answer = try installation.ask(
            "POST", "/v1/chat/completions", key: "Bearer sk-roottoken", .object(object))
        #expect(answer.status == 200, "\(answer.body)")
        return (try? JSON.parse(Array(answer.body.utf8))) ?? .string(answer.body)
    }

    private func question(_ text: String) -> JSON { [["role": "user", "content": .string(text)]] }

    private static let tools: JSON = [
        [
            "type": "function",
            "function": [
                "name": "get_weather", "description": "Tells the weather.",
                "parameters": [
                    "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
                ],
            ],
        ],
        [
            "type": "function",
            "function": [
                "name": "get_time",
                "parameters": ["type": "object", "properties": ["zone": ["type": "string"]], "required": ["zone"]],
            ],
        ],
    ]

    /// The text, finish reason and usage of a stream.
    private func merged(_ stream: String) -> (text: String, finish: String?, usage: JSON?, isDone: Bool) {
        var text = ""
        var finish: String?
        var usage: JSON?
        for line in stream.split(separator: "\n") where line.hasPrefix("data: {") {
            guard let chunk = try? JSON.parse(Array(line.dropFirst(6).utf8)) else { continue }
            text += chunk["choices"]?[0]?["delta"]?["content"]?.string ?? ""
            finish = chunk["choices"]?[0]?["finish_reason"]?.string ?? finish
            if chunk["usage"]?.object != nil { usage = chunk["usage"] }
        }
        return (text, finish, usage, stream.contains("data: [DONE]"))
    }

    /// The books must agree with what the mock served, unless the provider reports no usage.
    private func expectServed(
        _ installation: Installation, _ books: (quota: Int64, prompt: Int64, completion: Int64, left: Int64)
    ) {
        let served = installation.mock.ledger.total
        guard installation.mock.ledger.entries.last?.tellsUsage != false else { return }
        #expect(books.prompt == Int64(served.promptTokens) && books.completion == Int64(served.completionTokens))
    }

    @Test("a whole answer, its usage and its charge are what the mock served", arguments: Upstream.all)
    func whole(_ upstream: Upstream) async throws {
        try await with(upstream) { installation in
            let answer = try ask(installation, upstream, ["messages": question("Say hello to Oslo.")])
            #expect(answer["choices"]?[0]?["message"]?["content"]?.string?.contains("Oslo") == true)
            #expect(answer["choices"]?[0]?["finish_reason"]?.string == "stop")
            #expect(answer["object"]?.string == "chat.completion")
            let books = try installation.books()
            #expect(answer["usage"]?["prompt_tokens"]?.int == books.prompt && books.prompt > 0)
            #expect(answer["usage"]?["completion_tokens"]?.int == books.completion && books.completion > 0)
            expectServed(installation, books)
            #expect(books.left == 500_000_000_000_000 - books.quota)
        }
    }

    @Test("a stream has the same content as the whole answer", arguments: Upstream.all)
    func stream(_ upstream: Upstream) async throws {
        try await with(upstream) { installation in
            let messages = question("Say hello to Bergen.")
            let whole = try ask(installation, upstream, ["messages": messages])
            let streamed = try installation.ask(
                "POST", "/v1/chat/completions", key: "Bearer sk-roottoken",
                [
                    "model": .string(upstream.model), "messages": messages, "stream": true,
                    "stream_options": ["include_usage": true],
                ])
            let (text, finish, usage, isDone) = merged(streamed.body)
            #expect(text.contains("Bergen"))
            #expect(finish == "stop" && isDone)
            #expect(usage?["prompt_tokens"] == whole["usage"]?["prompt_tokens"])
            #expect((usage?["completion_tokens"]?.int ?? 0) > 5)
            expectServed(installation, try installation.books())
        }
    }

    @Test("two tools are called, and their results are understood", arguments: Upstream.all)
    func tools(_ upstream: Upstream) async throws {
        guard upstream.passes("two calls at once, streamed") else { return }
        try await with(upstream) { installation in
            var messages = question("Use get_weather and get_time.").array ?? []
            let first = try ask(
                installation, upstream, ["messages": .array(messages), "tools": Self.tools])
            let message = try #require(first["choices"]?[0]?["message"])
            let calls = try #require(message["tool_calls"]?.array)
            #expect(calls.compactMap { $0["function"]?["name"]?.string } == ["get_weather", "get_time"])
            #expect(first["choices"]?[0]?["finish_reason"]?.string == "tool_calls")
            #expect(Set(calls.compactMap { $0["id"]?.string }).count == 2)
            messages.append(message)
            for (number, call) in calls.enumerated() {
                messages.append([
                    "role": "tool", "tool_call_id": call["id"] ?? .null, "content": .string("result \(number)"),
                ])
            }
            let second = try ask(
                installation, upstream, ["messages": .array(messages), "tools": Self.tools])
            #expect(second["choices"]?[0]?["message"]?["content"]?.string?.contains("result 1") == true)
        }
    }

    @Test("a named tool is called", arguments: Upstream.all)
    func namedTool(_ upstream: Upstream) async throws {
        guard upstream.passes("a tool by name") else { return }
        try await with(upstream) { installation in
            let answer = try ask(
                installation, upstream,
                [
                    "messages": question("Hello."), "tools": Self.tools,
                    "tool_choice": ["type": "function", "function": ["name": "get_time"]],
                ])
            let call = answer["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]
            #expect(call?["name"]?.string == "get_time")
            let arguments = try JSON.parse(Array((call?["arguments"]?.string ?? "").utf8))
            #expect(arguments["zone"]?.string != nil)
        }
    }

    @Test("an inline image arrives", arguments: Upstream.all)
    func image(_ upstream: Upstream) async throws {
        guard upstream.passes("an inline image") else { return }
        try await with(upstream) { installation in
            let pixel =
                "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
            let answer = try ask(
                installation, upstream,
                [
                    "messages": [
                        [
                            "role": "user",
                            "content": [
                                ["type": "text", "text": "What is it?"],
                                ["type": "image_url", "image_url": ["url": .string(pixel)]],
                            ],
                        ]
                    ]
                ])
            #expect(answer["choices"]?[0]?["message"]?["content"]?.string?.contains("one image") == true)
        }
    }

    @Test("an answer follows a JSON schema", arguments: Upstream.all)
    func schema(_ upstream: Upstream) async throws {
        guard upstream.passes("an answer by a JSON schema") else { return }
        try await with(upstream) { installation in
            let schema: JSON = [
                "type": "object", "properties": ["city": ["type": "string"], "heads": ["type": "integer"]],
                "required": ["city", "heads"], "additionalProperties": false,
            ]
            let answer = try ask(
                installation, upstream,
                [
                    "messages": question("A city, please."),
                    "response_format": [
                        "type": "json_schema",
                        "json_schema": ["name": "city", "schema": schema, "strict": true],
                    ],
                ])
            let text = answer["choices"]?[0]?["message"]?["content"]?.string ?? ""
            let value = try JSON.parse(Array(text.utf8))
            #expect(value["city"]?.string != nil && value["heads"]?.int != nil)
        }
    }

    @Test("a token limit ends the answer", arguments: Upstream.all)
    func length(_ upstream: Upstream) async throws {
        guard upstream.passes("a limit on tokens") else { return }
        try await with(upstream) { installation in
            let answer = try ask(
                installation, upstream, ["messages": question("mock-tokens-50"), "max_tokens": 5])
            #expect(answer["choices"]?[0]?["finish_reason"]?.string == "length")
            #expect(answer["usage"]?["completion_tokens"]?.int == 5)
        }
    }

    @Test(
        "an upstream's error keeps its meaning and costs nothing", arguments: Upstream.all,
        [("mock-error-429", 429), ("mock-error-500", 500), ("mock-html-502", 502), ("mock-reset", 502)])
    func errors(_ upstream: Upstream, fault: (String, Int)) async throws {
        try await with(upstream) { installation in
            // The first call may fetch an access token, which must not use up the fault.
            _ = try installation.chat("x", model: upstream.model)
            let before = try installation.books().quota
            installation.mock.add(try #require(Fault(name: fault.0)), count: 9)
            let answer = try installation.chat("x", model: upstream.model)
            #expect(answer.status == fault.1, "\(answer.body)")
            #expect((try? JSON.parse(Array(answer.body.utf8)))?["error"]?["message"]?.string != nil)
            #expect(try installation.books().quota == before)
        }
    }

    @Test("a stream that breaks off is charged for what came, and reported as an error", arguments: Upstream.all)
    func cut(_ upstream: Upstream) async throws {
        // PaLM 2 does not stream.
        guard upstream.type != 11 else { return }
        try await with(upstream) { installation in
            _ = try installation.chat("x", model: upstream.model)
            let before = try installation.books().completion
            installation.mock.add(try #require(Fault(name: "mock-cut-8")), count: 9)
            let answer = try installation.chat("mock-tokens-50", model: upstream.model, isStream: true)
            let body = answer.body
            #expect(!body.contains("[DONE]") && body.contains("\"error\""))
            let charged = try installation.books().completion - before
            #expect(charged >= 1 && charged < 50)
        }
    }

    @Test("an access token that expires early is fetched again")
    func expiredToken() async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(15, "ak-mock-expires-1|sk-test", "/baidu", models: "ERNIE-4.0-8K")
        for _ in 0..<3 { #expect(try installation.chat("x", model: "ERNIE-4.0-8K").status == 200) }
        let exchanges = installation.mock.journal.entries.filter { $0.path.hasSuffix("/oauth/2.0/token") }.count
        #expect(exchanges == 3)
        await installation.close()
    }

    @Test("a wrong key is reported as the channel's", arguments: Upstream.all)
    func wrongKey(_ upstream: Upstream) async throws {
        let installation = try await Installation(models: nil)
        let key = upstream.key.hasPrefix("sk-") ? "sk-mock-bad" : "mock-bad" + upstream.key
        try installation.addChannel(upstream.type, key, upstream.prefix, models: upstream.model)
        let answer = try installation.chat("x", model: upstream.model)
        #expect(answer.status == 401 || answer.status == 403)
        await installation.close()
    }
}
