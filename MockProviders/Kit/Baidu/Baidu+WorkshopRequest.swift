import JSON

extension Baidu.Workshop {
    /// The request of a chat or completion, checked and as plain values (spec/wire/baidu.md §3.1).
    struct Request {
        let endpoint: Baidu.Endpoint
        var isStream = false
        var maxTokens = Int.max
        var stops: [String] = []
        var tools: [Prompt.Tool] = []
        /// The functions are in the first message's text, and the call has to be text too.
        var callsInWords = false
        var choice = Prompt.ToolChoice.auto
        var format = Prompt.Format.text
        /// The answer contains marks such as `[1]`, and `search_info`.
        var cites = false
        /// The search tool is used, and the answer has `tools_info`.
        var searches = false
        /// How many pages the search tool reports.
        var finds = 1
        var system = ""
        var talk = Talk()
        var promptTokens = 0

        /// Reads the fields that all of the workshop's text endpoints have.
        init(_ fields: Baidu.Fields, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) {
            self.endpoint = endpoint
            isStream = try fields.bool("stream") ?? false
            try fields.check("temperature", 0...1, isOpen: true)
            try fields.check("top_p", 0...1, isOpen: endpoint.isStrict)
            try fields.check("penalty_score", 1...2)
            stops = try fields.stops()
            maxTokens = try fields.int("max_output_tokens", 2...endpoint.maxOutput) ?? endpoint.maxOutput
            _ = try fields.int("min_output_tokens", 2...endpoint.maxOutput)
            _ = try fields.string("user_id")
            _ = try fields.string("user_setting")
            try readSearch(fields)
        }

        /// Reads the request of a chat.
        init(_ call: Call, _ endpoint: Baidu.Endpoint, _ prompts: PromptMemory) throws(Baidu.Failure) {
            let fields = try Baidu.Fields(call, .workshop)
            try self.init(fields, endpoint)
            talk = try Talk(fields.member("messages"), endpoint, prompts)
            system = try fields.string("system") ?? ""
            try readOptions(fields)
            try readFunctions(fields)
            readFunctionsInWords()
            promptTokens = talk.tokens + prompts.count(system, model: endpoint.name)
            if let functions = fields.member("functions") {
                promptTokens += prompts.count(JSON(functions).text, model: endpoint.name)
            }
            try checkLength(system, prompts)
        }

        private mutating func readOptions(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            let isOff = try fields.bool("disable_search") ?? false
            if try fields.bool("enable_citation") ?? false { cites = true }
            _ = try fields.bool("enable_trace")
            _ = try fields.bool("enable_system_memory")
            _ = try fields.string("system_memory_id")
            switch try fields.string("response_format") {
            case nil, "text": break
            case "json_object": format = .jsonObject
            default: throw .value("response_format is invalid", .workshop)
            }
            if let metadata = fields.member("metadata") {
                guard metadata.isObject else { throw .kind("metadata", .workshop) }
                var count = 0
                metadata.forEachMember { _, _ in count += 1 }
                if count > 16 { throw .value("metadata is invalid", .workshop) }
            }
            if isOff { (cites, searches) = (false, false) }
        }

        private mutating func readFunctions(_ fields: Baidu.Fields) throws(Baidu.Failure) {
            if let functions = fields.member("functions") {
                guard functions.isArray else { throw .kind("functions", .workshop) }
                try functions.forEachElement { (function) throws(Baidu.Failure) in try read(function) }
            }
            guard let wanted = fields.member("tool_choice"), wanted["type"]?.equals("tool") != true else { return }
            let name = wanted["function"]?["name"]?.string
            guard let name, wanted["type"]?.equals("function") == true, tools.contains(where: { $0.name == name })
            else { throw .value("tool_choice is invalid", .workshop) }
            choice = .named(name)
        }

        private mutating func read(_ function: JSONView) throws(Baidu.Failure) {
            guard let name = function["name"]?.string, Baidu.isName(name) else {
                throw .workshop(336_117, "Invalid Argument: functions name")
            }
            guard let parameters = function["parameters"], parameters.isObject else {
                throw .workshop(336_122, "Invalid Argument: functions parameters")
            }
            let isObject = parameters["type"]?.equals("object") ?? false
            guard isObject, parameters["properties"]?.isObject == true else {
                throw .workshop(336_123, "Invalid Argument: functions schema")
            }
            tools.append(Prompt.Tool(name: name, parameters: JSON(parameters)))
        }

