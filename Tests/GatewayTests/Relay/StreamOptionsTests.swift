import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Upstreams that take no `stream_options`.
@Suite(.inTurn) struct StreamOptionsTests {
    /// Mistral's words.
    private static let refusal = """
        {"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options",\
        "include_usage"],"msg":"Extra inputs are not permitted","input":true}]},"type":"invalid_request_error",\
        "param":null,"code":null}
        """
    private static let events = [
        #"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]}"#,
        #"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"#
            + #""usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#,
        "[DONE]",
    ]

    private func gateway(
        _ channel: JSONObject, status: Int = 422, refusal: String = Self.refusal
    ) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { call in
            call.json["stream_options"] == nil
                ? .stream(Self.events, isCut: false) : .error(status, refusal)
        }
        try fixture.addChannel(channel)
        return fixture
    }

    @Test(
        "are not sent any, even if the client does, where that is known of the vendor or said of the channel",
        arguments: [
            ["type": 28], ["type": 50, "config": #"{"stream_options":false}"#],
            ["type": 8, "config": #"{"stream_options":"false"}"#],
        ] as [JSONObject])
    func known(channel: JSONObject) async throws {
        let fixture = try await gateway(channel)
        for options in [nil, ["include_usage": true]] as [JSON?] {
            var body: JSONObject = ["stream": true]
            body["stream_options"] = options
            let answer = try fixture.chat(chatBody(body))
            #expect(answer.status == 200 && answer.body.contains("hello"))
            if options != nil { #expect(answer.body.contains("usage")) }
            let row = try fixture.lastLog()
            #expect(row?["prompt_tokens"] == 5 && row?["completion_tokens"] == 2)
        }
        #expect(fixture.upstream.calls.count == 2)
    }

    @Test("that refuse them are asked once more without, and the channel remembers", arguments: [50, 49, 47, 1])
    func repeated(type: Int64) async throws {
        let fixture = try await gateway(["type": .int(type)])
        for _ in 0..<2 { #expect(try fixture.chat(chatBody(["stream": true])).body.contains("hello")) }
        #expect(fixture.upstream.calls.map { $0.json["stream_options"] != nil } == [true, false, false])
        // An edit of something else leaves what was learned, another address does not.
        let base: JSON = .string("http://127.0.0.1:\(fixture.upstream.port)/b")
        for (edit, calls) in [(["id": 1, "name": "n"], 4), (["id": 1, "base_url": base], 6)] as [(JSON, Int)] {
            #expect(try fixture.manage("PUT", "/api/channel/", edit)["success"] == true)
            #expect(try fixture.chat(chatBody(["stream": true])).status == 200)
            #expect(fixture.upstream.calls.count == calls)
        }
    }

    @Test(
        "may say so in many ways",
        arguments: [
            (400, #"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#),
            (400, #"{"error":{"message":"Unknown parameter.","param":"stream_options"}}"#),
            (422, #"{"detail":[{"loc":["body","stream_options"],"msg":"extra fields not permitted"}]}"#),
            (400, #"{"object":"error","message":"[{'loc': ('body', 'stream_options')}]","code":400}"#),
            (400, #"[{"error":{"code":400,"message":"Unknown name \"include_usage\"","status":"INVALID_ARGUMENT"}}]"#),
        ])
    func ways(status: Int, refusal: String) async throws {
        let fixture = try await gateway(["type": 50], status: status, refusal: refusal)
        #expect(try fixture.chat(chatBody(["stream": true])).status == 200)
    }

    @Test("are asked once more only for that, and once only")
    func others() async throws {
        let fixture = try await GatewayFixture { call in
            call.number == 0
                ? .error(400, #"{"error":{"message":"stream must be false"}}"#) : .error(422, Self.refusal)
        }
        try fixture.addChannel(["type": 50])
        #expect(try fixture.chat(chatBody(["stream": true])).status == 400)
        #expect(fixture.upstream.calls.count == 1)
        // The second answer is the same: it is told, and nothing is remembered of it.
        #expect(try fixture.chat(chatBody(["stream": true])).status == 422)
        #expect(fixture.upstream.calls.count == 3)
        #expect(try fixture.chat(chatBody(["stream": true])).status == 422)
        #expect(fixture.upstream.calls.last?.json["stream_options"] == nil && fixture.upstream.calls.count == 5)
        #expect(try fixture.chat(chatBody()).status == 422)
        #expect(fixture.upstream.calls.count == 6)
    }
}
