package import Chat
import JSON

/// The hub → a chat request in OpenAI's format (spec/wire/openai.md §2).
///
/// `top_k` is sent although OpenAI ignores it, because some vendors read it. Dropped, because the answer does not depend on
/// them: a reasoning signature, the error mark of a tool's result (its text tells the error), the lifetime of a cache
/// breakpoint.
/// Refused: blocks and tools that only another provider understands.
package enum OpenAIRequestEncoder {
    /// - Parameters:
    ///   - model: the upstream's name for the model.
    ///   - dialect: what the vendor has not; `request` is adapted to it already.
    ///   - asksForUsage: whether a stream's usage is asked for.
    /// - Throws: what this format cannot say, naming the field.
    package static func encode(
        _ request: ChatRequest, model: String, dialect: OpenAIDialect = [], asksForUsage: Bool = true
    ) throws(RequestError) -> [UInt8] {
        JSON.object(try object(request, model: model, dialect: dialect, asksForUsage: asksForUsage)).encoded()
    }

    /// The same before it is written, for formats that are nearly OpenAI's.
    static func object(
        _ request: ChatRequest, model: String, dialect: OpenAIDialect = [], asksForUsage: Bool = true
    ) throws(RequestError) -> JSONObject {
        var root: JSONObject = ["model": .string(model)]
        root.append("messages", .array(try messages(request, dialect.breakpoints)))
        try appendTools(request, to: &root)
        append(request.sampling, to: &root)
        root.append("max_completion_tokens", int: request.limits.maxCompletionTokens)
        root.append("max_tokens", int: request.limits.maxTokens)
        root.append("n", int: request.limits.count)
        append(request.stream, asksForUsage, to: &root)
        try append(request.responseFormat, to: &root)
        appendThinking(request, model, dialect, to: &root)
        append(request.output, to: &root)
        appendSearch(request, dialect, to: &root)
        root.append("moderation", json: request.moderation)
        append(request.account, to: &root)
        root.append("prompt_cache_key", string: request.caching.key)
        root.append("prompt_cache_retention", string: request.caching.retention)
        root.append("prompt_cache_options", json: request.caching.options)
        for member in request.extras?.members(for: .openAI) ?? [] { root.append(member.key, member.value) }
        return root
    }

    private static func messages(
        _ request: ChatRequest, _ breakpoints: OpenAIMessageEncoder.Breakpoints
    ) throws(RequestError) -> [JSON] {
        var encoded: [JSON] = []
        for (index, message) in request.messages.enumerated() {
            encoded += try OpenAIMessageEncoder(path: MessagePath(index, of: request), breakpoints: breakpoints).encode(
                message)
        }
        return encoded
    }

    private static func append(_ sampling: ChatRequest.Sampling, to root: inout JSONObject) {
        root.append("temperature", double: sampling.temperature)
        root.append("top_p", double: sampling.topP)
        root.append("top_k", int: sampling.topK)
        root.append("frequency_penalty", double: sampling.frequencyPenalty)
        root.append("presence_penalty", double: sampling.presencePenalty)
        root.append("seed", int: sampling.seed)
        if sampling.stop.count == 1 {
            root.append("stop", string: sampling.stop.first)
        } else if !sampling.stop.isEmpty {
            root.append("stop", .array(sampling.stop.map { .string($0) }))
        }
        root.append("logit_bias", json: sampling.logitBias)
        root.append("logprobs", bool: sampling.logprobs)
        root.append("top_logprobs", int: sampling.topLogprobs)
    }

    private static func append(
        _ stream: ChatRequest.StreamOptions, _ asksForUsage: Bool, to root: inout JSONObject
    ) {
        guard stream.isOn else { return }
        root.append("stream", true)
        guard asksForUsage else { return }
        // Without usage in the stream the answer would have to be counted.
        var options: JSONObject = ["include_usage": true]
        options.append("include_obfuscation", bool: stream.includesObfuscation)
        root.append("stream_options", .object(options))
    }

    /// The client's own switch goes before the one that its effort implies.
    private static func appendThinking(
        _ request: ChatRequest, _ model: String, _ dialect: OpenAIDialect, to root: inout JSONObject
    ) {
        if dialect.contains(.thinkingAsSwitch), AliModel.mustRest(model, for: request) {
            root.append("enable_thinking", false)
        }
        guard let effort = request.reasoning?.effort else { return }
        let rests = effort == "none" || effort == "minimal"
        if dialect.contains(.thinkingAsSwitch), request.extras?.members["enable_thinking"] == nil {
            root.append("enable_thinking", .bool(!rests))
        }
        // Where there is a switch, the words for no effort are none of the vendor's.
        if !rests || !dialect.contains(.thinkingAsSwitch) { root.append("reasoning_effort", .string(effort)) }
    }

    private static func appendSearch(_ request: ChatRequest, _ dialect: OpenAIDialect, to root: inout JSONObject) {
        guard let options = request.webSearch else { return }
        if dialect.contains(.searchAsSwitch) {
            if request.extras?.members["enable_search"] == nil { root.append("enable_search", true) }
        } else if dialect.contains(.searchAsObject) {
            guard request.extras?.members["web_search"] == nil else { return }
            root.append("web_search", ["enable": true, "enable_trace": true])
        } else {
            root.append("web_search_options", options)
        }
    }

    private static func append(_ output: ChatRequest.OutputOptions, to root: inout JSONObject) {
        root.append("modalities", json: output.modalities.map { .array($0.map { .string($0) }) })
        root.append("audio", json: output.audio)
        root.append("verbosity", string: output.verbosity)
        root.append("prediction", json: output.prediction)
    }

    private static func append(_ account: ChatRequest.AccountOptions, to root: inout JSONObject) {
        root.append("user", string: account.user)
        root.append("safety_identifier", string: account.safetyIdentifier)
        root.append("metadata", json: account.metadata)
        root.append("service_tier", string: account.serviceTier)
        root.append("store", bool: account.stores)
    }

    private static func append(
        _ format: ResponseFormat?, to root: inout JSONObject
    ) throws(RequestError) {
        switch format {
        case nil: break
        case .text: root.append("response_format", ["type": "text"])
        case .jsonObject: root.append("response_format", ["type": "json_object"])
        case .jsonSchema(let name, let description, let schema, let isStrict):
            var body: JSONObject = ["name": .string(name)]
            body.append("description", string: description)
            body.append("strict", bool: isStrict)
            body.append("schema", json: schema)
            root.append("response_format", ["type": "json_schema", "json_schema": .object(body)])
        case .opaque(let opaque): root.append("response_format", try own(opaque, "response_format"))
        }
    }

    /// The value of a block that is this format's own.
    static func own(_ opaque: Opaque, _ path: String) throws(RequestError) -> JSON {
        guard opaque.format == .openAI else {
            throw RequestError(
                .invalidValue, "Invalid '\(path)': a block of the \(opaque.format.rawValue) format has no counterpart.",
                parameter: path)
        }
        return opaque.value
    }
}

extension JSONObject {
    mutating func append(_ key: String, json value: JSON?) { if let value { append(key, value) } }
    mutating func append(_ key: String, string value: String?) { append(key, json: value.map { .string($0) }) }
    mutating func append(_ key: String, int value: Int64?) { append(key, json: value.map { .int($0) }) }
    mutating func append(_ key: String, double value: Double?) { append(key, json: value.map { .double($0) }) }
    mutating func append(_ key: String, bool value: Bool?) { append(key, json: value.map { .bool($0) }) }
}
