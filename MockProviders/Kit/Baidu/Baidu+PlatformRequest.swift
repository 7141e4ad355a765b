import JSON

extension Baidu.Platform {
    /// The request of a chat, checked and as plain values (spec/wire/baidu.md §4).
    struct Request {
        let model: Baidu.Model
        var isStream = false
        var includesUsage = false
        var maxTokens = Int.max
        var stops: [String] = []
        var tools: [Prompt.Tool] = []
        var choice = Prompt.ToolChoice.auto
        var isParallel = true
        var format = Prompt.Format.text
        var reasoningTokens = 0
        var searches = false
        var cites = false
        var talk = Talk()
        var promptTokens = 0

        init(_ call: Call, _ prompts: PromptMemory) throws(Baidu.Failure) {
            let fields = try Baidu.Fields(call, .platform)
            model = try Baidu.Model(fields, .chat)
            isStream = try fields.bool("stream") ?? false
            includesUsage = fields.member("stream_options")?["include_usage"]?.bool ?? false
            try checkNumbers(fields)
            stops = try fields.stops()
            let old = try fields.int("max_tokens", 1...Int(Int32.max))
            let limit = try fields.int("max_completion_tokens", 1...Int(Int32.max))
            maxTokens = limit ?? old ?? .max
            if let search = fields.member("web_search"), search["enable"]?.bool == true {
                searches = true
                cites = search["enable_citation"]?.bool == true
            }
            try readFormat(fields)
            try readTools(fields)
            try readThinking(fields)
            talk = try Talk(fields.member("messages"), model, prompts)
            promptTokens = talk.tokens
            if let tools = fields.member("tools") { promptTokens += prompts.count(JSON(tools).text, model: model.id) }
            if talk.last.count > model.maxCharacters {
                throw .request("characters_too_long", "the max input characters is \(model.maxCharacters)")
            }
            if promptTokens > model.maxInput { throw .request("tokens_too_long", "Prompt tokens too long") }
        }

        private func checkNumbers(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            // The service's ranges differ between models. These are the widest.
            try fields.check("temperature", 0...2)
            try fields.check("top_p", 0...1)
            try fields.check("penalty_score", 1...2)
            try fields.check("frequency_penalty", -2...2)
            try fields.check("presence_penalty", -2...2)
            try fields.check("repetition_penalty", 0...2, isOpen: true)
            _ = try fields.int("seed", Int.min...Int.max)
            _ = try fields.string("user")
            if let metadata = fields.member("metadata"), !metadata.isObject { throw .kind("metadata", .platform) }
        }

        private mutating func readFormat(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            guard let view = fields.member("response_format") else { return }
            guard view.isObject else { throw .kind("response_format", .platform) }
            switch view["type"]?.string {
            case "text": return
            case "json_object": format = .jsonObject
            case "json_schema":
                guard let schema = view["json_schema"]?["schema"], schema.isObject else {
                    throw .value("response_format.json_schema is invalid", .platform)
                }
                format = .schema(JSON(schema))
            default: throw .value("response_format.type is invalid", .platform)
            }
        }

        private mutating func readTools(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            isParallel = try fields.bool("parallel_tool_calls") ?? true
            if let tools = fields.member("tools") {
                guard tools.isArray else { throw .kind("tools", .platform) }
                try tools.forEachElement { (tool) throws(Baidu.Failure) in
                    let function = tool["function"]
                    guard tool["type"]?.equals("function") == true, let name = function?["name"]?.string,
                        Baidu.isName(name)
                    else { throw .value("tools is invalid", .platform) }
                    let parameters = function?["parameters"]
                    guard parameters?.isObject ?? true else { throw .value("tools is invalid", .platform) }
                    self.tools.append(Prompt.Tool(name: name, schema: parameters.map { JSON($0) }))
                }
            }
            guard let wanted = fields.member("tool_choice") else { return }
            switch wanted.string {
            case "none": choice = .none
            case "auto": choice = .auto
            case "required" where !tools.isEmpty: choice = .required
            default:
                guard let name = wanted["function"]?["name"]?.string, tools.contains(where: { $0.name == name })
                else { throw .value("tool_choice is invalid", .platform) }
                choice = .named(name)
            }
        }

        private mutating func readThinking(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            let wanted = try fields.bool("enable_thinking")
            let budget = try fields.int("thinking_budget", 0...Int(Int32.max))
            let effort = try fields.string("reasoning_effort")
            let isAble = model.thinks || model.id.firstRange(of: "mock-") != nil
            guard isAble, wanted ?? model.thinks else { return }
            let tokens =
                switch effort {
                case "low": 16
                case nil, "medium": 48
                case "high": 128
                default: throw .value("reasoning_effort is invalid", .platform)
                }
            reasoningTokens = min(tokens, budget ?? tokens)
        }

        func prompt(_ content: UInt64) -> Prompt {
            var prompt = Prompt(model: model.id, name: model.id, content: content)
            prompt.systemText = talk.system
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.toolResults.isEmpty
            prompt.toolResults = talk.toolResults
            prompt.imageCount = talk.imageCount
            prompt.tools = tools
            prompt.choice = choice
            prompt.isParallel = isParallel
            prompt.format = format
            prompt.maxTokens = maxTokens
            prompt.reasoningTokens = reasoningTokens
            prompt.stops = stops
            return prompt
        }
    }
}
