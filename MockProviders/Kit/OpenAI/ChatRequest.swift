import JSON

/// The request of a chat completion, checked and as plain values.
struct ChatRequest {
    let model: Model
    let name: String
    var isStream = false
    var includesUsage = false
    var obfuscates = true
    var n = 1
    var maxTokens = Int.max
    var stops: [String] = []
    var tools: [Prompt.Tool] = []
    var choice = Prompt.ToolChoice.auto
    var isParallel = true
    /// The request uses the deprecated `functions` interface.
    var isLegacy = false
    var format = Prompt.Format.text
    var topLogprobs: Int?
    /// The format of the audio that the request asks for, if it does.
    var audioFormat: String?
    var reasoningTokens = 0
    var conversation = Conversation()

    init(_ call: Call, prompts: PromptMemory) throws(Failure) {
        let body = try call.object()
        (name, model) = try call.model(in: body)
        if model.kind == .responses { throw .onlyResponses }
        guard model.isChat else { throw .notChat }
        try Self.fields.check(body, sparing: call.spared)
        guard let messages = body["messages"] else { throw .missing("messages") }
        try readOptions(body)
        try readFormat(body["response_format"])
        try readTools(body)
        try readAudio(body)
        if model.isReasoning { try checkReasoning(body) }
        conversation = try Conversation(messages, model: model, tools: body["tools"], prompts: prompts)
        try checkConversation(body)
    }

