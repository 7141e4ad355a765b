import Chat
import HTTP
import JSON
import Providers
import Testing

/// What the fixtures cannot show: when Gemini's usage is told, and what its headers add to an error.
@Suite("Gemini's stream")
struct GeminiStreamTests {
    private func chunk(_ text: String, _ usage: String) -> [UInt8] {
        Array(
            #"data: {"candidates":[{"content":{"parts":[{"text":"\#(text)"}]}}],"usageMetadata":\#(usage)}"#.utf8)
            + [0x0d, 0x0a, 0x0d, 0x0a]
    }

    private func usages(_ events: [ChatEvent]) -> [Usage] {
        events.compactMap { if case .usage(let usage, _) = $0 { usage } else { nil } }
    }

    @Test("tells usage as soon as it comes, and again only if it changed")
    func usage() {
        var decoder = Gemini().decoder()
        var events: [ChatEvent] = []
        decoder.feed(chunk("a", #"{"promptTokenCount":5,"thoughtsTokenCount":90}"#), into: &events)
        #expect(usages(events) == [Usage(promptTokens: 5, completionTokens: 90, reasoningTokens: 90)])
        decoder.feed(chunk("b", #"{"promptTokenCount":5,"thoughtsTokenCount":90}"#), into: &events)
        #expect(usages(events).count == 1)
        decoder.feed(
            chunk("c", #"{"promptTokenCount":5,"thoughtsTokenCount":90,"candidatesTokenCount":2}"#), into: &events)
        #expect(usages(events).last?.completionTokens == 92)
    }

    @Test("tells no usage where nothing was counted", arguments: ["{}", #"{"trafficType":"ON_DEMAND"}"#])
    func uncounted(_ value: String) {
        var decoder = Gemini().decoder()
        var events: [ChatEvent] = []
        decoder.feed(chunk("a", value), into: &events)
        #expect(usages(events).isEmpty)
    }

    @Test("a picture is no text, and its bytes no tokens of it")
    func picture() throws {
        let body =
            #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"finishReason":"STOP"}]}"#
        let events = try Gemini().decode(Array(body.utf8), status: 200, contentType: nil)
        #expect(events.contains(.image(0, .base64(type: "image/png", data: "AAAA"))))
        #expect(!events.contains { if case .textDelta = $0 { true } else { false } })
    }

    @Test("the chunks of a stream that came as an array are one answer, and an error among them is one")
    func array() throws {
        let chunks = #"[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},"#
        let end = #"{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]"#
        let answer = ChatAnswer(try Gemini().decode(Array((chunks + end).utf8), status: 200, contentType: nil))
        #expect(answer.choices.first?.text == "ab" && answer.choices.first?.finishReason == .stop)
        let error = #"{"error":{"code":503,"message":"Overloaded.","status":"UNAVAILABLE"}}]"#
        let failed = #expect(throws: UpstreamFailure.self) {
            try Gemini().decode(Array((chunks + error).utf8), status: 200, contentType: nil)
        }
        #expect(failed?.kind == .overloaded)
    }

    @Test("the wait is the body's, or else the header's")
    func wait() {
        func wait(_ details: String) -> Int? {
            let body =
                #"{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED","details":[\#(details)]}}"#
            return Gemini().failure(
                status: 429, headers: ["retry-after": "9"], body: Array(body.utf8), parser: JSONParser()
            ).retryAfter
        }
        #expect(wait(#"{"retryDelay":"26s"}"#) == 26)
        #expect(wait("") == 9)
    }
}
