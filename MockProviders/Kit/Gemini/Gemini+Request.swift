import JSON

extension Gemini {
    /// A generateContent request, checked and in plain values (spec/wire/gemini.md §§2, 4–6).
    struct Request {
        let model: Model
        private(set) var prompt: Prompt
        private(set) var talk = Talk()
        private(set) var candidates = 1
        private(set) var showsThoughts = false
        private(set) var logprobs: Int?
        private(set) var searches = false
        private(set) var tier = "standard"
        private(set) var promptTokens = 0
        private(set) var cachedTokens = 0
        private let gemini: Gemini

        init(_ call: Call, _ model: Model, _ gemini: Gemini) throws(Failure) {
            let body = try Gemini.body(call, as: Reader.generate)
            try self.init(body, call, model, gemini)
        }

        init(_ body: JSON, _ call: Call, _ model: Model, _ gemini: Gemini) throws(Failure) {
            self.model = model
            self.gemini = gemini
            prompt = Prompt(model: model.name, name: model.name, content: call.ids.content)
            talk = try Talk(body["contents"], model, gemini.prompts)
            try readTools(body["tools"]?.array ?? [])
            try readChoice(body["toolConfig"]?["functionCallingConfig"])
            try readConfig(body["generationConfig"] ?? [:])
            try readSafety(body["safetySettings"]?.array ?? [])
            tier = body["serviceTier"]?.string ?? tier
            promptTokens = talk.tokens
            for extra in [body["systemInstruction"], body["tools"]].compactMap({ $0 }) {
                promptTokens += gemini.prompts.count(Talk.text(extra), model: model.name)
            }
            try readCache(body)
            if promptTokens > model.inputLimit { throw .tooLong(promptTokens, limit: model.inputLimit) }
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.results.isEmpty
            prompt.toolResults = talk.results
            prompt.imageCount = talk.images
        }

        // MARK: Tools

        private mutating func readTools(_ tools: [JSON]) throws(Failure) {
            for (place, tool) in tools.enumerated() {
                for (index, function) in (tool["functionDeclarations"]?.array ?? []).enumerated() {
                    let path = "tools[\(place)].function_declarations[\(index)]"
                    guard let name = function["name"]?.string, Self.isName(name) else {
                        throw .rule(
                            "\(path).name: Invalid function name. Must start with a letter or an underscore. Must be "
                                + "alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), "
                                + "with a maximum length of 64.")
                    }
                    if let schema = function["parameters"] {
                        if function["parametersJsonSchema"] != nil {
                            throw .invalid(
                                "Only one of parameters and parameters_json_schema may be set in \(path).")
                        }
                        try Self.check(schema, "\(path).parameters")
                    }
                    let parameters = function["parametersJsonSchema"] ?? Self.standard(function["parameters"] ?? .null)
                    prompt.tools.append(Prompt.Tool(name: name, parameters: parameters))
                }
                searches = searches || tool["googleSearch"] != nil || tool["googleSearchRetrieval"] != nil
            }
            let hasServerTools = tools.contains { tool in
                tool.object?.members.contains { $0.key != "functionDeclarations" } ?? false
            }
            if hasServerTools, !prompt.tools.isEmpty, model.generation < 3 {
                throw .invalid("Tool use with function calling is unsupported")
            }
        }

        private static func isName(_ name: String) -> Bool {
            guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
            let isLetter = { (byte: UInt8) in
                (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
            }
            return isLetter(first)
                && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || ".:-".utf8.contains($0) }
        }

        private mutating func readChoice(_ config: JSON?) throws(Failure) {
            guard let config else { return }
            let mode = config["mode"]?.string ?? "AUTO"
            let names = config["allowedFunctionNames"]?.array?.compactMap(\.string) ?? []
            if !names.isEmpty, mode != "ANY", mode != "VALIDATED" {
                throw .invalid("Allowed function names can only be set when function calling mode is ANY.")
            }
            for name in names where !prompt.tools.contains(where: { $0.name == name }) {
                throw .invalid("allowed_function_names contains a function that is not declared: \(name)")
            }
            switch mode {
            case "ANY":
                guard !prompt.tools.isEmpty else {
                    throw .invalid(
                        "Function calling config is set without function_declarations.")
                }
                if !names.isEmpty { prompt.tools.removeAll { !names.contains($0.name) } }
                prompt.choice = names.count == 1 ? .named(names[0]) : .required
            case "NONE": prompt.choice = .none
            default: break
            }
        }

