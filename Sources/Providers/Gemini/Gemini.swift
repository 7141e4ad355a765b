package import Chat
package import HTTP
package import JSON

/// generativelanguage.googleapis.com (spec/wire/gemini.md). Channel type 24.
///
/// Settings of the channel: `api_version` (`v1beta`), `safety_setting` (`BLOCK_NONE`).
package struct Gemini: EmbeddingProvider {
    package let descriptor = ProviderDescriptor(
        name: "Gemini", format: .gemini, channelTypes: [24], inlinesImages: true)

    private static let defaultBaseURL = "https://generativelanguage.googleapis.com"

    package init() {}

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        let action = request.stream.isOn ? "streamGenerateContent?alt=sse" : "generateContent"
        return EncodedRequest(
            url: Self.url(call, action), headers: Self.headers(call),
            body: try GeminiRequestEncoder.encode(
                request, model: call.model,
                safety: call.channel.setting("safety_setting") ?? GeminiRequestEncoder.usualSafety))
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String {
        "/" + (channel.setting("api_version") ?? "v1beta") + "/models"
    }

    static func url(_ call: ProviderCall, _ action: String) -> String {
        let base = call.channel.baseURL.isEmpty ? defaultBaseURL : call.channel.baseURL
        let version = call.channel.setting("api_version") ?? "v1beta"
        let model = percentEncoded(name(call.model))
        var url = ""
        url.reserveCapacity(base.utf8.count + version.utf8.count + model.utf8.count + action.utf8.count + 10)
        for part in [base, "/", version, "/models/", model, ":", action] { url += part }
        return url
    }

    /// Clients may write the name with its collection before it.
    private static func name(_ model: String) -> String {
        model.hasPrefix("models/") ? String(model.dropFirst(7)) : model
    }

    static func headers(_ call: ProviderCall) -> HTTPHeaders {
        ["Content-Type": "application/json", "Accept": "*/*", "x-goog-api-key": call.channel.key]
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? LazyJSON.parse(body) else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        var reader = GeminiAnswerReader()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        // A stream whose `alt=sse` a gateway lost is an array of its chunks.
        for chunk in root.array ?? [root] {
            if let failure = GeminiErrors.hidden(in: chunk) { throw failure }
            reader.read(chunk, into: &events)
        }
        guard reader.isFinished else {
            throw OpenAIErrors.missing("candidates", in: root.array?.first ?? root)
        }
        reader.finish(into: &events)
        return events
    }

    package func decoder() -> GeminiStreamDecoder { GeminiStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        GeminiErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }

    // MARK: Embeddings

    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        var requests: [JSON] = []
        for input in request.inputs {
            guard case .text(let text) = input else { continue }
            var object: JSONObject = [
                "model": .string("models/" + Self.name(call.model)), "content": ["parts": [["text": .string(text)]]],
            ]
            if let size = request.dimensions { object.append("outputDimensionality", .int(size)) }
            requests.append(.object(object))
        }
        let body: JSON = ["requests": .array(requests)]
        return EncodedRequest(
            url: Self.url(call, "batchEmbedContents"), headers: Self.headers(call), body: body.encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        guard let root = try? LazyJSON.parse(body) else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        guard root["embeddings"]?.isArray == true else { throw OpenAIErrors.missing("embeddings", in: root) }
        let vectors = (root["embeddings"]?.array ?? []).map { ($0["values"]?.array ?? []).compactMap(\.double) }
        let tokens = root["usageMetadata"]?["promptTokenCount"]?.int
        return EmbeddingAnswer(vectors: vectors, usage: tokens.map { Usage(promptTokens: min(max(0, $0), Usage.most)) })
    }
}
