import JSON

extension Gemini {
    /// A generateContent request, checked and as plain values (spec/wire/gemini.md §§2, 4–6).
    struct Request {
        enum Modality: String {
            case text = "TEXT"
            case image = "IMAGE"
            case audio = "AUDIO"
        }

        let model: Model
        let isVertex: Bool
        var prompt: Prompt
        let talk: Talk
        var candidates = 1
        var showsThoughts = false
        var logprobs: Int?
        /// The answer is one of these words, without JSON around it.
        var words: [String] = []
        var modality = Modality.text
        var promptTokens: Int
        var cachedTokens = 0
        /// The tools that the service itself runs.
        var serverTools: Set<String> = []
        private(set) var tier = "standard"

        init(_ body: JSON, _ call: Call, _ model: Model, _ place: Place, _ gemini: Gemini) throws(Failure) {
            (self.model, isVertex) = (model, place.isVertex)
            prompt = Prompt(model: model.name, name: model.name, content: call.ids.content)
            if let system = body["systemInstruction"] { try Self.checkSystem(system) }
            var head = ""
            var headTokens = 0
            for extra in [body["systemInstruction"], body["tools"]].compactMap({ $0 }) {
                let text = Talk.text(extra)
                headTokens += gemini.prompts.count(text, model: model.name)
                head += text
            }
            talk = try Talk(body["contents"], model, place, head: (head, headTokens), gemini)
            promptTokens = talk.tokens + headTokens
            try readTools(body["tools"]?.array ?? [])
            try readChoice(body["toolConfig"]?["functionCallingConfig"])
            try readConfig(body["generationConfig"] ?? [:])
            try readSafety(body["safetySettings"]?.array ?? [])
            try readCache(body, call, gemini)
            try readTier(body["serviceTier"]?.string)
            if promptTokens > model.inputLimit { throw .tooLong(promptTokens, limit: model.inputLimit) }
            prompt.systemText = body["systemInstruction"].map(Talk.text) ?? ""
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.results.isEmpty
            prompt.toolResults = talk.results
            prompt.imageCount = talk.images
        }

        private static func checkSystem(_ system: JSON) throws(Failure) {
            let parts = system["parts"]?.array ?? []
            if parts.isEmpty { throw .rule("system_instruction.parts: contents.parts must not be empty.") }
            if parts.contains(where: { $0["text"] == nil }) { throw .invalid("Request contains an invalid argument.") }
        }

        private func readSafety(_ settings: [JSON]) throws(Failure) {
            let names = settings.compactMap { $0["category"]?.string }
            if Set(names).count < names.count {
                throw .rule("safety_settings: element predicate failed: only one setting may be given per category")
            }
        }

        private mutating func readTier(_ name: String?) throws(Failure) {
            guard let name else { return }
            guard ["standard", "flex", "priority"].contains(name.lowercased()) else {
                throw .invalid("Invalid service tier: \(name.prefix(80))")
            }
            tier = name.lowercased()
        }

        private mutating func readCache(_ body: JSON, _ call: Call, _ gemini: Gemini) throws(Failure) {
            guard let name = body["cachedContent"]?.string else { return }
            guard let cache = gemini.cache(named: name, call) else { throw .noCache }
            if cache.model != "models/\(model.name)" {
                throw .invalid(
                    "Model used by GenerateContent request (models/\(model.name)) and CachedContent (\(cache.model)) has "
                        + "to be the same.")
            }
            if body["systemInstruction"] != nil || body["tools"] != nil || body["toolConfig"] != nil {
                throw .invalid(
                    "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
                        + "tool_config.")
            }
            cachedTokens = cache.tokens
            promptTokens += cachedTokens
        }

        /// Reads the number of cached tokens. From 2.5 on, the service caches prompts that it has seen by itself.
        mutating func recall(_ prompts: PromptMemory) {
            guard cachedTokens == 0, model.generation >= 2.5 else { return }
            cachedTokens = min(prompts.cached(talk.prefixes), promptTokens)
        }
    }
}
