import Chat
import HTTP
import JSON
import Providers
import Testing

@Suite("Zhipu")
struct ZhipuTests {
    private static func call(_ model: String) -> ProviderCall {
        let channel = ProviderChannel(type: 16, baseURL: "", key: "id.secret", settings: [:])
        return ProviderCall(channel: channel, model: model, time: 0, accessToken: "t", clientHeaders: HTTPHeaders())
    }

    @Test("a 429 keeps the time that the upstream asks to wait")
    func retryAfter() {
        let body = Array(#"{"error":{"code":"1302","message":"High concurrency usage of this API"}}"#.utf8)
        let failure = Zhipu().failure(
            status: 429, headers: ["Retry-After": "7"], body: body, parser: JSONParser())
        #expect(failure.kind == .rateLimited)
        #expect(failure.retryAfter == 7)
    }

    @Test(
        "vector sizes that the model does not have are refused",
        arguments: [("embedding-2", 256, false), ("embedding-2", 1024, true), ("embedding-3", 256, true)])
    func dimensions(_ model: String, _ size: Int64, _ isTaken: Bool) {
        let request = EmbeddingRequest(model: model, inputs: [.text("a")], dimensions: size)
        let refused: String?
        do throws(RequestError) {
            _ = try Zhipu().encode(request, for: Self.call(model))
            refused = nil
        } catch { refused = error.parameter }
        #expect(refused == (isTaken ? nil : "dimensions"))
    }

    @Test(
        "an answer without a picture is an error",
        arguments: [
            (#"{"created":1,"data":[]}"#, 502, "bad_upstream_response"),
            (#"{"created":1,"data":[],"content_filter":[{"role":"assistant","level":0}]}"#, 400, "content_filter"),
        ])
    func noImage(_ body: String, _ status: Int, _ code: String) {
        do throws(UpstreamFailure) {
            _ = try Zhipu().decodeImages(Array(body.utf8), status: 200, for: Self.call("cogview-4"))
            Issue.record("taken for an answer")
        } catch {
            #expect(error.status == status)
            #expect(error.code == .text(code))
        }
    }

    @Test("usage in a chunk that reports a failure comes before the failure")
    func usageOfBreakdown() {
        let chunk =
            #"{"id":"1","model":"glm-4.6","choices":[{"index":0,"delta":{"content":""},"finish_reason":"network_error"}],"#
            + #""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#
        var decoder = Zhipu().decoder()
        var events: [ChatEvent] = []
        decoder.feed(Array("data: \(chunk)\n\ndata: [DONE]\n\n".utf8), into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        #expect(ChatAnswer(events).usage?.totalTokens == 5)
        if case .failed(let failure) = events.last {
            #expect(failure.code == .text("1234"))
        } else {
            Issue.record("the failure is not the last")
        }
    }

    @Test("pages beside a choice's end come before it, while a client still reads")
    func pages() throws {
        let body =
            #"{"id":"1","model":"glm-4.6","choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}],"#
            + #""web_search":[{"title":"t","link":"https://example.com"}]}"#
        let events = try Zhipu().decode(Array(body.utf8), status: 200, contentType: nil)
        let page = try #require(events.firstIndex { if case .citation = $0 { true } else { false } })
        let end = try #require(events.firstIndex { if case .finished = $0 { true } else { false } })
        #expect(page < end)
    }

    @Test("the marks of a box are taken out wherever a stream splits them")
    func boxes() {
        let text = "a<|begin_of_box|>4 <|<|end_of_box|>b"
        func streamed(_ pieces: [Substring]) -> String? {
            var decoder = Zhipu().decoder()
            var events: [ChatEvent] = []
            let end = #","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
            let chunks = pieces.map { #","choices":[{"index":0,"delta":{"content":"\#($0)"}}]}"# } + [end]
            for chunk in chunks {
                decoder.feed(Array((#"data: {"id":"1","model":"glm-4.5v""# + chunk + "\n\n").utf8), into: &events)
            }
            decoder.feed(Array("data: [DONE]\n\n".utf8), into: &events)
            decoder.finish(isCleanEnd: true, into: &events)
            return ChatAnswer(events).choices.first?.text
        }
        for place in text.indices {
            #expect(streamed([text[..<place], text[place...]]) == "a4 <|b", "\(text[..<place])")
        }
        #expect(streamed(text.map { Substring(String($0)) }) == "a4 <|b")
    }
}
