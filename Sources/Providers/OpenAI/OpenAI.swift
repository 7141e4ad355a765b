package import Chat
package import HTTP
package import JSON

/// OpenAI and every vendor that speaks its format.
package struct OpenAI: Provider {
    package let descriptor = ProviderDescriptor(
        name: "OpenAI", format: .openAI, channelTypes: OpenAIVendor.all.keys.sorted())

    package init() {}

    package func problem(with channel: ProviderChannel) -> String? {
        if let problem = channel.unreadableKey { return problem }
        switch OpenAIVendor.all[channel.type]?.path {
        case .azure: return AzureAddress.problem(with: channel)
        default: break
        }
        return unusable(channel)
    }

    package func unusable(_ channel: ProviderChannel) -> String? {
        let isSigned = channel.type == OpenAIVendor.tencent && channel.key.contains("|")
        return isSigned
            ? "Tencent is served at its compatible address, whose API key has no '|' in it; AppId|SecretId|SecretKey is not"
            : nil
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String {
        OpenAIVendor.all[channel.type]?.chatPath(base) ?? ""
    }

    package func encode(
        _ request: ChatRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        guard let vendor = OpenAIVendor.all[call.channel.type],
            let url = vendor.url(of: .chat, for: call.channel, model: call.model)
        else {
            throw RequestError(.invalidValue, "Channel type \(call.channel.type) does not speak OpenAI's format.")
        }
        var request = vendor.placingAnswerPictures(of: request, model: call.model)
        try vendor.dialect.adapt(&request, vendor: vendor.name)
        let accept = request.stream.isOn ? "text/event-stream" : "application/json"
        return EncodedRequest(
            url: url, headers: vendor.headers(key: call.channel.key, accept: accept),
            body: try OpenAIRequestEncoder.encode(
                request, model: call.model, dialect: vendor.dialect,
                asksForUsage: call.asksForUsage && vendor.takesStreamOptions(call.channel)))
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        return try Self.events(of: root)
    }

    static func events(of root: LazyJSON) throws(UpstreamFailure) -> [ChatEvent] {
        if let failure = OpenAIErrors.hidden(in: root, needsChoices: true) { throw failure }
        var reader = OpenAIEventReader()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        reader.read(root, into: &events)
        return events
    }

    package func decoder() -> OpenAIStreamDecoder { OpenAIStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }
}

extension OpenAI: EmbeddingProvider {
    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        guard let vendor = OpenAIVendor.all[call.channel.type],
            let url = vendor.url(of: .embeddings, for: call.channel, model: call.model)
        else { throw RequestError(.invalidValue, "The channel's provider has no embeddings.", parameter: "model") }
        var inputs: [JSON] = []
        for input in request.inputs {
            switch input {
            case .text(let text): inputs.append(.string(text))
            case .tokens(let tokens): inputs.append(.array(tokens.map { .int($0) }))
            }
        }
        var root: JSONObject = ["model": .string(call.model), "input": .array(inputs)]
        root.append("dimensions", int: request.dimensions)
        root.append("user", string: request.user)
        return EncodedRequest(
            url: url, headers: vendor.headers(key: call.channel.key, accept: "application/json"),
            body: JSON.object(root).encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        if let failure = OpenAIErrors.hidden(in: root, needsChoices: false) { throw failure }
        let rows = (root["data"]?.array ?? []).sorted { ($0["index"]?.int ?? 0) < ($1["index"]?.int ?? 0) }
        return EmbeddingAnswer(
            model: root["model"]?.string ?? "",
            vectors: rows.map { ($0["embedding"]?.array ?? []).map { $0.double ?? 0 } },
            usage: (root["usage"]?["prompt_tokens"]?.int).map { Usage(promptTokens: max(0, min($0, Usage.most))) })
    }
}
