import Chat
import JSON

/// The hub's request → the body of `POST /v1/messages` (spec/wire/anthropic.md §2).
///
/// | What Claude has not | What becomes of it |
/// | --- | --- |
/// | several answers, logprobs, audio in and out, video, custom tools | refused |
/// | a response format of another kind, parts of an unknown kind, stop sequences of white space | refused |
/// | place of system messages among the turns | lost: they all go first |
/// | seed, penalties, logit bias, verbosity, prediction, store, metadata, moderation, prompt cache key | dropped |
/// | thoroughness of a web search, detail of images | dropped |
/// | temperature above 1 | 1 |
/// | `top_p` beside `temperature` on models that take only one | dropped |
/// | temperature, `top_p`, `top_k` while thinking | dropped |
/// | thinking where a tool is forced, too few tokens are left for it, or the effort is none or minimal | dropped |
/// | thinking on a budget after an answer whose thoughts the client has not kept | dropped for this turn |
/// | a budget for thinking, on models that choose it themselves | dropped |
/// | JSON mode without a schema | asked for in words |
/// | JSON schema on models without structured output; one of a map | a forced tool, whose arguments are the text |
/// | the same beside tools | asked for in words; refused if strict |
/// | strict tools on models without structured output; those that take a map | plain tools |
/// | bounds in the schemas of strict tools and of the answer | words in their descriptions |
/// | names of messages | `NAME: ` before the text |
/// | a user's e-mail address or phone number | a digest of it, always the same |
/// | instructions without a turn | the user's words |
/// | pictures of the assistant's | behind the words of the user's next message |
struct AnthropicRequestEncoder {
    private static let defaultMaxTokens: Int64 = 4096

    let request: ChatRequest
    let model: AnthropicModel
    var body = JSONObject(capacity: 8)
    /// Whether the model can be held to the response format as such.
    private let takesFormat: Bool
    /// The response format has to be a tool's.
    let formatTool: (name: String, schema: JSON)?
    /// The last answer came back without its thoughts.
    private var lacksThoughts = false

    static func encode(_ request: ChatRequest, model: String) throws(RequestError) -> [UInt8] {
        var encoder = AnthropicRequestEncoder(request.movingAnswerPictures(), model)
        try encoder.refuse()
        encoder.body.append("model", .string(model))
        try encoder.addConversation()
        try encoder.addTools()
        encoder.addSamplingAndThinking()
        encoder.addFormat()
        encoder.addRest()
        return JSON.object(encoder.body).encoded()
    }

    private init(_ request: ChatRequest, _ model: String) {
        self.request = request
        self.model = AnthropicModel(model)
        guard case .jsonSchema(_, _, let schema?, _) = request.responseFormat else {
            (takesFormat, formatTool) = (self.model.hasResponseFormat, nil)
            return
        }
        takesFormat = self.model.hasResponseFormat && !AnthropicSchema.hasMap(schema)
        if !takesFormat, request.tools.isEmpty, request.webSearch == nil {
            formatTool = (AnthropicAnswerReader.formatTool, schema)
        } else {
            formatTool = nil
        }
    }

    private func refuse() throws(RequestError) {
        if let count = request.limits.count, count != 1 { throw Self.cannot("give several answers", "n") }
        if request.sampling.logprobs == true { throw Self.cannot("report log-probabilities", "logprobs") }
        if request.output.modalities?.contains("audio") == true || request.output.audio != nil {
            throw Self.cannot("speak", "modalities")
        }
        if request.sampling.stop.contains(where: { !$0.isEmpty && $0.isBlank }) {
            throw Self.cannot("stop at white space", "stop")
        }
        switch request.responseFormat {
        case .opaque: throw Self.cannot("answer in that form", "response_format.type")
        case .jsonSchema(_, _, .some, true) where formatTool == nil && !takesFormat:
            throw Self.cannot("be held to this schema beside tools on this model", "response_format")
        default: break
        }
    }

    static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "Claude cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    // MARK: Messages

