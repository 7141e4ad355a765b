import Chat
import HTTP
import JSON
import Providers
import Testing

/// The sentence of an error, whatever its sender puts around it.
@Suite("The shape of an error")
struct ErrorShapeTests {
    private func failure(_ type: Int, _ status: Int, _ body: String) throws -> UpstreamFailure {
        try #require(ProviderRegistry.provider(of: type)).failure(
            status: status, headers: HTTPHeaders(), body: Array(body.utf8), parser: JSONParser())
    }

    static let shapes: [(String, String)] = [
        (#"[{"error":{"code":400,"message":"Bad.","status":"INVALID_ARGUMENT"}}]"#, "Bad."),
        (#"[{"message":"Bad."}]"#, "Bad."), (#"["Bad.","Worse."]"#, "Bad.; Worse."), (#""Bad.""#, "Bad."),
        (#"{"error":[{"message":"Bad."}]}"#, "Bad."), (#"{"error":{"error":{"message":"Bad."}}}"#, "Bad."),
        (#"{"error":{"error":"Bad."}}"#, "Bad."), (#"{"message":{"error":{"message":"Bad."}}}"#, "Bad."),
        (#"{"error":{"message":{"text":"?","message":"Bad."}}}"#, "Bad."),
        (#"{"errors":["Bad.","Worse."]}"#, "Bad.; Worse."),
        (#"{"errors":[{"message":"Bad.","code":7000}],"success":false}"#, "Bad."),
        (#"{"errors":{"model":["is bad","is old"]}}"#, "model: is bad; is old"),
        (#"{"detail":"Bad."}"#, "Bad."), (#"{"detail":{"message":"Bad."}}"#, "Bad."),
        (#"{"detail":[{"loc":["body","messages",0,"content"],"msg":"too long"}]}"#, "messages[0].content: too long"),
        (#"{"message":{"detail":[{"loc":["body","n"],"msg":"no"}]},"type":"invalid_request_error"}"#, "n: no"),
        (#"{"error":"{\"error\":{\"message\":\"Bad.\"}}"}"#, "Bad."), (#"{"message":"{\"detail\":\"Bad.\"}"}"#, "Bad."),
        (#"{"error":{},"message":"Bad."}"#, "Bad."),
        (#"{"error":{"message":"Provider returned error","metadata":{"raw":"Bad.","provider_name":"P"}}}"#, "P: Bad."),
        (#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"detail\":\"Bad.\"}"}}}"#, "Bad."),
        (#"{"error":{"message":"Provider returned error","metadata":{"raw":{"message":"Bad."}}}}"#, "Bad."),
        (#"{"error":{"message":"No.","metadata":{"raw":"Bad."}}}"#, "No. (Bad.)"),
        (
            #"{"error":{"message":"Provider returned error","metadata":{"raw":"[{\"error\":{\"message\":\"Bad.\"}}]"}}}"#,
            "Bad."
        ),
        (
            #"{"error":{"message":"Provider returned error","metadata":{"raw":"data: {\"error\":\"Bad.\"}\n\n"}}}"#,
            "Bad."
        ),
        (#"{"error":{"message":{"text":"Bad."}}}"#, "Bad."), (#"{"fault":{"faultstring":"Bad."}}"#, "Bad."),
        (#"{"errors":[{"loc":"n","message":"no"}]}"#, "n: no"),
        (
            #"{"error":{"message":"Provider returned error","metadata":{"raw":"<html><body>x</body></html>"}}}"#,
            "Provider returned error"
        ),
    ]

    @Test("does not hide what it says", arguments: shapes, [1, 14, 15, 17, 51])
    func sentence(_ shape: (body: String, message: String), type: Int) throws {
        #expect(try failure(type, 400, shape.body).message == shape.message)
    }

    @Test("is the client's fault or not by its status, and keeps type and code of the inner error")
    func inner() throws {
        let body = #"{"error":{"error":{"message":"m","type":"invalid_request_error","code":"c","param":"p"}}}"#
        let failure = try failure(1, 400, body)
        #expect(failure.kind == .badRequest && failure.type == "invalid_request_error")
        #expect(failure.code == .text("c") && failure.parameter == "p")
    }

    @Test("names the field of a list of FastAPI's")
    func field() throws {
        let body = #"{"message":{"detail":[{"type":"extra_forbidden","loc":["body","tools",1,"x"],"msg":"no"}]}}"#
        #expect(try failure(28, 422, body).parameter == "tools[1].x")
    }

    @Test(
        "in whole answers with status 200 too",
        arguments: [
            #"{"errors":["Bad."]}"#, #"{"message":{"detail":"Bad."}}"#, #"[{"error":{"code":429,"message":"Bad."}}]"#,
            #"[{"error":{"code":429,"message":"Bad.","status":"RESOURCE_EXHAUSTED"}}]"#,
        ])
    func insideSuccess(body: String) {
        let failure = #expect(throws: UpstreamFailure.self) {
            try OpenAIAnswer.read(Array(body.utf8), status: 200, contentType: nil, parser: JSONParser())
        }
        #expect(failure?.message == "Bad." && failure?.kind == (body.contains("429") ? .rateLimited : .server))
    }

    @Test("a short text is quoted without addresses, and a long one is not")
    func plainText() {
        func message(_ text: String) -> String {
            OpenAIErrors.failure(
                status: 400, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8),
                parser: JSONParser()
            ).message
        }
        #expect(
            message("stream_options not allowed at http://10.0.0.1/").contains("\"stream_options not allowed at …\""))
        #expect(message(String(repeating: "long ", count: 100)).contains("500 bytes that are not JSON"))
    }

    @Test("the type of a problem document is not told as OpenAI's")
    func problemDocument() throws {
        let failure = try failure(1, 400, #"{"type":"about:blank","title":"Bad","detail":"Bad."}"#)
        #expect(failure.type == "invalid_request_error" && failure.message == "Bad.")
    }

    @Test("the provider's own wait is read where OpenRouter quotes its error")
    func quotedWait() throws {
        let raw = #"{\"error\":{\"code\":429,\"details\":[{\"retryDelay\":\"26.3s\"}]}}"#
        let body = #"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"\#(raw)"}}}"#
        #expect(try failure(20, 429, body).retryAfter == 27)
    }

    /// Errors that are not in the provider's own form, in answers with the status 200.
    static let foreign = [
        #"{"error":"Bad."}"#, #"{"errors":[{"message":"Bad."}]}"#, #"{"message":"Bad."}"#,
        #"{"error":{"type":"overloaded_error","message":"Bad."}}"#,
    ]

    @Test(
        "a foreign error in a success is told by every provider, whole and streamed", arguments: foreign,
        ProviderRegistry.all.filter { $0.descriptor.format != .openAI }.flatMap(\.descriptor.channelTypes))
    func foreignErrors(body: String, type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let whole = #expect(throws: UpstreamFailure.self) {
            try provider.decode(Array(body.utf8), status: 200, contentType: nil)
        }
        #expect(whole?.message == "Bad.")
        // PaLM has no streams.
        if !(provider is PaLM) { #expect(streamFailure(provider, "data: \(body)\n\n")?.message == "Bad.") }
        if let provider = provider as? any EmbeddingProvider {
            let failure = #expect(throws: UpstreamFailure.self) {
                try provider.decodeEmbeddings(Array(body.utf8), status: 200)
            }
            #expect(failure?.message == "Bad.")
        }
    }

    private func streamFailure(_ provider: any Provider, _ text: String) -> UpstreamFailure? {
        var decoder: any AnswerDecoder = provider.decoder()
        var events: [ChatEvent] = []
        decoder.feed(Array(text.utf8), into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        return events.lazy.compactMap { if case .failed(let failure) = $0 { failure } else { nil } }.first
    }

    @Test("an event that reports only the usage and its success is no error")
    func success() {
        let chunk = #"data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#
        let end = #"data: {"code":0,"msg":"success","usage":{"prompt_tokens":3,"completion_tokens":1}}"#
        let result = RelayResult(of: [Array("\(chunk)\n\n\(end)\n\ndata: [DONE]\n\n".utf8)], hidesUsage: false)
        #expect(result.outcome == .complete && result.usage?.promptTokens == 3)
    }

    @Test("Claude's stream is complete with a reason for its end and a clean end of the message")
    func claudeWithoutStop() {
        let events = [
            #"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":3}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
        ]
        let text = events.map { "data: \($0)\n\n" }.joined()
        #expect(streamFailure(Anthropic(), text) == nil)
        #expect(streamFailure(Anthropic(), events.prefix(2).map { "data: \($0)\n\n" }.joined()) != nil)
    }

    @Test("of numbers is none")
    func nothing() throws {
        for body in ["7", "null"] {
            #expect(try failure(1, 500, body).code == .text("bad_upstream_response"))
        }
        for body in ["[]", "[1]", "[[],{}]"] {
            #expect(try failure(1, 500, body).message == "The upstream answered with status 500 and no message.")
        }
    }

    @Test("Google's words mean the same at its endpoint for OpenAI's clients, in an array or not", arguments: [24, 51])
    func google(type: Int) throws {
        func body(_ status: Int, _ word: String, _ details: String) -> String {
            #"[{"error":{"code":\#(status),"message":"m","status":"\#(word)","details":[\#(details)]}}]"#
        }
        let delay = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"26.2s"}"#
        let slow = try failure(type, 429, body(429, "RESOURCE_EXHAUSTED", delay))
        #expect(slow.kind == .rateLimited && slow.retryAfter == 27 && slow.message == "m")
        let key = try failure(type, 400, body(400, "INVALID_ARGUMENT", #"{"reason":"API_KEY_INVALID"}"#))
        #expect(key.kind == .authentication && key.status == 401)
    }

    @Test(
        "a wait in headers is read by every provider",
        arguments: ProviderRegistry.all.flatMap(\.descriptor.channelTypes))
    func wait(type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let bodies = [
            #"{"error":{"message":"m"}}"#, #"{"code":"Throttling","message":"m"}"#,
            #"{"error_code":18,"error_msg":"m"}"#,
        ]
        for body in bodies {
            let headers = HTTPHeaders([("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT")])
                .withCountedRetryAfter(at: 784_111_777_000)
            let failure = provider.failure(
                status: 429, headers: headers, body: Array(body.utf8), parser: JSONParser())
            #expect(failure.retryAfter == 30, "\(body)")
        }
    }
}
