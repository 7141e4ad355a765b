import JSON

extension Zhipu {
    /// A request of version 3, checked (spec/wire/zhipu.md §5).
    struct LegacyRequest {
        let model: String
        let id: String?
        /// Each event has a new piece, and not the whole text so far.
        let isIncremental: Bool
        /// The text of a whole answer is a JSON string inside JSON.
        let isEncoded: Bool
        private(set) var promptTokens = 0
        private(set) var lastUserText = ""
        private static let models = ["chatglm_turbo", "chatglm_pro", "chatglm_std", "chatglm_lite", "characterglm"]

        init(_ model: String, _ call: Call, _ prompts: PromptMemory) throws(Failure) {
            guard Self.models.contains(model) || model.firstRange(of: "mock-") != nil else { throw .code(1211) }
            self.model = model
            let fields = try Fields(call)
            id = try fields.string("request_id")
            isIncremental = try fields.bool("incremental") ?? true
            try fields.check("temperature", 0...1, isOpen: true)
            try fields.check("top_p", 0...1, isOpen: true)
            let type = try fields.string("return_type") ?? "json_string"
            guard ["json_string", "text"].contains(type) else { throw .invalid("return_type") }
            isEncoded = type == "json_string"
            _ = try fields.object("ref")
            if model == "characterglm" { try fields.checkMeta() }
            try read(fields, prompts)
            if lastUserText.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
            if promptTokens > 32_768 { throw .code(1261) }
        }

        /// Requires that user and assistant alternate, and that the user is first and last.
        private mutating func read(_ fields: Fields, _ prompts: PromptMemory) throws(Failure) {
            guard let turns = fields.member("prompt") else { throw .missing("prompt") }
            guard turns.isArray, turns.arrayCount % 2 == 1 else { throw .invalid("prompt") }
            var index = 0
            try turns.forEachElement { (turn) throws(Failure) in
                let role = index % 2 == 0 ? "user" : "assistant"
                guard turn["role"]?.string == role, let text = turn["content"]?.string, !text.isEmpty else {
                    throw .invalid("prompt")
                }
                if role == "user" { lastUserText = text }
                promptTokens += prompts.count(text, model: model)
                index += 1
            }
        }

        func prompt(_ content: UInt64) -> Prompt {
            var prompt = Prompt(model: model, name: model, content: content)
            prompt.lastUserText = lastUserText
            return prompt
        }
    }
}
