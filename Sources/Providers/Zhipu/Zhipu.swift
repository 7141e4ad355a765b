package import Chat
package import HTTP
package import JSON

/// open.bigmodel.cn (spec/wire/zhipu.md). Channel type 16; its key is `id.secret`.
///
/// Version 4 is OpenAI's format with deviations; version 3 serves the `chatglm` models of old.
package struct Zhipu: EmbeddingProvider, ImageProvider {
    package let descriptor = ProviderDescriptor(
        name: "Zhipu", format: .zhipu, channelTypes: [16], needsToken: true)

    private static let defaultBaseURL = "https://open.bigmodel.cn"

    package init() {}

    package func problem(withKey key: String) -> String? {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            ? nil : "a key of Zhipu's is an id and a secret with one dot between them"
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String { "/api/paas/v4" }

    package func tokenSource(for channel: ProviderChannel, time: Int64) -> TokenSource {
        ZhipuToken.make(key: channel.key, time: time).map { .made($0) } ?? .nothing
    }

    /// How long the name of a user may be.
    static let userBytes = 6...128

    static func isLegacy(_ model: String) -> Bool { model.hasPrefix("chatglm") || model.hasPrefix("characterglm") }

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        if Self.isLegacy(call.model) {
            let action = request.stream.isOn ? "sse-invoke" : "invoke"
            return try Self.request(
                call, "v3/model-api/\(percentEncoded(call.model))/\(action)", try ZhipuLegacyEncoder.encode(request),
                accept: request.stream.isOn ? "text/event-stream" : "application/json")
        }
        return try Self.request(
            call, "v4/chat/completions", try ZhipuRequestEncoder.encode(request, model: call.model))
    }

    private static func request(
        _ call: ProviderCall, _ path: String, _ body: [UInt8], accept: String = "application/json"
    ) throws(RequestError) -> EncodedRequest {
        guard let token = call.accessToken else {
            throw RequestError(.invalidValue, "The channel's key is not one of Zhipu's.")
        }
        let base = call.channel.baseURL.isEmpty ? defaultBaseURL : call.channel.baseURL
        return EncodedRequest(
            url: base + "/api/paas/" + path,
            headers: ["Content-Type": "application/json", "Accept": accept, "Authorization": "Bearer " + token],
            body: body)
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if let failure = ZhipuErrors.hidden(in: root) { throw failure }
        if root["success"]?.bool != nil { return try ZhipuLegacyAnswer.events(of: root) }
        var translator = ZhipuTranslator()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        for event in try OpenAI.events(of: root) {
            translator.take(event, into: &events)
        }
        translator.finish(into: &events)
        return events
    }

    package func decoder() -> ZhipuStreamDecoder { ZhipuStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        if let root = try? LazyJSON.parse(body), var failure = ZhipuErrors.hidden(in: root, status: status) {
            failure.retryAfter = RetryAfter.read(headers)
            return failure
        }
        return OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }

    // MARK: Embeddings and images

    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        // The older model has one size.
        if call.model == "embedding-2", let size = request.dimensions, size != 1024 {
            throw RequestError(
                .invalidValue, "The vectors of embedding-2 have 1024 numbers; 'dimensions' cannot be chosen.",
                parameter: "dimensions")
        }
        var body: JSONObject = ["model": .string(call.model)]
        body.append(
            "input",
            .array(
                request.inputs.compactMap { input in if case .text(let text) = input { .string(text) } else { nil } }))
        if let size = request.dimensions, call.model != "embedding-2" { body.append("dimensions", .int(size)) }
        return try Self.request(call, "v4/embeddings", JSON.object(body).encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        if let failure = ZhipuErrors.hidden(in: root) { throw failure }
        guard root["data"]?.isArray == true else { throw OpenAIErrors.missing("embeddings", in: root) }
        let items = (root["data"]?.array ?? []).sorted { ($0["index"]?.int ?? 0) < ($1["index"]?.int ?? 0) }
        let tokens = root["usage"]?["prompt_tokens"]?.int
        return EmbeddingAnswer(
            model: root["model"]?.string ?? "",
            vectors: items.map { ($0["embedding"]?.array ?? []).compactMap(\.double) },
            usage: tokens.map { Usage(promptTokens: min(max(0, $0), Usage.most)) })
    }

    package func encode(_ request: ImageRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        if let count = request.count, count != 1 {
            throw RequestError(.invalidValue, "Zhipu makes one image at a time.", parameter: "n")
        }
        var body: JSONObject = ["model": .string(call.model), "prompt": .string(request.prompt)]
        if let size = request.size { body.append("size", .string(size)) }
        if let quality = request.quality { body.append("quality", .string(quality)) }
        if let user = request.user, !user.isEmpty {
            body.append("user_id", .string(UserID.fitting(user, Self.userBytes)))
        }
        return try Self.request(call, "v4/images/generations", JSON.object(body).encoded())
    }

    package func decodeImages(
        _ body: [UInt8], status: Int, for call: ProviderCall
    ) throws(UpstreamFailure) -> ImageProgress {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        if let failure = ZhipuErrors.hidden(in: root) { throw failure }
        let images = (root["data"]?.array ?? []).compactMap { $0["url"]?.string }.map { ImageAnswer.Image(.url($0)) }
        guard !images.isEmpty else {
            guard root["content_filter"]?[0] != nil else { throw OpenAIErrors.missing("image", in: root) }
            throw UpstreamFailure(
                kind: .badRequest, status: 400, message: "The image was withheld.", type: "invalid_request_error",
                code: .text("content_filter"))
        }
        return .done(ImageAnswer(created: root["created"]?.int ?? 0, images: images))
    }
}
