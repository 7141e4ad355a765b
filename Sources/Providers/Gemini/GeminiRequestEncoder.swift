import Chat
import JSON

/// The hub's request → the body of `generateContent` (spec/wire/gemini.md §2).
///
/// | What Gemini has not | What becomes of it |
/// | --- | --- |
/// | a switch against parallel calls, spoken answers, custom tools, more than five stop sequences | refused |
/// | place of system messages among the turns | lost: they all go first |
/// | logit bias, user, metadata, moderation, store, verbosity, prediction, options of caching | dropped |
/// | temperature above 2 | 2 |
/// | a response format of another kind, parts of an unknown kind, media in instructions | refused |
/// | functions beside a web search or a response format, before Gemini 3 | refused |
/// | seeds beyond 32 bits; cache breakpoints, which it has by itself; detail of images | dropped |
/// | reasoning effort on models before 2.5 | dropped |
/// | place and thoroughness of a web search | dropped |
/// | name, description and strictness of a response's schema, which always binds | dropped |
/// | strict tools | calls are held to their schemas, of all tools alike; dropped before 2.5 |
/// | names of messages | `NAME: ` before the first text |
/// | a conversation that the assistant opens, or of instructions alone | a user turn `…` before it, or of them |
/// | calls and pictures of its own without a signature, on models from 3 on | the word that lets them through |
/// | media in the result of a function, before Gemini 3 | go behind the results of the turn |
struct GeminiRequestEncoder {
    private static let categories = [
        "HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY",
    ]
    private static let maxStops = 5

    static let usualSafety = "BLOCK_NONE"
    private static let usualSettings = settings(usualSafety)

    private static func settings(_ threshold: String) -> [UInt8] {
        JSON.array(
            categories.map { ["category": .string("HARM_CATEGORY_" + $0), "threshold": .string(threshold)] }
        ).encoded()
    }

    private let request: ChatRequest
    private let model: GeminiModel
    private var body = JSONObject(capacity: 8)

    /// - Parameter safety: threshold of every harm category.
    static func encode(_ request: ChatRequest, model: String, safety: String) throws(RequestError) -> [UInt8] {
        var encoder = GeminiRequestEncoder(request: request, model: model)
        try encoder.refuse()
        try encoder.addConversation()
        try encoder.addTools()
        encoder.addConfiguration()
        encoder.addRest()
        return encoder.encoded(safety)
    }

    private init(request: ChatRequest, model: String) {
        self.request = request
        self.model = GeminiModel(model)
    }

    private func refuse() throws(RequestError) {
        if request.forbidsParallelCalls {
            throw Self.cannot("be held to one call at a time", "parallel_tool_calls")
        }
        if request.output.modalities?.contains("audio") == true || request.output.audio != nil {
            throw Self.cannot("speak", "modalities")
        }
        if request.sampling.stop.count > Self.maxStops {
            throw Self.cannot("take more than \(Self.maxStops) stop sequences", "stop")
        }
        if case .opaque = request.responseFormat { throw Self.cannot("answer in that form", "response_format.type") }
        if let count = request.limits.count, !(1...8).contains(count) {
            throw Self.cannot("give that many answers", "n")
        }
    }

    static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "Gemini cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    private mutating func addConversation() throws(RequestError) {
        var conversation = GeminiConversation(for: model)
        for (index, message) in request.messages.enumerated() {
            try conversation.add(message, path: MessagePath(index, of: request))
        }
        let (system, turns) = conversation.encodedTurns()
        guard !turns.isEmpty else {
            throw RequestError(.invalidValue, "Gemini needs a message with content.", parameter: "messages")
        }
        if !system.isEmpty { body.append("systemInstruction", ["parts": .array(system)]) }
        body.append("contents", .array(turns))
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
        if !functions.isEmpty, !model.mixesTools { try refuseMixture() }
        if !functions.isEmpty { tools.insert(["functionDeclarations": .array(functions)], at: 0) }
        if request.webSearch != nil { tools.append(["googleSearch": [:]]) }
        guard !tools.isEmpty else { return }
        body.append("tools", .array(tools))
        let isStrict = model.validatesCalls && request.tools.contains { $0.isStrict }
        guard !functions.isEmpty, let choice = request.toolChoice ?? (isStrict ? .automatic : nil) else { return }
        var configuration: JSONObject
        switch choice {
        case .none: configuration = ["mode": "NONE"]
        case .automatic: configuration = ["mode": isStrict ? "VALIDATED" : "AUTO"]
        case .required: configuration = ["mode": "ANY"]
        case .function(let name):
            configuration = ["mode": "ANY", "allowedFunctionNames": [.string(name)]]
        case .custom, .opaque: throw Self.cannot("be held to this choice of tools", "tool_choice")
        }
        body.append("toolConfig", ["functionCallingConfig": .object(configuration)])
    }

    /// Models before Gemini 3 answer such requests with an error that names Google's fields.
    private func refuseMixture() throws(RequestError) {
        if request.webSearch != nil { throw Self.cannot("search beside functions on this model", "web_search_options") }
        switch request.responseFormat {
        case .jsonObject, .jsonSchema:
            throw Self.cannot("be held to a form beside functions on this model", "response_format")
        case .text, .opaque, nil: break
        }
    }

    /// With the schema as it is: Gemini has a field for plain JSON Schema beside its own subset.
    private static func encode(_ function: FunctionTool) -> JSON {
        var object: JSONObject = ["name": .string(function.name)]
        if let description = function.description { object.append("description", .string(description)) }
        if let schema = function.parameters?.object, !takesNothing(schema) {
            object.append("parametersJsonSchema", plain(schema))
        }
        return .object(object)
    }

    /// Whether a schema is of an object without members. One without named properties may still allow others.
    private static func takesNothing(_ schema: JSONObject) -> Bool {
        guard schema["properties"]?.object?.members.isEmpty == true else { return false }
        return schema.members.allSatisfy { member in
            switch member.key {
            case "type", "properties", "title", "description", "$schema", "$id": true
            case "additionalProperties": member.value == false
            case "required": member.value.array?.isEmpty == true
            default: false
            }
        }
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

    private var thinking: JSON? {
        if let own = request.extras?.members["thinking_config"] ?? request.extras?.members["thinkingConfig"] {
            return own
        }
        return request.wantedReasoning.flatMap { model.thinking($0) }
    }

    private mutating func addRest() {
        switch request.account.serviceTier {
        case "flex", "priority": body.append("serviceTier", .string(request.account.serviceTier ?? ""))
        default: break
        }
        if let cached = request.extras?.members["cached_content"] { body.append("cachedContent", cached) }
    }

    private func encoded(_ safety: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.members(of: body)
        writer.key("safetySettings")
        if let own = request.extras?.members["safety_settings"] ?? request.extras?.members["safetySettings"] {
            writer.value(own)
        } else {
            writer.raw(safety == Self.usualSafety ? Self.usualSettings : Self.settings(safety))
        }
        writer.endObject()
        return writer.finish()
    }
}

extension Tool {
    fileprivate var isStrict: Bool {
        if case .function(let function) = self { function.isStrict == true } else { false }
    }
}