        // MARK: Schema

        /// What the service refuses beyond unknown names.
        private static func check(_ schema: JSON, _ path: String) throws(Failure) {
            let type = schema["type"]?.string
            if type == "STRING", let format = schema["format"]?.string, !["enum", "date-time"].contains(format) {
                throw .rule("\(path).format: only 'enum' and 'date-time' are supported for STRING type")
            }
            if type == "ARRAY", schema["items"] == nil { throw .rule("\(path).items: missing field.") }
            let properties = schema["properties"]?.object?.members ?? []
            for (index, name) in (schema["required"]?.array ?? []).enumerated() {
                if properties.contains(where: { .string($0.key) == name }) { continue }
                throw .rule("\(path).required[\(index)]: property is not defined")
            }
            for member in properties { try check(member.value, "\(path).properties[\(member.key)]") }
            if let items = schema["items"] { try check(items, "\(path).items") }
            for (index, option) in (schema["anyOf"]?.array ?? []).enumerated() {
                try check(option, "\(path).any_of[\(index)]")
            }
        }

        /// The subset as JSON Schema, from which samples are made.
        private static func standard(_ schema: JSON) -> JSON {
            guard let members = schema.object?.members else { return schema }
            var object = JSONObject()
            for member in members {
                switch member.key {
                case "type": object.append("type", .string(member.value.string?.lowercased() ?? "string"))
                case "items": object.append("items", standard(member.value))
                case "anyOf": object.append("anyOf", .array((member.value.array ?? []).map(standard)))
                case "properties":
                    var properties = JSONObject()
                    for property in member.value.object?.members ?? [] {
                        properties.append(property.key, standard(property.value))
                    }
                    object.append("properties", .object(properties))
                default: object.append(member.key, member.value)
                }
            }
            return .object(object)
        }

        // MARK: Configuration

        private mutating func readConfig(_ config: JSON) throws(Failure) {
            try Self.check(config, "temperature", 0...2)
            try Self.check(config, "topP", 0...1)
            try Self.check(config, "presencePenalty", -2...2)
            try Self.check(config, "frequencyPenalty", -2...2)
            let most = config["maxOutputTokens"]?.int
            if let most, most < 1 || most > Int64(model.outputLimit) {
                throw .invalid(
                    "Unable to submit request because it has a maxOutputTokens value of \(most) but the supported range "
                        + "is from 1 (inclusive) to \(model.outputLimit + 1) (exclusive). Update the value and try again."
                )
            }
            prompt.maxTokens = Int(most ?? Int64(model.outputLimit))
            prompt.stops = config["stopSequences"]?.array?.compactMap(\.string) ?? []
            if prompt.stops.count > 5 {
                throw .rule("generation_config.stop_sequences: at most 5 stop sequences are supported.")
            }
            let count = config["candidateCount"]?.int ?? 1
            guard (1...8).contains(count) else {
                throw .rule("generation_config.candidate_count: the range is from 1 to 8.")
            }
            candidates = Int(count)
            if let top = config["logprobs"]?.int, !(0...20).contains(top) || config["responseLogprobs"]?.bool != true {
                throw .invalid("Logprobs must be between 0 and 20, and response_logprobs must be set.")
            }
            if config["responseLogprobs"]?.bool == true { logprobs = Int(config["logprobs"]?.int ?? 0) }
            try readFormat(config)
            try readThinking(config["thinkingConfig"] ?? [:])
        }

        private static func check(_ config: JSON, _ name: String, _ range: ClosedRange<Double>) throws(Failure) {
            guard let value = config[name]?.double, !range.contains(value) else { return }
            throw .invalid(
                "Unable to submit request because it has a \(name) value of \(value) but the supported range is from "
                    + "\(range.lowerBound) (inclusive) to \(range.upperBound) (inclusive). Update the value and try again."
            )
        }

