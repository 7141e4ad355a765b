package import Chat
import JSON

/// Pictures (spec/wire/baidu.md §3.6), which come as base64.
///
/// | What Baidu does not have | What happens with it |
/// | --- | --- |
/// | addresses of pictures, more than four pictures at once | refused |
/// | OpenAI's styles, quality | dropped; Baidu's own styles are sent |
extension Baidu: ImageProvider {
    private static let maxImages: Int64 = 4

    package func encode(_ request: ImageRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        if request.responseFormat == "url" {
            throw BaiduRequestEncoder.cannot("give pictures by address", "response_format")
        }
        if let count = request.count, !(1...Self.maxImages).contains(count) {
            throw BaiduRequestEncoder.cannot("make that many pictures at once", "n")
        }
        var body: JSONObject = ["prompt": .string(request.prompt), "n": .int(request.count ?? 1)]
        if let size = request.size { body.append("size", .string(size)) }
        if let style = request.style, style != "vivid", style != "natural" { body.append("style", .string(style)) }
        if let user = request.user { body.append("user_id", .string(user)) }
        return Self.request(call, "text2image/" + BaiduModels.endpoint(call.model), JSON.object(body).encoded())
    }

    package func decodeImages(
        _ body: [UInt8], status: Int, for call: ProviderCall
    ) throws(UpstreamFailure) -> ImageProgress {
        let root = try Self.answer(body, status: status, contentType: nil)
        let images = (root["data"]?.array ?? []).compactMap { item -> ImageAnswer.Image? in
            guard let data = item["b64_image"]?.string, !data.isEmpty else { return nil }
            return ImageAnswer.Image(Media(base64: data, declared: "image/png"))
        }
        guard !images.isEmpty else {
            throw OpenAIErrors.missing("pictures", in: root)
        }
        return .done(ImageAnswer(created: root["created"]?.int ?? 0, images: images))
    }
}
