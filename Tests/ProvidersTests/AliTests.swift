import Chat
import HTTP
import JSON
import Providers
import Testing

@Suite("Ali")
struct AliTests {
    @Test("usage is reported with the event that brings it, and only once")
    func usageAtOnce() {
        var decoder = Ali().decoder()
        var events: [ChatEvent] = []
        let output = #""output":{"choices":[{"finish_reason":"null","message":{"role":"assistant","content":"Os"}}]}"#
        let usage = #""usage":{"input_tokens":12,"output_tokens":1,"total_tokens":13}"#
        let event = "data:{\(output),\(usage)}\n\n"
        decoder.feed(Array((event + event).utf8), into: &events)
        let told = events.compactMap { if case .usage(let usage, _) = $0 { usage.totalTokens } else { nil } }
        #expect(told == [13])
    }

    @Test("models that generate pictures synchronously are called like a chat, and their answers are read")
    func paintsAtOnce() throws {
        let channel = ProviderChannel(type: 17, baseURL: "", key: "sk-ali", settings: [:])
        let call = ProviderCall(
            channel: channel, model: "qwen-image-plus", time: 0, accessToken: nil, clientHeaders: HTTPHeaders())
        var request = ImageRequest(model: "qwen-image-plus", prompt: "A cat")
        request.size = "1328x1328"
        let encoded = try Ali().encode(request, for: call)
        #expect(encoded.url.hasSuffix("/multimodal-generation/generation"))
        #expect(encoded.headers["X-DashScope-Async"] == nil)
        let body = try JSON.parse(encoded.body)
        #expect(body["input"]?["messages"]?[0]?["content"]?[0]?["text"]?.string == "A cat")
        #expect(body["parameters"]?["size"]?.string == "1328*1328")
        let answer =
            #"{"output":{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"#
            + #"[{"image":"https://example.com/a.png"}]}}]},"usage":{"image_count":1},"request_id":"6f3c"}"#
        guard case .done(let images) = try Ali().decodeImages(Array(answer.utf8), status: 200, for: call) else {
            Issue.record("still painting")
            return
        }
        #expect(images.images.map(\.media) == [.url("https://example.com/a.png")])
    }
}
