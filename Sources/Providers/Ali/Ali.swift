package import Chat
package import HTTP
package import JSON

/// dashscope.aliyuncs.com, its own format (spec/wire/ali.md). Channel type 17; the OpenAI-compatible address is type 49, a row
/// of `OpenAIVendor`.
///
/// Settings of the channel: `plugin`, the value of `X-DashScope-Plugin`.
package struct Ali: EmbeddingProvider, ImageProvider {
    package let descriptor = ProviderDescriptor(name: "Ali", format: .ali, channelTypes: [17])

    private static let defaultBaseURL = "https://dashscope.aliyuncs.com"
    private static let chatPath = "services/aigc/text-generation/generation"
    private static let multimodalPath = "services/aigc/multimodal-generation/generation"

    package init() {}

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        // Pictures of the assistant's alone do not make a model see.
        let plain = request.leavingOutAnswerPictures()
        let isMultimodal = AliRequestEncoder.isMultimodal(plain, model: call.model)
        let adapted = isMultimodal ? request.movingAnswerPictures() : plain
        var headers = Self.headers(call)
        if request.stream.isOn {
            headers.set("Accept", "text/event-stream")
            headers.add("X-DashScope-SSE", "enable")
        }
        return EncodedRequest(
            url: Self.url(call, isMultimodal ? Self.multimodalPath : Self.chatPath), headers: headers,
            body: try AliRequestEncoder.encode(adapted, model: call.model, isMultimodal: isMultimodal))
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String { "/api/v1/services" }

    private static func url(_ call: ProviderCall, _ path: String) -> String {
        (call.channel.baseURL.isEmpty ? defaultBaseURL : call.channel.baseURL) + "/api/v1/" + path
    }

    private static func headers(_ call: ProviderCall) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "Accept": "application/json",
            "Authorization": "Bearer " + call.channel.key,
        ]
        if let plugin = call.channel.setting("plugin") { headers.add("X-DashScope-Plugin", plugin) }
        return headers
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        let root = try Self.object(body, status, contentType)
        guard root["output"]?.isObject == true else {
            throw OpenAIErrors.missing("output", in: root)
        }
        var reader = AliAnswerReader()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        reader.read(root, into: &events)
        guard !reader.isEmpty else {
            throw OpenAIErrors.missing("choices", in: root)
        }
        reader.finish(into: &events)
        return events
    }

    /// The object in the body. An error in it is thrown.
    private static func object(
        _ body: [UInt8], _ status: Int, _ contentType: String? = nil
    ) throws(UpstreamFailure) -> LazyJSON {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if let failure = AliErrors.hidden(in: root) { throw failure }
        return root
    }

    package func decoder() -> AliStreamDecoder { AliStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        if let root = try? LazyJSON.parse(body), var failure = AliErrors.hidden(in: root, status: status) {
            failure.retryAfter = RetryAfter.read(headers)
            return failure
        }
        return OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }

    // MARK: Embeddings

    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        let texts = request.inputs.compactMap { input -> JSON? in
            if case .text(let text) = input { .string(text) } else { nil }
        }
        var body: JSONObject = ["model": .string(call.model), "input": ["texts": .array(texts)]]
        if let size = request.dimensions { body.append("parameters", ["dimension": .int(size)]) }
        return EncodedRequest(
            url: Self.url(call, "services/embeddings/text-embedding/text-embedding"), headers: Self.headers(call),
            body: JSON.object(body).encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        let root = try Self.object(body, status)
        guard root["output"]?["embeddings"]?.isArray == true else { throw OpenAIErrors.missing("embeddings", in: root) }
        let items = (root["output"]?["embeddings"]?.array ?? [])
            .sorted { ($0["text_index"]?.int ?? 0) < ($1["text_index"]?.int ?? 0) }
        // The service reports only the total, which is the prompt's.
        let tokens = root["usage"]?["total_tokens"]?.int
        return EmbeddingAnswer(
            vectors: items.map { ($0["embedding"]?.array ?? []).compactMap(\.double) },
            usage: tokens.map { Usage(promptTokens: min(max(0, $0), Usage.most)) })
    }

    // MARK: Images

    package func encode(_ request: ImageRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        var parameters: JSONObject = ["n": .int(request.count ?? 1)]
        if let size = request.size {
            parameters.append("size", .string(String(size.map { $0 == "x" ? "*" : $0 })))
        }
        if let style = request.style, style.hasPrefix("<") { parameters.append("style", .string(style)) }
        if call.model.hasPrefix("qwen-image-") {
            // These models answer at once, in the form of a chat (§5).
            let message: JSON = ["role": "user", "content": [["text": .string(request.prompt)]]]
            let body: JSON = [
                "model": .string(call.model), "input": ["messages": [message]], "parameters": .object(parameters),
            ]
            return EncodedRequest(
                url: Self.url(call, Self.multimodalPath), headers: Self.headers(call), body: body.encoded())
        }
        let body: JSON = [
            "model": .string(Self.imageModel(call.model)), "input": ["prompt": .string(request.prompt)],
            "parameters": .object(parameters),
        ]
        var headers = Self.headers(call)
        headers.add("X-DashScope-Async", "enable")
        return EncodedRequest(
            url: Self.url(call, "services/aigc/text2image/image-synthesis"), headers: headers, body: body.encoded())
    }

    /// one-api's names for Stable Diffusion begin with `ali-`, Ali's own do not (spec/relay.md §6).
    private static func imageModel(_ name: String) -> String {
        name.hasPrefix("ali-stable-diffusion-") ? String(name.dropFirst("ali-".count)) : name
    }

    package func decodeImages(
        _ body: [UInt8], status: Int, for call: ProviderCall
    ) throws(UpstreamFailure) -> ImageProgress {
        let root = try Self.object(body, status)
        let output = root["output"] ?? root
        let painted = (output["choices"]?.array ?? []).flatMap { $0["message"]?["content"]?.array ?? [] }
            .compactMap { $0["image"]?.string }
        if !painted.isEmpty {
            return .done(ImageAnswer(images: painted.map { ImageAnswer.Image(Media(address: $0)) }))
        }
        switch output["task_status"]?.string {
        case "PENDING", "RUNNING", "SUSPENDED":
            guard let id = output["task_id"]?.string, !id.isEmpty,
                id.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" })
            else { break }
            return .pending(
                poll: EncodedRequest(
                    method: .get, url: Self.url(call, "tasks/\(id)"), headers: Self.headers(call), body: []))
        case "SUCCEEDED":
            let images = (output["results"]?.array ?? []).compactMap { $0["url"]?.string }
            guard !images.isEmpty else { break }
            return .done(ImageAnswer(images: images.map { ImageAnswer.Image(.url($0)) }))
        case "FAILED", "CANCELED", "UNKNOWN":
            throw AliErrors.failure(
                code: output["code"]?.string ?? "InternalError",
                message: output["message"]?.string ?? "The image task ended as \(output["task_status"]?.string ?? "").",
                status: 200)
        default: break
        }
        throw OpenAIErrors.missing("image task", in: root)
    }
}
