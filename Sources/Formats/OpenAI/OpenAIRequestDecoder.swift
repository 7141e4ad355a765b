package import Chat
import JSON

/// A client's chat request in OpenAI's format → the hub (spec/wire/openai.md §2).
package enum OpenAIRequestDecoder {
    /// - Parameter body: a body that `ChatInspector` has accepted.
    /// - Throws: what is wrong, naming the field. Members without a place in the hub are kept in `extras`.
    package static func decode(_ body: [UInt8]) throws(RequestError) -> ChatRequest {
        let root: JSON
        do throws(JSONError) { root = try JSON.parse(body) } catch {
            throw RequestError(.invalidJSON, "We could not parse the JSON body of your request: \(error.message)")
        }
        guard root.object != nil else { throw RequestError(.invalidJSON, "The body must be a JSON object.") }
        var reader = try FieldReader(root)
        let model = try reader.requiredString("model")
        guard let items = try reader.array("messages") else { throw reader.missing("messages") }
        var request = ChatRequest(model: model, messages: [])
        for (index, item) in items.enumerated() {
            request.messages.append(try OpenAIMessageDecoder.message(item, at: reader.place("messages", index)))
        }
        request.gatherResults()
        try readTools(&reader, &request)
        try readSampling(&reader, &request.sampling)
        request.limits.maxCompletionTokens = try reader.int("max_completion_tokens")
        request.limits.maxTokens = try reader.int("max_tokens")
        request.limits.count = try reader.int("n")
        try readStream(&reader, &request.stream)
        try readOutput(&reader, &request)
        try readAccount(&reader, &request)
        request.extras = reader.rest
        return request
    }

    private static func readSampling(
        _ reader: inout FieldReader, _ sampling: inout ChatRequest.Sampling
    ) throws(RequestError) {
        sampling.temperature = try reader.double("temperature")
        sampling.topP = try reader.double("top_p")
        sampling.topK = try reader.int("top_k")
        sampling.frequencyPenalty = try reader.double("frequency_penalty")
        sampling.presencePenalty = try reader.double("presence_penalty")
        sampling.seed = try reader.int("seed")
        sampling.logitBias = try reader.object("logit_bias")
        sampling.logprobs = try reader.bool("logprobs")
        sampling.topLogprobs = try reader.int("top_logprobs")
        if let stop = reader.value("stop") {
            let texts = if let text = stop.string { [text] } else { try reader.strings(stop, "stop") }
            // An empty text would end the answer before its first word, and vendors refuse it.
            sampling.stop = texts.filter { !$0.isEmpty }
        }
    }

    private static func readStream(
        _ reader: inout FieldReader, _ stream: inout ChatRequest.StreamOptions
    ) throws(RequestError) {
        stream.isOn = try reader.bool("stream") ?? false
        guard let value = reader.value("stream_options") else { return }
        var options = try reader.reader(value, "stream_options")
        stream.includesUsage = try options.bool("include_usage")
        stream.includesObfuscation = try options.bool("include_obfuscation")
    }

    private static func readOutput(_ reader: inout FieldReader, _ request: inout ChatRequest) throws(RequestError) {
        if let effort = try reader.string("reasoning_effort") {
            request.reasoning = ChatRequest.ReasoningOptions(effort: effort)
        }
        request.output.modalities = try reader.strings("modalities")
        request.output.audio = try reader.object("audio")
        request.output.verbosity = try reader.string("verbosity")
        request.output.prediction = try reader.object("prediction")
        request.webSearch = try reader.object("web_search_options")
        request.moderation = try reader.object("moderation")
        request.responseFormat = try responseFormat(&reader)
    }

    private static func readAccount(_ reader: inout FieldReader, _ request: inout ChatRequest) throws(RequestError) {
        // An empty name is none.
        request.account.user = try reader.string("user").flatMap { $0.isEmpty ? nil : $0 }
        request.account.safetyIdentifier = try reader.string("safety_identifier").flatMap { $0.isEmpty ? nil : $0 }
        request.account.metadata = try reader.object("metadata")
        request.account.serviceTier = try reader.string("service_tier")
        request.account.stores = try reader.bool("store")
        request.caching.key = try reader.string("prompt_cache_key")
        request.caching.retention = try reader.string("prompt_cache_retention")
        request.caching.options = try reader.object("prompt_cache_options")
    }

    private static func responseFormat(_ reader: inout FieldReader) throws(RequestError) -> ResponseFormat? {
        guard let value = reader.value("response_format") else { return nil }
        var format = try reader.reader(value, "response_format")
        switch try format.requiredString("type") {
        case "text": return .text
        case "json_object": return .jsonObject
        case "json_schema":
            var schema = try format.requiredReader("json_schema")
            return .jsonSchema(
                name: try schema.requiredString("name"), description: try schema.string("description"),
                schema: try schema.object("schema"), isStrict: try schema.bool("strict"))
        default: return .opaque(Opaque(.openAI, value))
        }
    }
}
