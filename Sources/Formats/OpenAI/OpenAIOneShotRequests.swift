package import Chat
package import JSON

/// Requests for embeddings, images and moderations in OpenAI's format (spec/wire/openai.md).
package enum OpenAIOneShotRequests {
    package static func object(_ body: [UInt8]) throws(RequestError) -> JSON {
        let root: JSON
        do throws(JSONError) { root = try JSON.parse(body) } catch {
            throw RequestError(.invalidJSON, "We could not parse the JSON body of your request: \(error.message)")
        }
        guard root.object != nil else { throw RequestError(.invalidJSON, "The body must be a JSON object.") }
        return root
    }

    /// - Parameter name: the model of a request that names none.
    package static func moderation(_ root: JSON, default name: String) throws(RequestError) -> ModerationRequest {
        try check(root, MeteredMembers.moderations)
        var reader = try FieldReader(root)
        guard let input = reader.value("input") else { throw reader.missing("input") }
        if let text = input.string {
            guard !text.isEmpty else { throw empty("input") }
            return ModerationRequest(model: try model(root, default: name), pieces: [.text(text)])
        }
        guard let items = input.array, !items.isEmpty else {
            throw RequestError(
                .invalidValue, "Invalid value for 'input': expected a string, or an array of strings or parts.",
                parameter: "input")
        }
        var pieces: [PromptPiece] = []
        var tokens = 0
        for item in items {
            if item.int != nil { tokens += 1 } else { pieces.append(piece(item)) }
        }
        if tokens > 0 { pieces.append(.tokens(tokens)) }
        return ModerationRequest(model: try model(root, default: name), pieces: pieces)
    }

    /// An item of a moderation's input. One of a kind that we do not know goes on to the upstream, and counts as its text.
    private static func piece(_ item: JSON) -> PromptPiece {
        if let text = item.string ?? item["text"]?.string { return .text(text) }
        if let tokens = item.array { return .tokens(tokens.count) }
        if let image = item["image_url"], let address = image["url"]?.string {
            return .picture(address: address, detail: image["detail"]?.string)
        }
        return .text(String(decoding: item.encoded(), as: UTF8.self))
    }

    private static func empty(_ name: String) -> RequestError {
        RequestError(
            .emptyString,
            "Invalid '\(name)': empty string. Expected a string with minimum length 1, but got an empty string instead.",
            parameter: name)
    }

    /// The members that we read must appear once, with exactly this spelling.
    private static func check(_ root: JSON, _ names: MemberNames) throws(RequestError) {
        var census = MemberCensus(names)
        for member in root.object?.members ?? [] { census.note(member.key) }
        try census.check(at: "")
    }

    /// The name of the model, which is required.
    private static func model(_ root: JSON, default name: String? = nil) throws(RequestError) -> String {
        var reader = try FieldReader(root)
        if let model = try reader.word("model"), !model.isEmpty { return model }
        guard let name else { throw reader.missing("model") }
        return name
    }

    package static func embeddings(
        _ root: JSON, limits: RequestLimits = RequestLimits()
    ) throws(RequestError) -> (EmbeddingRequest, isBase64: Bool) {
        try check(root, MeteredMembers.embeddings)
        var reader = try FieldReader(root)
        var request = EmbeddingRequest(model: try model(root), inputs: [])
        request.dimensions = try reader.int("dimensions")
        request.user = try reader.string("user")
        let format = try reader.string("encoding_format") ?? "float"
        guard ["float", "base64"].contains(format) else {
            throw RequestError(
                .invalidValue, "Invalid value for 'encoding_format': expected float or base64.",
                parameter: "encoding_format")
        }
        guard let input = reader.value("input") else { throw reader.missing("input") }
        request.inputs = try inputs(input, limits)
        return (request, format == "base64")
    }

    private static func inputs(
        _ value: JSON, _ limits: RequestLimits
    ) throws(RequestError) -> [EmbeddingRequest.Input] {
        if let text = value.string { return [.text(text)] }
        guard let items = value.array, !items.isEmpty, items.count <= limits.embeddingInputs || items[0].int != nil
        else {
            throw RequestError(
                .invalidValue,
                "Invalid value for 'input': expected a string, or an array of 1 to \(limits.embeddingInputs) strings or token arrays.",
                parameter: "input")
        }
        var left = limits.embeddingTokens
        if items[0].int != nil { return [.tokens(try tokens(items, "input", &left))] }
        var inputs: [EmbeddingRequest.Input] = []
        for (index, item) in items.enumerated() {
            if let text = item.string {
                inputs.append(.text(text))
            } else if let numbers = item.array {
                inputs.append(.tokens(try tokens(numbers, "input[\(index)]", &left)))
            } else {
                throw FieldReader.wrongType("input[\(index)]", "a string or an array of tokens", item)
            }
        }
        return inputs
    }

    /// - Parameter left: how many tokens the request may still contain.
    private static func tokens(_ items: [JSON], _ path: String, _ left: inout Int) throws(RequestError) -> [Int64] {
        guard items.count <= left else {
            throw RequestError(
                .invalidValue, "Invalid value for '\(path)': the request has too many tokens; \(left) were left to it.",
                parameter: path)
        }
        left -= items.count
        var tokens: [Int64] = []
        tokens.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let token = item.int, token >= 0, token < 1 << 24 else {
                throw FieldReader.wrongType("\(path)[\(index)]", "a token", item)
            }
            tokens.append(token)
        }
        return tokens
    }

    package static func image(_ root: JSON) throws(RequestError) -> ImageRequest {
        try check(root, MeteredMembers.images)
        var reader = try FieldReader(root)
        var request = ImageRequest(
            model: try model(root, default: defaultImageModel(root)), prompt: try reader.requiredString("prompt"))
        guard !request.prompt.isEmpty else { throw empty("prompt") }
        // one-api takes 0 and an empty size as absent.
        request.count = try reader.int("n").flatMap { $0 == 0 ? nil : $0 }
        request.size = try reader.word("size").flatMap { $0.isEmpty ? nil : $0 }
        request.quality = try reader.word("quality")
        request.style = try reader.word("style")
        request.responseFormat = try reader.word("response_format")
        request.user = try reader.string("user")
        request.isStream = try reader.bool("stream") ?? false
        request.previews = try reader.int("partial_images")
        return request
    }

    /// OpenAI's default is `dall-e-2`, unless a parameter is there that only GPT image models have.
    private static func defaultImageModel(_ root: JSON) -> String {
        let own = [
            "background", "moderation", "output_compression", "output_format", "partial_images", "stream",
        ]
        let isOwn = own.contains { name in root[name].map { !$0.isNull && $0.bool != false } ?? false }
        return isOwn ? "gpt-image-1" : "dall-e-2"
    }
}

