import Chat
import JSON
import Testing

@testable import Providers

/// What the fixtures in `Fixtures/PaLM` do not cover.
@Suite("PaLM")
struct PaLMTests {
    private static let call = ProviderCall(
        channel: ProviderChannel(type: 11, baseURL: "", key: "AIza"), model: "embedding-gecko-001")

    @Test("the gateway's sentence about a withheld answer is not the model's text, so it is not charged")
    func withheld() throws {
        let events = try PaLM().decode(Array(#"{"filters":[{"reason":"OTHER"}]}"#.utf8), status: 200, contentType: nil)
        let isWritten = events.contains {
            switch $0 {
            case .textDelta, .refusalDelta, .reasoningDelta: true
            default: false
            }
        }
        #expect(!isWritten)
        #expect(ChatAnswer(events).choices.first?.finishReason == .contentFilter)
    }

    @Test("a single text is embedded by itself, and several as a batch")
    func embeddings() throws {
        func sent(_ texts: [String]) throws -> (url: String, body: String) {
            let request = EmbeddingRequest(model: "m", inputs: texts.map { .text($0) })
            let encoded = try PaLM().encode(request, for: Self.call)
            return (encoded.url, String(decoding: encoded.body, as: UTF8.self))
        }
        let base = "https://generativelanguage.googleapis.com/"
        #expect(try sent(["a"]) == (base + "v1beta2/models/embedding-gecko-001:embedText", #"{"text":"a"}"#))
        #expect(
            try sent(["a", "b"])
                == (base + "v1beta3/models/embedding-gecko-001:batchEmbedText", #"{"texts":["a","b"]}"#))
    }

    @Test(
        "vectors are read from a single answer and from a batch",
        arguments: [
            (#"{"embedding":{"value":[0.5,-1]}}"#, [[0.5, -1]]),
            (#"{"embeddings":[{"value":[0.5]},{"value":[1]}]}"#, [[0.5], [1]]), (#"{"embeddings":[]}"#, []),
        ])
    func vectors(_ body: String, _ wanted: [[Double]]) throws {
        let answer = try PaLM().decodeEmbeddings(Array(body.utf8), status: 200)
        #expect(answer.vectors == wanted)
        #expect(answer.usage == nil)
    }

    @Test("a vector size is refused")
    func dimensions() {
        let request = EmbeddingRequest(model: "m", inputs: [.text("x")], dimensions: 256)
        let error = #expect(throws: RequestError.self) { try PaLM().encode(request, for: Self.call) }
        #expect(error?.parameter == "dimensions")
    }
}