        private func checkLength(_ system: String, _ prompts: PromptMemory) throws(Baidu.Failure) {
            if endpoint.countsAll {
                guard talk.characters + system.count <= endpoint.maxCharacters else {
                    throw .workshop(336_007, "the max length of all question is \(endpoint.maxCharacters)")
                }
                if promptTokens > endpoint.maxInput { throw .workshop(336_103, "Prompt tokens too long") }
                return
            }
            guard talk.last.count + system.count <= endpoint.maxCharacters else {
                throw .workshop(336_006, "the max length of current question is \(endpoint.maxCharacters)")
            }
            if endpoint.maxInput == .max { return }
            let tokens = prompts.count(talk.last, model: endpoint.name) + prompts.count(system, model: endpoint.name)
            if tokens > endpoint.maxInput { throw .workshop(336_103, "Prompt tokens too long") }
        }

        func prompt(_ content: UInt64) -> Prompt {
            var prompt = Prompt(model: endpoint.name, name: endpoint.name, content: content)
            prompt.systemText = system
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.toolResults.isEmpty
            prompt.toolResults = talk.toolResults
            prompt.tools = tools
            prompt.choice = choice
            // The service makes one call per answer.
            prompt.isParallel = false
            prompt.format = format
            prompt.maxTokens = maxTokens
            prompt.stops = stops
            return prompt
        }
    }

    /// The messages, checked: an odd number, `user` or `function` at odd places, `assistant` between them (§3.2).
    struct Talk {
        private(set) var tokens = 0
        private(set) var characters = 0
        var lastUserText = ""
        private(set) var first = ""
        private(set) var last = ""
        /// The text of the assistant's message before the last one.
        private(set) var lastAnswer = ""
        var toolResults: [String] = []

        init() {}

        /// A conversation that is one text.
        init(_ text: String, _ endpoint: Baidu.Endpoint, _ prompts: PromptMemory) {
            lastUserText = text
            last = text
            characters = text.count
            tokens = prompts.count(text, model: endpoint.name)
        }

        init(_ messages: JSONView?, _ endpoint: Baidu.Endpoint, _ prompts: PromptMemory) throws(Baidu.Failure) {
            guard let messages else { throw .value("messages can not be empty", .workshop) }
            guard messages.isArray else { throw .kind("messages", .workshop) }
            if messages.arrayCount == 0 { throw .value("messages can not be empty", .workshop) }
            if messages.arrayCount % 2 == 0 {
                throw .value("the length of messages must be an odd number", .workshop)
            }
            var index = 0
            try messages.forEachElement { (message) throws(Baidu.Failure) in
                guard message.isObject else { throw .kind("messages", .workshop) }
                try read(message, index, endpoint, prompts)
                index += 1
            }
        }

        private mutating func read(
            _ message: JSONView, _ index: Int, _ endpoint: Baidu.Endpoint, _ prompts: PromptMemory
        ) throws(Baidu.Failure) {
            let role = message["role"]?.string ?? ""
            let roles = index % 2 == 1 ? ["assistant"] : index == 0 ? ["user"] : ["user", "function"]
            guard roles.contains(role) else { throw .value("invalid role in message \(index)", .workshop) }
            if let content = message["content"], !content.isNull, content.string == nil {
                throw .kind("messages", .workshop)
            }
            var text = message["content"]?.string ?? ""
            let function = message["function_call"].flatMap { $0.isNull ? nil : $0 }
            if text.isEmpty, role != "assistant" || function == nil {
                throw .value("content can not be empty in message \(index)", .workshop)
            }
            if role == "user" { lastUserText = text }
            if role == "assistant" { lastAnswer = text }
            if index == 0 { first = text }
            toolResults = role == "function" ? [text] : []
            if role == "function", message["name"]?.string?.isEmpty ?? true {
                throw .value("name can not be empty in message \(index)", .workshop)
            }
            last = text
            if let function {
                guard let name = function["name"]?.string, let arguments = function["arguments"]?.string else {
                    throw .value("function_call is invalid in message \(index)", .workshop)
                }
                text += name + arguments
            }
            characters += text.count
            tokens += prompts.count(text, model: endpoint.name)
        }
    }
}