    private mutating func readOptions(_ body: JSONView) throws(Failure) {
        isStream = body["stream"]?.bool ?? false
        n = Int(body["n"]?.int ?? 1)
        if let options = body["stream_options"], !options.isNull {
            guard isStream else {
                throw .invalid(
                    "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param: "stream_options")
            }
            includesUsage = options["include_usage"]?.bool ?? false
            obfuscates = options["include_obfuscation"]?.bool ?? true
        }
        let limits = [body["max_tokens"]?.int, body["max_completion_tokens"]?.int]
        if limits[0] != nil, limits[1] != nil {
            throw .invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
        }
        if let limit = limits[0] ?? limits[1] {
            maxTokens = Int(limit)
            if maxTokens > model.maxOutput {
                let field = limits[0] == nil ? "max_completion_tokens" : "max_tokens"
                throw .invalid(
                    "max_tokens is too large: \(limit). This model supports at most \(model.maxOutput) completion "
                        + "tokens, whereas you provided \(limit).", param: field, code: "invalid_value")
            }
        }
        if let stop = body["stop"], !stop.isNull { stops = try Self.strings(stop, "stop", max: 4) }
        let wantsLogprobs = body["logprobs"]?.bool ?? false
        if let top = body["top_logprobs"]?.int {
            guard wantsLogprobs else {
                throw .invalid(
                    "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", param: "top_logprobs")
            }
            topLogprobs = Int(top)
        } else if wantsLogprobs {
            topLogprobs = 0
        }
    }

    static func strings(_ view: JSONView, _ name: String, max: Int) throws(Failure) -> [String] {
        if let text = view.string { return [text] }
        if view.arrayCount > max { throw .tooLong(name, "array", max, view.arrayCount) }
        var texts: [String] = []
        try view.forEachElement { (item) throws(Failure) in
            guard let text = item.string else { throw .wrongType("\(name)[\(texts.count)]", "a string", item) }
            texts.append(text)
        }
        return texts
    }

    private mutating func readFormat(_ view: JSONView?) throws(Failure) {
        guard let view, !view.isNull else { return }
        switch view["type"]?.string {
        case "text": return
        case "json_object": format = .jsonObject
        case "json_schema":
            guard let spec = view["json_schema"] else { throw .missing("response_format.json_schema") }
            guard let name = spec["name"]?.string else { throw .missing("response_format.json_schema.name") }
            try Self.checkName(name, "response_format.json_schema.name")
            guard let schema = spec["schema"], schema.isObject else {
                throw .missing("response_format.json_schema.schema")
            }
            let value = JSON(schema)
            if spec["strict"]?.bool == true {
                try SchemaCheck.strict(value, "response_format '\(name)'", "response_format")
            }
            format = .schema(value)
        case let other:
            throw .badChoice("response_format.type", other ?? "null", ["json_object", "json_schema", "text"])
        }
    }

    static func checkName(_ name: String, _ field: String) throws(Failure) {
        let isGood = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2d: true
            default: false
            }
        }
        if name.utf8.count > 64 { throw .tooLong(field, "string", 64, name.count) }
        guard isGood, !name.isEmpty else {
            throw .invalid(
                "Invalid '\(field)': string does not match pattern. Expected a string that matches the pattern "
                    + "'^[a-zA-Z0-9_-]+$'.", param: field, code: "invalid_value")
        }
    }

    private mutating func readAudio(_ body: JSONView) throws(Failure) {
        var wantsAudio = false
        var index = 0
        try body["modalities"]?.forEachElement { (item) throws(Failure) in
            guard let kind = item.string, ["text", "audio"].contains(kind) else {
                throw .badChoice("modalities[\(index)]", item.string ?? "null", ["text", "audio"])
            }
            wantsAudio = wantsAudio || kind == "audio"
            index += 1
        }
        guard wantsAudio else { return }
        guard let audio = body["audio"], audio.isObject else {
            throw .invalid(
                "Audio output requires the 'audio' parameter.", param: "audio", code: "missing_required_parameter")
        }
        let formats = ["wav", "aac", "mp3", "flac", "opus", "pcm16"]
        guard let format = audio["format"]?.string else { throw .missing("audio.format") }
        guard formats.contains(format) else { throw .badChoice("audio.format", format, formats) }
        guard audio["voice"] != nil else { throw .missing("audio.voice") }
        if isStream, format != "pcm16" {
            throw .invalid(
                "Unsupported value: 'audio.format' does not support '\(format)' when stream=true. Supported values are: "
                    + "'pcm16'.", param: "audio.format", code: "unsupported_value")
        }
        audioFormat = format
    }

    private mutating func checkReasoning(_ body: JSONView) throws(Failure) {
        let effort = body["reasoning_effort"]?.string ?? model.efforts.first ?? "medium"
        guard model.efforts.contains(effort) else {
            throw .invalid(
                "Unsupported value: 'reasoning_effort' does not support '\(effort)' with this model. Supported values "
                    + "are: \(Rule.list(model.efforts)).", param: "reasoning_effort", code: "unsupported_value")
        }
        reasoningTokens =
            switch effort {
            case "none", "minimal": 0
            case "low": 64
            case "medium": 192
            case "high": 512
            case "xhigh": 1024
            default: 2048
            }
        if let limit = body["max_tokens"], !limit.isNull { throw .unsupported("max_tokens") }
        if effort == "none" { return }
        for name in ["logit_bias", "logprobs", "top_logprobs"] where body.has(name) { throw .unsupported(name) }
        for (name, standard) in [("temperature", 1.0), ("top_p", 1), ("presence_penalty", 0), ("frequency_penalty", 0)]
        {
            guard let value = body.member(name)?.double, value != standard else { continue }
            if standard == 0 { throw .unsupported(name) }
            throw .unsupportedValue(name, got: JSONNumber(value).text)
        }
        if model.traits.contains(.refusesStop), !stops.isEmpty { throw .unsupported("stop") }
    }

    private func checkConversation(_ body: JSONView) throws(Failure) {
        if conversation.promptTokens > model.context {
            throw .contextLength(model.context, messages: conversation.promptTokens)
        }
        if case .jsonObject = format, !conversation.mentionsJSON {
            throw .invalid(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                param: "messages")
        }
        if let web = body["web_search_options"], !web.isNull, !model.searches, name.firstRange(of: "mock-") == nil {
            throw .invalid("Web search options not supported with this model.", param: "web_search_options")
        }
    }
}

extension JSONView {
    /// The member with a name that is known only at run time.
    func member(_ name: String) -> JSONView? {
        var found: JSONView?
        var name = name
        name.withUTF8 { wanted in
            forEachMember { key, value in
                if found == nil, key.elementsEqual(wanted) { found = value }
            }
        }
        return found
    }

    func has(_ name: String) -> Bool {
        guard let value = member(name) else { return false }
        return !value.isNull && value.bool != false
    }
}
