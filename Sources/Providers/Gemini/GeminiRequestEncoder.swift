import Chat
import JSON

/// The hub's request → the body of `generateContent` (spec/wire/gemini.md §2).
///
/// | What Gemini has not | What becomes of it |
/// | --- | --- |
/// | a switch against parallel calls, spoken answers, custom tools, more than five stop sequences | refused |
/// | place of system messages among the turns | lost: they all go first |
/// | logit bias, user, metadata, store, verbosity | dropped |
/// | seeds beyond 32 bits | dropped |
/// | reasoning effort on models before 2.5 | dropped |
/// | names of messages | `NAME: ` before the text |
struct GeminiRequestEncoder {
    private static let categories = [
        "HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY",
    ]
    private static let maxStops = 5

    private let request: ChatRequest
    private let model: String
    private var body = JSONObject()

    /// - Parameter safety: threshold of every harm category.
    static func encode(_ request: ChatRequest, model: String, safety: String) throws(RequestError) -> [UInt8] {
        var encoder = GeminiRequestEncoder(request: request, model: model)
        try encoder.refuse()
        try encoder.addConversation()
        try encoder.addTools()
        encoder.addConfiguration()
        encoder.addRest(safety)
        return JSON.object(encoder.body).encoded()
    }

    private init(request: ChatRequest, model: String) {
        self.request = request
        self.model = model
    }

    private func refuse() throws(RequestError) {
        if request.allowsParallelToolCalls == false, !request.tools.isEmpty {
            throw Self.cannot("be held to one call at a time", "parallel_tool_calls")
        }
        if request.output.modalities?.contains("audio") == true || request.output.audio != nil {
            throw Self.cannot("speak", "modalities")
        }
        if request.sampling.stop.count > Self.maxStops {
            throw Self.cannot("take more than \(Self.maxStops) stop sequences", "stop")
        }
        if let count = request.limits.count, !(1...8).contains(count) {
            throw Self.cannot("give that many answers", "n")
        }
    }

