package import Chat
import JSON

/// Images by Imagen's models (`:predict`, spec/wire/gemini.md §1.2). Gemini's own models make pictures in a chat.
///
/// | What Imagen has not | What becomes of it |
/// | --- | --- |
/// | more than four images, other shapes than its five, other models | refused |
/// | the size in dots | its shape; the number of dots is the model's |
/// | quality, style, user, addresses in place of bytes | dropped |
extension Gemini: ImageProvider {
    private static let mostImages: Int64 = 4

    package func encode(_ request: ImageRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        guard call.model.contains("imagen") else {
            throw GeminiRequestEncoder.cannot("make images apart from a chat with this model", "model")
        }
        let count = request.count ?? 1
        guard (1...Self.mostImages).contains(count) else {
            throw GeminiRequestEncoder.cannot("make that many images", "n")
        }
        var parameters: JSONObject = ["sampleCount": .int(count)]
        if let size = request.size, size != "auto" {
            guard let shape = Self.shape(size) else { throw GeminiRequestEncoder.cannot("make this shape", "size") }
            parameters.append("aspectRatio", .string(shape))
        }
        let body: JSON = ["instances": [["prompt": .string(request.prompt)]], "parameters": .object(parameters)]
        return EncodedRequest(url: Self.url(call, "predict"), headers: Self.headers(call), body: body.encoded())
    }

    /// OpenAI's long formats are a little less long than Imagen's.
    private static func shape(_ size: String) -> String? {
        switch size {
        case "1024x1792": return "9:16"
        case "1792x1024": return "16:9"
        default: break
        }
        let sides = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], (1...8192).contains(width),
            (1...8192).contains(height)
        else { return nil }
        return [(1, 1), (3, 4), (4, 3), (9, 16), (16, 9)].first { width * $0.1 == height * $0.0 }.map { "\($0):\($1)" }
    }

    package func decodeImages(
        _ body: [UInt8], status: Int, for call: ProviderCall
    ) throws(UpstreamFailure) -> ImageProgress {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        let predictions = root["predictions"]?.array ?? []
        let images = predictions.compactMap { prediction in
            prediction["bytesBase64Encoded"]?.string.map { data in
                ImageAnswer.Image(
                    Media(base64: data, declared: prediction["mimeType"]?.string ?? "image/png"),
                    revisedPrompt: prediction["prompt"]?.string)
            }
        }
        guard images.isEmpty else { return .done(ImageAnswer(images: images)) }
        if let reason = predictions.lazy.compactMap({ $0["raiFilteredReason"]?.string }).first {
            throw UpstreamFailure(
                kind: .badRequest, status: 400, message: sanitized(reason, limit: 4096), type: "invalid_request_error",
                code: .text("content_policy_violation"))
        }
        throw OpenAIErrors.missing("images", in: root)
    }
}