    private mutating func addConversation() throws(RequestError) {
        var conversation = AnthropicConversation()
        for (index, message) in request.messages.enumerated() {
            try conversation.add(message, path: MessagePath(index, of: request))
        }
        conversation.fillTurns()
        lacksThoughts = conversation.lacksThoughts
        switch request.responseFormat {
        case .jsonObject, .jsonSchema(_, _, nil, _):
            conversation.instruct("Answer with one JSON object and nothing else.")
        case .jsonSchema(_, _, let schema?, _) where formatTool == nil && !takesFormat:
            let text = String(decoding: schema.encoded(), as: UTF8.self)
            conversation.instruct("Answer with one JSON value and nothing else. It must follow this schema: \(text)")
        default: break
        }
        guard !conversation.turns.isEmpty else {
            throw RequestError(.invalidValue, "Claude needs a message with content.", parameter: "messages")
        }
        body.append("max_tokens", .int(request.limits.tokens ?? Self.defaultMaxTokens))
        if !conversation.system.isEmpty { body.append("system", .array(conversation.system)) }
        body.append("messages", .array(conversation.encodedTurns))
        if request.stream.isOn { body.append("stream", true) }
    }

    // MARK: Sampling and thinking

    private mutating func addSamplingAndThinking() {
        // An empty one stops nothing.
        let stops = request.sampling.stop.filter { !$0.isEmpty }
        if !stops.isEmpty { body.append("stop_sequences", .array(stops.map { .string($0) })) }
        if let own = request.extras?.members["thinking"] {
            body.append("thinking", own)
            if own["type"]?.string != "disabled" { return }
        } else if addThinking() {
            return
        }
        let sampling = request.sampling
        if let temperature = sampling.temperature {
            body.append("temperature", .double(min(max(temperature, 0), 1)))
        }
        if let topP = sampling.topP, sampling.temperature == nil || !model.takesOneSampling {
            body.append("top_p", .double(min(max(topP, 0), 1)))
        }
        if let topK = sampling.topK { body.append("top_k", .int(max(0, topK))) }
    }

    /// - Returns: whether the model thinks.
    private mutating func addThinking() -> Bool {
        guard let reasoning = request.wantedReasoning, model.canThink, !isToolForced else { return false }
        let effort = reasoning.effort ?? (reasoning.budget == nil ? "none" : "medium")
        if reasoning.budget == nil, effort == "none" || effort == "minimal" { return false }
        if model.thinksAdaptively {
            body.append("thinking", ["type": "adaptive"])
            body.append("output_config", ["effort": .string(Self.effort(effort))])
            return true
        }
        guard !lacksThoughts else { return false }
        let wanted = max(1024, reasoning.budget ?? Self.budgets[effort] ?? 8192)
        guard let limit = request.limits.tokens else {
            // No limit of the client's: the answer gets its default on top.
            body["max_tokens"] = .int(min(wanted, 1 << 30) + Self.defaultMaxTokens)
            body.append("thinking", ["type": "enabled", "budget_tokens": .int(wanted)])
            return true
        }
        guard limit > 1024 else { return false }
        body.append("thinking", ["type": "enabled", "budget_tokens": .int(min(wanted, limit - 1))])
        return true
    }

    private static let budgets: [String: Int64] = [
        "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 24_576, "max": 32_768,
    ]

    private static func effort(_ word: String) -> String {
        switch word {
        case "none", "minimal", "low": "low"
        case "high", "xhigh", "max": word
        default: "medium"
        }
    }

    // MARK: The rest

    private mutating func addFormat() {
        guard takesFormat, case .jsonSchema(_, _, let schema?, _) = request.responseFormat else { return }
        var config = body["output_config"]?.object ?? JSONObject()
        config.append("format", ["type": "json_schema", "schema": AnthropicSchema.sanitized(schema)])
        body["output_config"] = .object(config)
    }

    private mutating func addRest() {
        if let user = request.account.user ?? request.account.safetyIdentifier {
            body.append("metadata", ["user_id": .string(UserID.anonymous(user))])
        }
        switch request.account.serviceTier {
        case "auto", "priority": body.append("service_tier", "auto")
        case "default": body.append("service_tier", "standard_only")
        default: break
        }
        // Claude's own words, from clients that know whom they talk to.
        for name in ["cache_control", "container", "context_management", "mcp_servers", "inference_geo"] {
            if let value = request.extras?.members[name] { body.append(name, value) }
        }
    }
}
