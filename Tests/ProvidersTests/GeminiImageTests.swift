import Chat
import HTTP
import JSON
import Providers
import Testing

/// Imagen behind OpenAI's images endpoint.
@Suite("Gemini's images")
struct GeminiImageTests {
    private let call = ProviderCall(
        channel: ProviderChannel(type: 24, baseURL: "https://g.example", key: "AIza"), model: "imagen-4.0-generate-001")

    private func refused(_ change: (inout ImageRequest) -> Void, model: String? = nil) -> String? {
        var (request, call) = (ImageRequest(model: "m", prompt: "Oslo"), call)
        change(&request)
        if let model { call.model = model }
        do {
            _ = try Gemini().encode(request, for: call)
            return nil
        } catch { return error.parameter }
    }

    @Test("asks for an aspect ratio and a number of images")
    func request() throws {
        var request = ImageRequest(model: "m", prompt: "Oslo")
        (request.count, request.size) = (2, "1792x1024")
        let encoded = try Gemini().encode(request, for: call)
        #expect(encoded.url == "https://g.example/v1beta/models/imagen-4.0-generate-001:predict")
        #expect(encoded.headers["x-goog-api-key"] == "AIza")
        let body = try JSON.parse(encoded.body)
        #expect(
            body == [
                "instances": [["prompt": "Oslo"]], "parameters": ["sampleCount": 2, "aspectRatio": "16:9"],
            ])
    }

    @Test("refuses what Imagen cannot do, and names the client's field")
    func refusals() {
        #expect(refused { $0.count = 5 } == "n")
        #expect(refused { $0.size = "1000x10" } == "size")
        #expect(refused { $0.size = "9223372036854775807x2" } == "size")
        #expect(refused({ _ in }, model: "gemini-2.5-flash") == "model")
        #expect(refused { $0.size = "256x256" } == nil)
    }

    @Test("returns the images, or the reason why there are none")
    func answer() throws {
        func decode(_ body: String) throws -> ImageProgress {
            try Gemini().decodeImages(Array(body.utf8), status: 200, for: call)
        }
        let body = #"{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"AAAA","prompt":"Oslo, at dawn"}]}"#
        guard case .done(let answer) = try decode(body) else { throw Unfinished() }
        #expect(
            answer.images == [
                ImageAnswer.Image(.base64(type: "image/png", data: "AAAA"), revisedPrompt: "Oslo, at dawn")
            ])
        let filtered = #expect(throws: UpstreamFailure.self) {
            try decode(#"{"predictions":[{"raiFilteredReason":"No."}]}"#)
        }
        #expect(filtered?.code == .text("content_policy_violation"))
        #expect(filtered?.isRetryable == false)
        let empty = #expect(throws: UpstreamFailure.self) { try decode("{}") }
        #expect(empty?.status == 502)
    }

    private struct Unfinished: Error {}
}
