import Chat
import JSON

/// The hub's request → the body of `POST /v1/messages` (spec/wire/anthropic.md §2).
///
/// | What Claude has not | What becomes of it |
/// | --- | --- |
/// | several answers, logprobs, audio in and out, video, custom tools | refused |
/// | place of system messages among the turns | lost: they all go first |
/// | seed, penalties, logit bias, verbosity, prediction, store, prompt cache key | dropped |
/// | temperature above 1 | 1 |
/// | `top_p` beside `temperature` on models that take only one | dropped |
/// | temperature, `top_p`, `top_k` while thinking | dropped |
/// | thinking where a tool is forced, or too few tokens are left for it | dropped |
/// | JSON mode without a schema | asked for in words |
/// | JSON schema on models without structured output | a forced tool, whose arguments are the text |
/// | names of messages | `NAME: ` before the text |
struct AnthropicRequestEncoder {
    private static let defaultMaxTokens: Int64 = 4096

    private let request: ChatRequest
    private let model: AnthropicModel
    private var body = JSONObject()
    /// The response format has to be a tool's.
    private let formatTool: (name: String, schema: JSON)?

    static func encode(_ request: ChatRequest, model: String) throws(RequestError) -> [UInt8] {
        var encoder = AnthropicRequestEncoder(request, model)
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
        if case .jsonSchema(_, _, let schema?, _) = request.responseFormat, !self.model.hasResponseFormat,
            request.tools.isEmpty
        {
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
    }

    static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "Claude cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    // MARK: Messages

    private mutating func addConversation() throws(RequestError) {
        var conversation = AnthropicConversation()
        for (index, message) in request.messages.enumerated() {
            try conversation.add(message, path: "messages[\(index)]")
        }
        if case .jsonObject = request.responseFormat {
            conversation.instruct("Answer with one JSON object and nothing else.")
        }
        guard !conversation.turns.isEmpty else {
            throw RequestError(.invalidValue, "Claude needs a message with content.", parameter: "messages")
        }
        body.append("max_tokens", .int(request.limits.tokens ?? Self.defaultMaxTokens))
        if !conversation.system.isEmpty { body.append("system", .array(conversation.system)) }
        body.append("messages", .array(conversation.encodedTurns))
        if request.stream.isOn { body.append("stream", true) }
    }

    // MARK: Tools

    private mutating func addTools() throws(RequestError) {
        var tools: [JSON] = []
        for (index, tool) in request.tools.enumerated() {
            switch tool {
            case .function(let function): tools.append(encode(function))
            case .custom: throw Self.cannot("call tools of free text", "tools[\(index)].type")
            case .provider(let opaque):
                guard opaque.format == .anthropic || opaque.value["type"]?.string?.contains("_20") == true else {
                    throw Self.cannot("run this tool", "tools[\(index)].type")
                }
                tools.append(opaque.value)
            }
        }
        if let formatTool {
            tools.append([
                "name": .string(formatTool.name), "description": "Gives the answer in the wanted form.",
                "input_schema": Self.objectSchema(formatTool.schema),
            ])
        }
        guard !tools.isEmpty else { return }
        body.append("tools", .array(tools))
        if let choice = try toolChoice() { body.append("tool_choice", choice) }
    }

    private func encode(_ function: FunctionTool) -> JSON {
        var object: JSONObject = ["name": .string(function.name)]
        if let description = function.description { object.append("description", .string(description)) }
        object.append("input_schema", Self.objectSchema(function.parameters ?? [:]))
        if function.isStrict == true { object.append("strict", true) }
        if let mark = function.cacheBreakpoint { object.append("cache_control", Self.cacheControl(mark)) }
        return .object(object)
    }

    /// A tool's schema must be an object's.
    private static func objectSchema(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return ["type": "object", "properties": [:]] }
        if object["type"]?.string != "object" { object["type"] = "object" }
        return .object(object)
    }

    static func cacheControl(_ mark: CacheBreakpoint) -> JSON {
        var object: JSONObject = ["type": "ephemeral"]
        if let lifetime = mark.lifetime { object.append("ttl", .string(lifetime)) }
        return .object(object)
    }

    private func toolChoice() throws(RequestError) -> JSON? {
        if let formatTool { return ["type": "tool", "name": .string(formatTool.name)] }
        let isSingle = request.allowsParallelToolCalls == false
        var object: JSONObject = ["type": "auto"]
        if let choice = request.toolChoice {
            switch choice {
            // It has no word about calls side by side.
            case .none: return ["type": "none"]
            case .automatic: break
            case .required: object = ["type": "any"]
            case .function(let name): object = ["type": "tool", "name": .string(name)]
            case .custom, .opaque: throw Self.cannot("be held to this choice of tools", "tool_choice")
            }
        } else if !isSingle {
            return nil
        }
        if isSingle { object.append("disable_parallel_tool_use", true) }
        return .object(object)
    }

    private var isToolForced: Bool {
        if formatTool != nil { return true }
        switch request.toolChoice {
        case .required, .function: return true
        default: return false
        }
    }

    // MARK: Sampling and thinking

    private mutating func addSamplingAndThinking() {
        if !request.sampling.stop.isEmpty {
            let stops = request.sampling.stop.filter { !$0.allSatisfy(\.isWhitespace) }
            if !stops.isEmpty { body.append("stop_sequences", .array(stops.map { .string($0) })) }
        }
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
        guard let reasoning = request.reasoning, model.canThink, !isToolForced else { return false }
        let effort = reasoning.effort ?? (reasoning.budget == nil ? "none" : "medium")
        if reasoning.budget == nil, effort == "none" || effort == "minimal" { return false }
        if model.thinksAdaptively {
            body.append("thinking", ["type": "adaptive"])
            body.append("output_config", ["effort": .string(Self.effort(effort))])
            return true
        }
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
        guard formatTool == nil, case .jsonSchema(_, _, let schema?, _) = request.responseFormat else { return }
        var config = body["output_config"]?.object ?? JSONObject()
        config.append("format", ["type": "json_schema", "schema": AnthropicSchema.sanitized(schema)])
        body["output_config"] = .object(config)
    }

    private mutating func addRest() {
        if let user = request.account.user ?? request.account.safetyIdentifier {
            body.append("metadata", ["user_id": .string(user)])
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
