import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Answers in another form than the one that was asked for, or than their content type says.
@Suite(.inTurn) struct AnswerFormTests {
    /// What a provider answers "hello" with, as a whole and as a stream, at a cost of 10 + 5 tokens.
    struct Vendor: Sendable, CustomTestStringConvertible {
        let type: Int64
        let model: String
        let whole: String
        let stream: [String]
        let error: String
        var key = "sk-up"
        var testDescription: String { "type \(type)" }

        var channel: JSONObject { ["type": .int(type), "models": .string(model), "key": .string(key)] }
        var wire: String { stream.map { "data: \($0)\n\n" }.joined() }
    }

    private static let usage = #""usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#
    private static let openAIWhole =
        #"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],\#(usage)}"#
    private static let openAIStream = [
        #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}"#,
        #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],\#(usage)}"#, "[DONE]",
    ]
    private static let zhipuError = #"{"error":{"code":"1214","message":"no such thing"}}"#
    private static let openAIError = #"{"error":{"message":"no such thing","type":"invalid_request_error","code":"x"}}"#

    static let vendors: [Vendor] =
        [(1, "sk-up"), (50, "sk-up"), (16, "id.secret"), (49, "sk-up")].map { type, key in
            Vendor(
                type: type, model: type == 16 ? "glm-4" : "m", whole: openAIWhole, stream: openAIStream,
                error: type == 16 ? zhipuError : openAIError, key: key)
        } + [
            Vendor(
                type: 14, model: "claude-sonnet-4-5",
                whole:
                    #"{"type":"message","id":"m","role":"assistant","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}"#,
                stream: [
                    #"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":10,"output_tokens":1}}}"#,
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}}"#,
                    #"{"type":"content_block_stop","index":0}"#,
                    #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}"#,
                    #"{"type":"message_stop"}"#,
                ],
                error: #"{"type":"error","error":{"type":"invalid_request_error","message":"no such thing"}}"#),
            Vendor(
                type: 24, model: "gemini-2.5-flash", whole: geminiWhole, stream: [geminiWhole],
                error: #"{"error":{"code":400,"message":"no such thing","status":"INVALID_ARGUMENT"}}"#),
            Vendor(
                type: 17, model: "qwen-plus", whole: aliWhole, stream: [aliWhole],
                error: #"{"code":"InvalidParameter","message":"no such thing","request_id":"r"}"#),
        ]
    private static let geminiWhole =
        #"{"candidates":[{"content":{"parts":[{"text":"hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15}}"#
    private static let aliWhole =
        #"{"output":{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}]},"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15},"request_id":"r"}"#

    private func fixture(_ vendor: Vendor, _ body: String, type: String?, status: Int = 200) async throws
        -> GatewayFixture
    {
        var headers = HTTPHeaders()
        if let type { headers.add("Content-Type", type) }
        let answer = HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
        let fixture = try await GatewayFixture { _ in .whole(answer) }
        try fixture.addChannel(vendor.channel)
        return fixture
    }

    private func expectStream(_ answer: (status: Int, head: String, body: String), usage: Bool?) throws {
        #expect(answer.status == 200 && answer.head.lowercased().contains("content-type: text/event-stream"))
        #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        var text = ""
        var told: JSON?
        var reason: String?
        for event in answer.body.split(separator: "\n\n").map({ $0.dropFirst(6) }) where event != "[DONE]" {
            let chunk = try JSON.parse(Array(event.utf8))
            text += chunk["choices"]?[0]?["delta"]?["content"]?.string ?? ""
            reason = chunk["choices"]?[0]?["finish_reason"]?.string ?? reason
            if let usage = chunk["usage"], usage.object != nil { told = usage }
        }
        #expect(text == "hello" && reason == "stop")
        if let usage { #expect((told?["completion_tokens"]?.int == 5) == usage) }
    }

    private func expectCharge(_ fixture: GatewayFixture) throws {
        let row = try #require(try fixture.lastLog())
        #expect(row["prompt_tokens"]?.int == 10 && row["completion_tokens"]?.int == 5)
    }

    @Test(
        "a whole answer where a stream was asked for becomes one, with its usage for who wants it", arguments: vendors)
    func wholeAsStream(vendor: Vendor) async throws {
        for type in ["application/json", "text/event-stream", nil] {
            let fixture = try await fixture(vendor, "\u{feff}\n " + vendor.whole, type: type)
            try expectStream(try fixture.chat(chatBody(["stream": true], model: vendor.model)), usage: false)
            try expectCharge(fixture)
            let asked = chatBody(["stream": true, "stream_options": ["include_usage": true]], model: vendor.model)
            try expectStream(try fixture.chat(asked), usage: true)
        }
    }

    @Test("a stream that is typed as something else is one", arguments: vendors)
    func typedStream(vendor: Vendor) async throws {
        for type in ["application/json", "text/html; charset=utf-8", "text/plain", nil] {
            let fixture = try await fixture(vendor, "\n\n: hello\n\n" + vendor.wire, type: type)
            try expectStream(try fixture.chat(chatBody(["stream": true], model: vendor.model)), usage: nil)
            try expectCharge(fixture)
        }
    }

    @Test("a stream where a whole answer was asked for is gathered into one", arguments: vendors)
    func streamAsWhole(vendor: Vendor) async throws {
        for type in ["text/event-stream", "application/json"] {
            let fixture = try await fixture(vendor, vendor.wire, type: type)
            let answer = try fixture.chat(chatBody(model: vendor.model))
            #expect(answer.status == 200 && answer.head.lowercased().contains("content-type: application/json"))
            let body = try JSON.parse(Array(answer.body.utf8))
            #expect(body["object"]?.string == "chat.completion")
            #expect(body["choices"]?[0]?["message"]?["content"]?.string == "hello")
            #expect(body["choices"]?[0]?["finish_reason"]?.string == "stop")
            #expect(body["usage"]?["completion_tokens"]?.int == 5)
            try expectCharge(fixture)
        }
    }

    @Test("a stream that is cut where a whole answer was asked for is an error, and costs nothing", arguments: vendors)
    func cutStream(vendor: Vendor) async throws {
        let start = "data: " + (vendor.stream.first ?? "").dropLast(20)
        let fixture = try await fixture(vendor, start, type: "text/event-stream")
        let answer = try fixture.chat(chatBody(model: vendor.model))
        #expect(answer.status == 502 && answer.body.contains("\"error\""))
        #expect(try fixture.logCount() == 0)
    }

    @Test("an error that is typed as a stream, or is an event of one, is that error", arguments: vendors)
    func error(vendor: Vendor) async throws {
        let bodies = [
            vendor.error, "event: error\ndata: \(vendor.error)\n\n", ": x\n\ndata: \(vendor.error)",
            "\u{feff}" + vendor.error,
        ]
        for body in bodies {
            for (status, isStream) in [(200, true), (400, true), (400, false), (200, false)] {
                let fixture = try await fixture(vendor, body, type: "text/event-stream", status: status)
                let answer = try fixture.chat(chatBody(["stream": .bool(isStream)], model: vendor.model))
                #expect(answer.status == 400, "\(body), \(status), \(isStream)")
                #expect(answer.head.lowercased().contains("content-type: application/json"))
                let error = try JSON.parse(Array(answer.body.utf8))["error"]
                #expect(error?["message"]?.string?.contains("no such thing") == true)
            }
        }
    }

    @Test("an error whose message ends in half a Unicode scalar is told")
    func halfInError() async throws {
        let vendor = try #require(Self.vendors.first)
        let body = #"{"error":{"message":"no such thing: \ud83d","type":"invalid_request_error"}}"#
        let fixture = try await fixture(vendor, body, type: "application/json", status: 400)
        let answer = try fixture.chat(chatBody(model: "m"))
        #expect(answer.status == 400 && answer.body.contains("no such thing: \u{fffd}"))
    }

    @Test("a whole answer that ends in half a Unicode scalar is JSON for any client")
    func halfInAnswer() async throws {
        let vendor = try #require(Self.vendors.first)
        let body = vendor.whole.replacing("hello", with: #"hello \ud83d"#)
        let fixture = try await fixture(vendor, body, type: "application/json")
        let answer = try fixture.chat(chatBody(model: "m"))
        #expect(answer.body == vendor.whole.replacing("hello", with: #"hello \ufffd"#))
        try expectCharge(fixture)
    }

    @Test("usage that the upstream tells unasked goes on, and what only the meter asked for does not")
    func unaskedUsage() async throws {
        let vendor = try #require(Self.vendors.first)
        let fixture = try await fixture(vendor, vendor.wire, type: "text/event-stream")
        #expect(!(try fixture.chat(chatBody(["stream": true], model: "m"))).body.contains("usage"))
        // An API of Azure's that is older than `stream_options`.
        try fixture.addChannel([
            "type": 3, "models": "old", "config": #"{"api_version":"2024-02-01"}"#, "model_mapping": #"{"old":"m"}"#,
        ])
        let answer = try fixture.chat(chatBody(["stream": true], model: "old"))
        #expect(fixture.upstream.calls.last?.json["stream_options"] == nil)
        #expect(answer.body == vendor.wire)
        try expectCharge(fixture)
    }
}
