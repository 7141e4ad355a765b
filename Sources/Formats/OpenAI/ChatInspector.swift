package import Chat
package import JSON

/// Checks a client's chat request and reads its envelope. It parses the body once, and walks over the top level, the
/// messages and the tools.
package struct ChatInspector {
    private static let maxTokenLimit: Int64 = 1_073_741_823
    private let parser: JSONParser
    let limits: RequestLimits

    package init(parser: JSONParser, limits: RequestLimits = RequestLimits()) {
        self.parser = parser
        self.limits = limits
    }

    /// - Throws: what is wrong, naming the field. Members that routing or metering reads must not come twice: the
    ///   upstream might read the other one.
    package func inspect(_ body: [UInt8]) throws(RequestError) -> ChatEnvelope {
        var result: Result<ChatEnvelope, RequestError> = .failure(RequestError(.invalidJSON, "The body is empty."))
        body.withUnsafeBytes { bytes in
            do throws(RequestError) { result = .success(try inspect(bytes)) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    private func inspect(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> ChatEnvelope {
        let root: JSONView
        do throws(JSONError) { root = try parser.parse(bytes) } catch {
            throw RequestError(.invalidJSON, "We could not parse the JSON body of your request: \(error.message)")
        }
        guard root.isObject else { throw RequestError(.invalidJSON, "The body must be a JSON object.") }
        var envelope = ChatEnvelope()
        try locate(bytes, &envelope)
        try readModel(root, &envelope)
        try readMessages(root, &envelope)
        try readTools(root, &envelope)
        try readStream(root, &envelope)
        try readNumbers(root, &envelope)
        readAudio(root, &envelope)
        return envelope
    }

    private func locate(_ bytes: UnsafeRawBufferPointer, _ envelope: inout ChatEnvelope) throws(RequestError) {
        var census = MemberCensus(MeteredMembers.Chat.names)
        var found = envelope.spans
        var marksCache = false
        JSONSpans.forEachMember(in: bytes) { member in
            let index = JSONSpans.withKey(of: member, in: bytes) { census.note($0) }
            switch index.flatMap(MeteredMembers.Chat.init) {
            case .model: found.model = member.valueRange
            case .messages: found.messages = member.valueRange
            case .streamOptions: found.streamOptions = member.valueRange
            case .cacheControl: marksCache = true
            default: break
            }
            return true
        }
        try census.check(at: "")
        envelope.spans = found
        envelope.writesCache = marksCache
    }

    private func readModel(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        guard let model = root["model"], !model.isNull else {
            throw RequestError(.missingParameter, "you must provide a model parameter", parameter: "model")
        }
        guard let name = model.string else { throw wrongType("model", "a string", model) }
        guard !name.isEmpty, name.utf8.count <= 256 else {
            throw RequestError(
                .invalidValue, "Invalid 'model': expected a name of 1 to 256 bytes.", parameter: "model")
        }
        envelope.model = name
    }

    private func readStream(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        if let stream = root["stream"], !stream.isNull {
            guard let value = stream.bool else { throw wrongType("stream", "a boolean", stream) }
            envelope.isStream = value
        }
        guard let options = root["stream_options"], !options.isNull else { return }
        guard options.isObject else { throw wrongType("stream_options", "an object", options) }
        // The stream's usage depends on this member, so that it must not appear twice either.
        var census = MemberCensus(MeteredMembers.streamOptions)
        options.forEachMember { key, _ in _ = census.note(key) }
        try census.check(at: "stream_options")
        guard envelope.isStream else {
            throw RequestError(
                .invalidValue, "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                parameter: "stream_options")
        }
        if let include = options["include_usage"], !include.isNull {
            guard let value = include.bool else {
                throw wrongType("stream_options.include_usage", "a boolean", include)
            }
            envelope.includesUsage = value
        }
    }

    private func readNumbers(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        let older = try integer(root["max_tokens"], "max_tokens", 0...Self.maxTokenLimit)
        let newer = try integer(root["max_completion_tokens"], "max_completion_tokens", 0...Self.maxTokenLimit)
        envelope.maxTokens = if let newer, let older { max(newer, older) } else { newer ?? older }
        envelope.count = try integer(root["n"], "n", 1...128) ?? 1
        for name: StaticString in ["temperature", "top_p", "frequency_penalty", "presence_penalty"] {
            if let value = root[name], !value.isNull, value.kind != .number {
                throw wrongType("\(name)", "a decimal", value)
            }
        }
    }

    /// The answer is spoken if `modalities` asks for it or if `audio` is given.
    private func readAudio(_ root: JSONView, _ envelope: inout ChatEnvelope) {
        if let audio = root["audio"], !audio.isNull { envelope.speaks = true }
        root["modalities"]?.forEachElement { if $0.equals("audio") { envelope.speaks = true } }
    }

    private func integer(
        _ value: JSONView?, _ name: String, _ range: ClosedRange<Int64>
    ) throws(RequestError) -> Int64? {
        guard let value, !value.isNull else { return nil }
        guard value.kind == .number else { throw wrongType(name, "an integer", value) }
        guard let number = value.int else { throw wrongType(name, "an integer", value) }
        guard range.contains(number) else {
            throw RequestError(
                .invalidValue,
                "Invalid '\(name)': expected an integer from \(range.lowerBound) to \(range.upperBound), but got \(number) instead.",
                parameter: name)
        }
        return number
    }

    func wrongType(_ name: String, _ expected: String, _ value: JSONView) -> RequestError {
        let found =
            switch value.kind {
            case .null: "null"
            case .bool: "a boolean"
            case .number: value.int == nil ? "a decimal" : "an integer"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        return RequestError(
            .invalidType, "Invalid type for '\(name)': expected \(expected), but got \(found) instead.", parameter: name
        )
    }
}