    static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "Gemini cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    private mutating func addConversation() throws(RequestError) {
        var conversation = GeminiConversation()
        for (index, message) in request.messages.enumerated() {
            try conversation.add(message, path: "messages[\(index)]")
        }
        guard !conversation.turns.isEmpty else {
            throw RequestError(.invalidValue, "Gemini needs a message with content.", parameter: "messages")
        }
        if !conversation.system.isEmpty {
            body.append("systemInstruction", ["parts": .array(conversation.system)])
        }
        body.append(
            "contents",
            .array(
                conversation.turns.map { ["role": $0.isUser ? "user" : "model", "parts": .array($0.parts)] }))
    }

    // MARK: Tools

    private mutating func addTools() throws(RequestError) {
        var functions: [JSON] = []
        var tools: [JSON] = []
        for (index, tool) in request.tools.enumerated() {
            switch tool {
            case .function(let function): functions.append(Self.encode(function))
            case .custom: throw Self.cannot("call tools of free text", "tools[\(index)].type")
            case .provider(let opaque):
                // Google's own, such as {"googleSearch": {}}.
                guard opaque.value["type"] == nil else { throw Self.cannot("run this tool", "tools[\(index)].type") }
                tools.append(opaque.value)
            }
        }
        if !functions.isEmpty { tools.insert(["functionDeclarations": .array(functions)], at: 0) }
        if request.webSearch != nil { tools.append(["googleSearch": [:]]) }
        guard !tools.isEmpty else { return }
        body.append("tools", .array(tools))
        guard !functions.isEmpty, let choice = request.toolChoice else { return }
        var configuration: JSONObject
        switch choice {
        case .none: configuration = ["mode": "NONE"]
        case .automatic: configuration = ["mode": "AUTO"]
        case .required: configuration = ["mode": "ANY"]
        case .function(let name):
            configuration = ["mode": "ANY", "allowedFunctionNames": [.string(name)]]
        case .custom, .opaque: throw Self.cannot("be held to this choice of tools", "tool_choice")
        }
        body.append("toolConfig", ["functionCallingConfig": .object(configuration)])
    }

    /// With the schema as it is: Gemini has a field for plain JSON Schema beside its own subset.
    private static func encode(_ function: FunctionTool) -> JSON {
        var object: JSONObject = ["name": .string(function.name)]
        if let description = function.description { object.append("description", .string(description)) }
        if let schema = function.parameters?.object, schema["properties"]?.object?.members.isEmpty != true {
            object.append("parametersJsonSchema", plain(schema))
        }
        return .object(object)
    }

    private static func plain(_ schema: JSONObject) -> JSON {
        var schema = schema
        schema.members.removeAll { $0.key == "$schema" || $0.key == "$id" }
        return .object(schema)
    }

    // MARK: Configuration

    private mutating func addConfiguration() {
        var config = JSONObject()
        let sampling = request.sampling
        if let value = sampling.temperature { config.append("temperature", .double(min(max(value, 0), 2))) }
        if let value = sampling.topP { config.append("topP", .double(min(max(value, 0), 1))) }
        if let value = sampling.topK { config.append("topK", .int(value)) }
        if let count = request.limits.count, count > 1 { config.append("candidateCount", .int(count)) }
        if let limit = request.limits.tokens { config.append("maxOutputTokens", .int(limit)) }
        if !sampling.stop.isEmpty { config.append("stopSequences", .array(sampling.stop.map { .string($0) })) }
        if let seed = sampling.seed, Int32(exactly: seed) != nil { config.append("seed", .int(seed)) }
        if let value = sampling.presencePenalty, value != 0 { config.append("presencePenalty", .double(value)) }
        if let value = sampling.frequencyPenalty, value != 0 { config.append("frequencyPenalty", .double(value)) }
        if sampling.logprobs == true {
            config.append("responseLogprobs", true)
            if let count = sampling.topLogprobs { config.append("logprobs", .int(min(max(0, count), 20))) }
        }
        switch request.responseFormat {
        case .jsonObject: config.append("responseMimeType", "application/json")
        case .jsonSchema(_, _, let schema, _):
            config.append("responseMimeType", "application/json")
            if let schema = schema?.object { config.append("responseJsonSchema", Self.plain(schema)) }
        case .text, .opaque, nil: break
        }
        if request.output.modalities?.contains("image") == true {
            config.append("responseModalities", ["TEXT", "IMAGE"])
        }
        if let thinking { config.append("thinkingConfig", thinking) }
        if !config.members.isEmpty { body.append("generationConfig", .object(config)) }
    }

    /// A level for models from 3 on, a budget for 2.5, nothing for those that do not think.
    private var thinking: JSON? {
        if let own = request.extras?.members["thinking_config"] ?? request.extras?.members["thinkingConfig"] {
            return own
        }
        guard let reasoning = request.reasoning else { return nil }
        let effort = reasoning.effort ?? "medium"
        if model.contains("gemini-2.5") {
            var budget = reasoning.budget ?? Self.budgets[effort] ?? 8192
            if model.contains("pro") { budget = max(128, budget) }
            return ["thinkingBudget": .int(min(max(0, budget), 32_768)), "includeThoughts": .bool(budget > 0)]
        }
        let digits = model.split(separator: "gemini-").last?.prefix { $0.isNumber } ?? ""
        guard let version = Int(digits), version >= 3 else { return nil }
        return ["thinkingLevel": .string(Self.levels[effort] ?? "MEDIUM"), "includeThoughts": true]
    }

    private static let budgets: [String: Int64] = [
        "none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24_576, "xhigh": 24_576, "max": 24_576,
    ]
    private static let levels = [
        "none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH",
        "max": "HIGH",
    ]

    private mutating func addRest(_ safety: String) {
        let own = request.extras?.members["safety_settings"] ?? request.extras?.members["safetySettings"]
        body.append(
            "safetySettings",
            own
                ?? .array(
                    Self.categories.map { ["category": .string("HARM_CATEGORY_" + $0), "threshold": .string(safety)] }))
        switch request.account.serviceTier {
        case "flex", "priority": body.append("serviceTier", .string(request.account.serviceTier ?? ""))
        default: break
        }
        if let cached = request.extras?.members["cached_content"] { body.append("cachedContent", cached) }
    }
}