/// Writes the answers to these requests.
package enum OpenAIOneShotAnswers {
    /// - Parameter base64: each text's vector as little-endian 32-bit floats in base64; `nil` writes numbers.
    package static func embeddings(
        _ answer: EmbeddingAnswer, model: String, promptTokens: Int64, base64: (([UInt8]) -> String)?
    ) -> [UInt8] {
        var data: [JSON] = []
        for (index, vector) in answer.vectors.enumerated() {
            let value: JSON = base64.map { .string($0(bytes(vector))) } ?? .array(vector.map { .double($0) })
            data.append(["object": "embedding", "index": .int(index), "embedding": value])
        }
        let root: JSON = [
            "object": "list", "data": .array(data), "model": .string(model),
            "usage": ["prompt_tokens": .int(promptTokens), "total_tokens": .int(promptTokens)],
        ]
        return root.encoded()
    }

    private static func bytes(_ vector: [Double]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(vector.count * 4)
        for value in vector {
            withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// - Parameter created: the time in seconds since 1970 that is used if the provider gave none.
    package static func images(_ answer: ImageAnswer, created: Int64) -> [UInt8] {
        let data = answer.images.map { image -> JSON in
            var object = JSONObject()
            switch image.media {
            case .url(let address): object.append("url", .string(address))
            case .base64(_, let data): object.append("b64_json", .string(data))
            case .fileID: break
            }
            if let prompt = image.revisedPrompt { object.append("revised_prompt", .string(prompt)) }
            return .object(object)
        }
        let root: JSON = ["created": .int(answer.created == 0 ? created : answer.created), "data": .array(data)]
        return root.encoded()
    }
}
