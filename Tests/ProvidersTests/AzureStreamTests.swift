import Chat
import JSON
import Providers
import Testing

/// What passes of Azure's streams (spec/wire/azure.md §4).
@Suite("A stream of Azure's")
struct AzureStreamTests {
    private static let first =
        #"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}"#
    private static let text =
        #"{"choices":[{"delta":{"content":"Oslo"},"finish_reason":null,"index":0}],"created":17,"id":"chatcmpl-1","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk"}"#
    private static let stop =
        #"{"choices":[{"delta":{},"finish_reason":"stop","index":0}],"created":17,"id":"chatcmpl-1","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk"}"#

    private static func verdict(_ reason: String) -> String {
        #"{"choices":[{"content_filter_offsets":{"check_offset":4},"finish_reason":"# + reason
            + #","index":0}],"created":0,"id":"","model":"","object":""}"#
    }

    private func relay(_ events: [String], hidesUsage: Bool = true) -> ([String], OpenAIStreamRelay.Outcome) {
        var relay = OpenAIStreamRelay(hidesUsage: hidesUsage)
        var output: [UInt8] = []
        relay.feed(Array(events.map { "data: \($0)\n\n" }.joined().utf8), parser: JSONParser(), into: &output)
        let outcome = relay.finish(isCleanEnd: true, parser: JSONParser(), into: &output)
        return (MergedAnswer.payloads(output).map { String(decoding: $0, as: UTF8.self) }, outcome)
    }

    @Test("loses the verdict on the prompt, which no client can read", arguments: [true, false])
    func first(_ hidesUsage: Bool) {
        let (payloads, outcome) = relay([Self.first, Self.text, Self.stop, "[DONE]"], hidesUsage: hidesUsage)
        #expect(payloads == [Self.text, Self.stop, "[DONE]"])
        #expect(outcome == .complete)
    }

    @Test("has nothing for the client before an error that follows the verdict, so that another channel may answer")
    func errorAfterVerdict() {
        let (payloads, outcome) = relay([Self.first, #"{"error":{"message":"Slow","code":"429"}}"#])
        #expect(payloads.isEmpty)
        guard case .failed(let failure) = outcome else {
            Issue.record("not failed")
            return
        }
        #expect(failure.status == 429 && failure.type == "rate_limit_error")
    }

    @Test("loses verdicts on the text that change nothing")
    func laterVerdicts() {
        let (payloads, _) = relay([Self.first, Self.text, Self.verdict("null"), Self.stop, "[DONE]"])
        #expect(payloads == [Self.text, Self.stop, "[DONE]"])
    }

    @Test("passes a verdict that ends the answer, with a delta and the head of the chunks before it")
    func lastVerdict() throws {
        let (payloads, outcome) = relay([Self.first, Self.text, Self.verdict(#""content_filter""#), "[DONE]"])
        #expect(outcome == .complete)
        try #require(payloads.count == 3)
        let chunk = try JSON.parse(Array(payloads[1].utf8))
        #expect(chunk["id"]?.string == "chatcmpl-1" && chunk["model"]?.string == "gpt-4o-2024-11-20")
        #expect(chunk["object"]?.string == "chat.completion.chunk" && chunk["created"]?.int == 17)
        #expect(chunk["choices"]?[0]?["delta"]?.object != nil)
        #expect(chunk["choices"]?[0]?["finish_reason"]?.string == "content_filter")
    }

    @Test("that is stopped by the filter is the request's own fault and tried nowhere else")
    func filterError() {
        let error =
            #"{"error":{"message":"Filtered","type":null,"param":"prompt","code":"content_filter","status":400}}"#
        guard case .failed(let failure) = relay([Self.first, error]).1 else {
            Issue.record("not failed")
            return
        }
        #expect(failure.kind == .badRequest && failure.status == 400 && !failure.isRetryable)
        #expect(failure.type == "invalid_request_error" && failure.code == .text("content_filter"))
    }
}
