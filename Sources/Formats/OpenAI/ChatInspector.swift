package import Chat
package import JSON

/// Checks a client's chat request and reads its envelope; costs one parse and one walk over the top level.
package struct ChatInspector {
    private static let maxTokenLimit: Int64 = 1_073_741_823
    private let parser: JSONParser

    package init(parser: JSONParser) { self.parser = parser }

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
        try readStream(root, &envelope)
        try readNumbers(root, &envelope)
        return envelope
    }

    private func locate(_ bytes: UnsafeRawBufferPointer, _ envelope: inout ChatEnvelope) throws(RequestError) {
        var seen: UInt16 = 0
        var repeated: MeteredField?
        var found = envelope.spans
        var promptBytes = 0
        JSONSpans.forEachMember(in: bytes) { member in
            guard let field = MeteredField(member, in: bytes) else { return true }
            guard seen & (1 << field.rawValue) == 0 else {
                repeated = field
                return false
            }
            seen |= 1 << field.rawValue
            switch field {
            case .model: found.model = member.valueRange
            case .messages:
                found.messages = member.valueRange
                promptBytes += member.valueRange.count
            case .tools, .functions: promptBytes += member.valueRange.count
            case .streamOptions: found.streamOptions = member.valueRange
            default: break
            }
            return true
        }
        if let repeated { throw Self.repeated("\(repeated.name)") }
        if let options = found.streamOptions { try checkStreamOptions(bytes, at: options.lowerBound) }
        envelope.spans = found
        envelope.promptBytesLimit = promptBytes
    }

    /// Whether usage comes depends on this member, so it must not be said twice either.
    private func checkStreamOptions(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(RequestError) {
        var count = 0
        JSONSpans.forEachMember(in: bytes, from: start) { member in
            if JSONSpans.key(of: member, in: bytes, is: "include_usage") { count += 1 }
            return true
        }
        if count > 1 { throw Self.repeated("stream_options.include_usage") }
    }

    private static func repeated(_ name: String) -> RequestError {
        RequestError(.duplicateField, "The field '\(name)' occurs more than once.", parameter: name)
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

    private func readMessages(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        guard let messages = root["messages"], !messages.isNull else {
            throw RequestError(
                .missingParameter, "Missing required parameter: 'messages'.", parameter: "messages")
        }
        guard messages.isArray else { throw wrongType("messages", "an array of objects", messages) }
        var index = 0
        var images = 0
        try messages.forEachElement { (message: JSONView) throws(RequestError) in
            guard message.isObject else { throw wrongType("messages[\(index)]", "an object", message) }
            guard let role = message["role"], !role.isNull else {
                throw RequestError(
                    .missingParameter, "Missing required parameter: 'messages[\(index)].role'.",
                    parameter: "messages[\(index)].role")
            }
            guard role.kind == .string else { throw wrongType("messages[\(index)].role", "a string", role) }
            if let content = message["content"] {
                switch content.kind {
                case .string, .null: break
                case .array: content.forEachElement { if $0["image_url"] != nil { images += 1 } }
                default: throw wrongType("messages[\(index)].content", "a string or an array of parts", content)
                }
            }
            index += 1
        }
        if index == 0 {
            throw RequestError(
                .invalidValue, "Invalid 'messages': empty array. Expected at least one message.", parameter: "messages")
        }
        envelope.messageCount = index
        envelope.imageCount = images
    }

    private func readStream(_ root: JSONView, _ envelope: inout ChatEnvelope) throws(RequestError) {
        if let stream = root["stream"], !stream.isNull {
            guard let value = stream.bool else { throw wrongType("stream", "a boolean", stream) }
            envelope.isStream = value
        }
        guard let options = root["stream_options"], !options.isNull else { return }
        guard options.isObject else { throw wrongType("stream_options", "an object", options) }
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

    private func wrongType(_ name: String, _ expected: String, _ value: JSONView) -> RequestError {
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

/// Top-level members on which the route or the bill depends.
private enum MeteredField: UInt8, CaseIterable {
    case model, messages, stream, streamOptions, maxTokens, maxCompletionTokens, count, serviceTier, tools, functions

    var name: StaticString {
        switch self {
        case .model: "model"
        case .messages: "messages"
        case .stream: "stream"
        case .streamOptions: "stream_options"
        case .maxTokens: "max_tokens"
        case .maxCompletionTokens: "max_completion_tokens"
        case .count: "n"
        case .serviceTier: "service_tier"
        case .tools: "tools"
        case .functions: "functions"
        }
    }

    init?(_ member: JSONMember, in bytes: UnsafeRawBufferPointer) {
        for field in Self.allCases where JSONSpans.key(of: member, in: bytes, is: field.name) {
            self = field
            return
        }
        return nil
    }
}
