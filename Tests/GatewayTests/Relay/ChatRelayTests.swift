import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ChatRelayTests {
    @Test("relays a whole chat byte for byte, charges it once and logs it")
    func relaysWhole() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let before = try fixture.rootQuota()
        let request = #"{"model": "gpt-4o", "messages": [{"role":"user","content":"hi"}], "x_unknown": {"a": 1}}"#
        let answer = try fixture.call(
            "POST", "/v1/chat/completions",
            headers: ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"], body: Array(request.utf8)
        )
        #expect(answer.status == 200)
        #expect(answer.head.contains("X-Oneapi-Request-Id: 20"))
        let call = try #require(fixture.upstream.calls.first)
        #expect(String(decoding: call.body, as: UTF8.self) == request)
        #expect(call.path == "/v1/chat/completions")
        #expect(call.headers["Authorization"] == "Bearer sk-up")
        let log = try #require(try fixture.lastLog())
        #expect(log["quota"]?.int == 75)
        #expect(log["prompt_tokens"]?.int == 10)
        #expect(log["content"]?.string == "倍率：2.50 × 1.00 × 4.00")
        #expect(log["is_stream"]?.bool == false)
        #expect(try fixture.rootQuota() == before - 75)
        #expect(try fixture.logCount() == 1)
    }

    private static let events = [
        #"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"usage":null}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
        #"{"id":"c","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}"#, "[DONE]",
    ]

    @Test("streams, hides the usage from a client that did not ask for it, and charges by it")
    func streamsHidingUsage() async throws {
        let fixture = try await GatewayFixture { _ in .stream(Self.events, isCut: false) }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody(["stream": true]))
        #expect(answer.status == 200)
        #expect(answer.head.contains("Content-Type: text/event-stream"))
        #expect(!answer.body.contains("usage"))
        #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(
            answer.body.contains(
                #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#))
        #expect(fixture.upstream.calls.first?.json["stream_options"]?["include_usage"]?.bool == true)
        #expect(try fixture.lastLog()?["quota"]?.int == 75)
        #expect(try fixture.lastLog()?["is_stream"]?.bool == true)
    }

    @Test("shows the usage to a client that asked for it")
    func streamsShowingUsage() async throws {
        let fixture = try await GatewayFixture { _ in .stream(Self.events, isCut: false) }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody(["stream": true, "stream_options": ["include_usage": true]]))
        #expect(answer.body == Self.events.map { "data: \($0)\n\n" }.joined())
    }

    @Test("tells the client that a stream broke off, and charges what came")
    func cutStream() async throws {
        let fixture = try await GatewayFixture { _ in .stream(Array(Self.events[..<2]), isCut: true) }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody(["stream": true]))
        #expect(!answer.body.contains("[DONE]"))
        #expect(
            answer.body.contains(#""type":"one_api_error""#) || answer.body.contains(#""code":"upstream_stream_cut""#))
        let log = try #require(try fixture.lastLog())
        #expect(log["completion_tokens"]?.int == 1)
        #expect(log["prompt_tokens"]?.int == 8)
        #expect(log["content"]?.string?.contains("counted by the gateway") == true)
    }

    @Test("charges what came of a broken stream if the usage reported so far says less", arguments: [1, 500])
    func cutBehindUsage(told: Int64) async throws {
        let events = (1...20).map { _ in
            #"{"id":"c","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}],"usage":{"prompt_tokens":8,"completion_tokens":\#(told),"total_tokens":\#(8 + told)}}"#
        }
        let fixture = try await GatewayFixture { _ in .stream(events, isCut: true) }
        try fixture.addChannel()
        _ = try fixture.chat(chatBody(["stream": true]))
        let log = try #require(try fixture.lastLog())
        #expect(log["completion_tokens"]?.int == max(told, 20))
        #expect(log["prompt_tokens"]?.int == 8)
    }

    @Test("passes an upstream's error event on as an error")
    func errorEvent() async throws {
        let error = #"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#
        let fixture = try await GatewayFixture { _ in .stream(Array(Self.events[..<2]) + [error], isCut: false) }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody(["stream": true]))
        #expect(answer.body.contains("The server had an error (request id: "))
        #expect(!answer.body.contains("[DONE]"))
    }

    @Test("turns an error in place of the first event into an HTTP status")
    func errorFirst() async throws {
        let error =
            #"{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}"#
        let fixture = try await GatewayFixture { _ in .stream([error], isCut: false) }
        try fixture.addChannel()
        #expect(try fixture.chat(chatBody(["stream": true])).status == 429)
        #expect(try fixture.logCount() == 0)
    }

    @Test("counts the tokens if the upstream does not report them, and says so")
    func countsMissingUsage() async throws {
        let fixture = try await GatewayFixture { _ in .chat("hello there friend", usage: .null) }
        try fixture.addChannel()
        _ = try fixture.chat(chatBody())
        let log = try #require(try fixture.lastLog())
        #expect(log["prompt_tokens"]?.int == 8)
        #expect(log["completion_tokens"]?.int == 3)
        #expect(log["content"]?.string?.contains("counted by the gateway") == true)
    }

    @Test("maps the model and adds the channel's system prompt, and changes nothing else")
    func mapsModel() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["model_mapping": #"{"gpt-4o":"gpt-4o-mini"}"#, "system_prompt": "FORCED"])
        _ = try fixture.chat(chatBody(["seed": 7]))
        let sent = try #require(fixture.upstream.calls.first?.json)
        #expect(sent["model"]?.string == "gpt-4o-mini")
        #expect(sent["seed"]?.int == 7)
        #expect(sent["messages"]?[0] == ["role": "system", "content": "FORCED"])
        #expect(sent["messages"]?[1]?["content"]?.string == "hi")
        #expect(try fixture.lastLog()?["model_name"]?.string == "gpt-4o-mini")
        #expect(try fixture.lastLog()?["system_prompt_reset"]?.bool == true)
    }

    @Test("returns the quota if nothing was produced, and keeps the upstream's error")
    func refunds() async throws {
        let fixture = try await GatewayFixture { _ in
            .error(
                429,
                #"{"error":{"message":"Rate limit reached","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#
            )
        }
        try fixture.addChannel()
        let before = try fixture.rootQuota()
        let answer = try fixture.chat(chatBody())
        #expect(answer.status == 429)
        #expect(answer.head.contains("Retry-After: 2"))
        let error = try JSON.parse(Array(answer.body.utf8))["error"]
        #expect(error?["code"]?.string == "rate_limit_exceeded")
        #expect(error?["message"]?.string?.hasPrefix("Rate limit reached (request id: ") == true)
        #expect(try fixture.rootQuota() == before)
        #expect(try fixture.logCount() == 0)
    }

    static let pages: [(Int, String, Int)] = [
        (200, "<html><title>Just a moment...</title></html>", 502),
        (403, "<!DOCTYPE html><title>Attention</title>", 403),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", 502), (520, "", 520),
    ]

    @Test("explains a web page that came instead of JSON", arguments: pages)
    func webPages(status: Int, page: String, expected: Int) async throws {
        let fixture = try await GatewayFixture { _ in .error(status, page, type: "text/html") }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody())
        #expect(answer.status == expected)
        #expect(!answer.body.contains("<"))
        #expect(answer.body.contains(page.isEmpty ? "an empty body" : "a web page"))
        #expect(answer.body.contains("bad_upstream_response"))
    }

    @Test("tries other channels, each once, while the client has received nothing")
    func retries() async throws {
        let fixture = try await GatewayFixture { call in
            call.headers["Authorization"] == "Bearer sk-good"
                ? .chat("ok") : call.number % 2 == 0 ? .drop : .error(500, "{}")
        }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "5"])
        try fixture.addChannel(["key": "sk-bad1\nsk-bad2", "priority": 10])
        try fixture.addChannel(["key": "sk-good", "priority": 0])
        #expect(try fixture.chat(chatBody()).status == 200)
        #expect(fixture.upstream.calls.count == 3)
        #expect(try fixture.logCount() == 1)
        #expect(try fixture.lastLog()?["channel"]?.int == 3)
    }

    @Test("does not retry a request that is itself at fault")
    func noRetryOnBadRequest() async throws {
        let fixture = try await GatewayFixture { _ in
            .error(400, #"{"error":{"message":"bad","type":"invalid_request_error"}}"#)
        }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "5"])
        try fixture.addChannel(["key": "a\nb\nc"])
        #expect(try fixture.chat(chatBody()).status == 400)
        #expect(fixture.upstream.calls.count == 1)
    }

    @Test("serves exactly ten of a thousand concurrent requests if the token's quota pays for ten")
    func neverOversells() async throws {
        let fixture = try await GatewayFixture { _ in
            .chat("four words are here", usage: ["prompt_tokens": 8, "completion_tokens": 4, "total_tokens": 12])
        }
        try fixture.addChannel()
        // 8 prompt tokens and 4 allowed tokens cost 2.5 × (8 + 4 × 4) = 60.
        let token = try fixture.manage(
            "POST", "/api/token/", ["name": "ten", "remain_quota": 600, "unlimited_quota": false])
        let key = try #require(token["data"]?["key"]?.string)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            let port = fixture.port
            for _ in 0..<25 {
                group.addTask {
                    var served = 0
                    let body = chatBody(["max_tokens": 4]).encoded()
                    for _ in 0..<40 {
                        let client = try RawClient(port: port)
                        client.send(
                            Array(
                                "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \(key)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                                    .utf8) + body)
                        let status = client.receiveAnswer().status
                        if status == 200 { served += 1 } else if status != 403, status != 401 { return -1000 }
                    }
                    return served
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(statuses == 10)
        #expect(fixture.services.ledger.balance(ofToken: token["data"]?["id"]?.int ?? 0) == 0)
        let stored = try fixture.manage("GET", "/api/log/stat")["data"]?["quota"]?.int
        #expect(stored == 600)
    }

    @Test("cancels the upstream call when the client leaves, and charges the prompt")
    func clientLeaves() async throws {
        let gate = StubGate()
        let fixture = try await GatewayFixture { _ in .held(gate, HTTPResponse()) }
        try fixture.addChannel()
        do {
            let client = try RawClient(port: fixture.port)
            let body = chatBody().encoded()
            client.send(
                Array(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                        .utf8) + body)
            try await eventually { !fixture.upstream.calls.isEmpty }
        }
        try await eventually { fixture.services.ledger.balance(ofUser: 1) != 500_000_000_000_000 }
        let log = try #require(try fixture.lastLog())
        #expect(log["prompt_tokens"]?.int == 8)
        #expect(log["completion_tokens"]?.int == 0)
        gate.open()
    }
}