        private mutating func readFormat(_ config: JSON) throws(Failure) {
            let type = config["responseMimeType"]?.string ?? "text/plain"
            guard ["text/plain", "application/json", "text/x.enum"].contains(type) else {
                throw .rule(
                    "generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, "
                        + "`application/xml`, `application/yaml` and `text/x.enum`.")
            }
            let subset = config["responseSchema"]
            let standard = config["responseJsonSchema"]
            if subset != nil, standard != nil {
                throw .invalid("Only one of response_schema and response_json_schema may be set.")
            }
            if let subset { try Self.check(subset, "generation_config.response_schema") }
            let schema = standard ?? subset.map(Self.standard)
            if schema != nil, type == "text/plain" {
                throw .rule(
                    "generation_config.response_schema: only allowed when response_mime_type is `application/json`.")
            }
            if type == "application/json", !prompt.tools.isEmpty, model.generation < 3 {
                throw .invalid("Function calling with a response mime type: 'application/json' is unsupported")
            }
            if type != "text/plain" { prompt.format = schema.map { .schema($0) } ?? .jsonObject }
        }

        private mutating func readThinking(_ config: JSON) throws(Failure) {
            let budget = config["thinkingBudget"]?.int
            let level = config["thinkingLevel"]?.string
            if budget != nil, level != nil {
                throw .invalid("You can only set only one of thinking budget and thinking level.")
            }
            if !model.thinks {
                if budget ?? 0 != 0 || level != nil { throw .invalid("Thinking is not supported by this model.") }
                return
            }
            if level != nil, model.generation < 3 { throw .invalid("Thinking level is not supported for this model.") }
            if budget == 0, model.alwaysThinks {
                throw .invalid("Budget 0 is invalid. This model only works in thinking mode.")
            }
            if let budget, budget < -1 || budget > 32_768 {
                throw .invalid("The thinking budget \(budget) is invalid. Please choose a value between 0 and 32768.")
            }
            let levels = ["MINIMAL": 8, "LOW": 16, "MEDIUM": 32, "HIGH": 64, "XHIGH": 96]
            prompt.reasoningTokens =
                budget.map { $0 < 0 ? 32 : min(Int($0), 64) } ?? level.flatMap { levels[$0] } ?? 32
            showsThoughts = config["includeThoughts"]?.bool ?? false
        }

        private func readSafety(_ settings: [JSON]) throws(Failure) {
            let names = settings.compactMap { $0["category"]?.string }
            if Set(names).count < names.count {
                throw .rule("safety_settings: element predicate failed: only one setting may be given per category")
            }
        }

        private mutating func readCache(_ body: JSON) throws(Failure) {
            guard let name = body["cachedContent"]?.string else {
                cachedTokens = min(gemini.prompts.cached(talk.prefixes), promptTokens)
                return
            }
            guard let cache = gemini.caches.all.first(where: { $0["name"]?.string == name }) else {
                throw .denied("CachedContent not found (or permission denied)")
            }
            if body["systemInstruction"] != nil || body["tools"] != nil || body["toolConfig"] != nil {
                throw .invalid(
                    "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
                        + "tool_config.")
            }
            cachedTokens = Int(cache["usageMetadata"]?["totalTokenCount"]?.int ?? 0)
            promptTokens += cachedTokens
        }
    }

    /// The body, read by the API's description.
    static func body(_ call: Call, as fields: [String: Shape]) throws(Failure) -> JSON {
        switch call.content {
        case .json(let view) where view.isObject: return try Reader.read(JSON(view), as: fields)
        case .none: return [:]
        case .tooLarge: throw .invalid("Request payload size exceeds the limit: 20971520 bytes.")
        default:
            let start = String(decoding: call.body.prefix(40), as: UTF8.self)
            throw .invalid("Invalid JSON payload received. Unexpected token.\n\(start)\n^")
        }
    }
}
