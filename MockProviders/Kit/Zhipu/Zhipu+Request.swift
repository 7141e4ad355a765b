import JSON

extension Zhipu {
    /// The request of a chat of version 4, checked and as plain values (spec/wire/zhipu.md §2).
    struct Request {
        let model: Model
        let id: String?
        let isStream: Bool
        let talk: Talk
        let toolbox: Toolbox
        let promptTokens: Int
        let streamsTools: Bool
        private let maxTokens: Int
        private let stops: [String]
        private let format: Prompt.Format
        private let reasoningTokens: Int

        init(_ call: Call, _ prompts: PromptMemory) throws(Failure) {
            let fields = try Fields(call)
            model = try fields.model(for: .chat, method: "chat")
            id = try fields.requestID()
            isStream = try fields.bool("stream") ?? false
            try fields.check("temperature", 0...1, isOpen: model.isOld)
            try fields.check("top_p", (model.isOld ? 0 : 0.01)...1, isOpen: model.isOld)
            _ = try fields.bool("do_sample")
            _ = try fields.object("stream_options")
            if model.isCharacter { try fields.checkMeta() }
            stops = try Self.stops(fields)
            format = try Self.format(fields)
            let thinking = try Self.thinking(fields)
            let effort = try fields.string("reasoning_effort")
            reasoningTokens = Self.reasoning(model, isOff: thinking.isOff, effort)
            toolbox = try Toolbox(fields, model)
            let wantsPieces = try fields.bool("tool_stream") ?? false
            streamsTools = wantsPieces && model.streamsTools
            talk = try Talk(fields, model, keepsReasoning: thinking.keeps, prompts)
            if talk.lastUserText.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
            let tools = toolbox.text.isEmpty ? 0 : prompts.count(toolbox.text, model: model.id)
            promptTokens = talk.tokens + tools
            if promptTokens >= model.window { throw .code(1261) }
            maxTokens = try fields.int("max_tokens", 1...model.maxOutput) ?? model.maxOutput
        }

        /// A string or a list of strings, as the SDK's type `Union[str, List[str]]` says.
        private static func stops(_ fields: Fields) throws(Failure) -> [String] {
            guard let list = fields.member("stop") else { return [] }
            if let word = list.string { return [word] }
            guard list.isArray else { throw .invalid("stop") }
            var words: [String] = []
            try list.forEachElement { (item) throws(Failure) in
                guard let word = item.string else { throw .invalid("stop") }
                words.append(word)
            }
            return words
        }

        private static func format(_ fields: Fields) throws(Failure) -> Prompt.Format {
            guard let format = try fields.object("response_format") else { return .text }
            switch format["type"]?.string {
            case "text": return .text
            case "json_object": return .jsonObject
            default: throw .invalid("response_format")
            }
        }

        private static func thinking(_ fields: Fields) throws(Failure) -> (isOff: Bool, keeps: Bool) {
            guard let thinking = try fields.object("thinking") else { return (false, false) }
            guard let type = thinking["type"]?.string, ["enabled", "disabled"].contains(type) else {
                throw .invalid("thinking")
            }
            return (type == "disabled", thinking["clear_thinking"]?.bool == false)
        }

        private static func reasoning(_ model: Model, isOff: Bool, _ effort: String?) -> Int {
            switch model.thought {
            case .none: return 0
            case .field: if isOff { return 0 }
            case .tags: return 48
            }
            switch effort {
            case "none": return 0
            case "minimal", "low": return 16
            case "high", "xhigh", "max": return 128
            default: return 48
            }
        }

        // MARK: What follows

        /// How many tokens the model can say before its window is full.
        var room: Int { model.window - promptTokens }

        /// A long answer ends because of the window, and not because of the caller's limit.
        var isWindowed: Bool { room < maxTokens }

        /// The marks around the answer or the thoughts. They cost tokens too.
        var marks: (open: String, close: String)? {
            if model.thought == .tags { return ("<think>", "</think>") }
            return model.isBoxed ? ("<|begin_of_box|>", "<|end_of_box|>") : nil
        }

        func prompt(_ content: UInt64, markTokens: Int) -> Prompt {
            var prompt = Prompt(model: model.id, name: model.id, content: content)
            prompt.systemText = talk.systemText
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.toolResults.isEmpty
            prompt.toolResults = talk.toolResults
            prompt.imageCount = talk.imageCount
            prompt.tools = toolbox.tools
            prompt.format = format
            prompt.maxTokens = max(0, min(maxTokens, room) - markTokens)
            prompt.reasoningTokens = reasoningTokens
            prompt.stops = stops
            return prompt
        }
    }
}
