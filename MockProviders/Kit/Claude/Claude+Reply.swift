import JSON

extension Claude {
    /// A message before it is written in the layout of a body or a stream.
    struct Message {
        enum Part {
            case thinking(pieces: [Piece], signature: String)
            case redacted(String)
            case text([Piece], Citation?)
            case toolUse(id: String, name: String, arguments: String)
            case serverToolUse(id: String, name: String, arguments: String)
            case searchResult(id: String, url: String, title: String)
        }

        let id: String
        let model: Model
        let request: Request
        private(set) var parts: [Part] = []
        private(set) var stopReason = "end_turn"
        private(set) var stopSequence: String?
        /// The reason why the service's classifiers stopped the answer.
        private(set) var refusal: String?
        private(set) var usage: Usage

        /// - Parameter tier: `standard` or `batch`.
        init(_ request: Request, _ call: Call, prompts: PromptMemory, cache: Cache, tier: String = "standard") {
            var ids = call.ids
            id = "msg_01" + ids.random.base58(22)
            model = request.model
            self.request = request
            let used = cache.use(request.prefix, now: ids.created)
            usage = Usage(prompt: request.promptTokens, used, tier: tier, geography: request.geography)
            let prompt = request.prompt(ids.content)
            let reply = Reply(to: prompt, script: call.script, memory: prompts)
            usage.output = reply.tokens
            usage.thinking = reply.reasoningTokens
            think(reply, prompt, nonce: ids.content)
            if request.wantsWeb { searchWeb(&ids) }
            speak(reply, prompt, call.script, &ids)
            end(reply, call.script)
            if let script = call.script { usage.replace(by: script) }
        }

        private mutating func think(_ reply: Reply, _ prompt: Prompt, nonce: UInt64) {
            if reply.reasoning.isEmpty { return }
            if prompt.lastUserText.firstRange(of: "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9") != nil {
                parts.append(.redacted(Seal.redact(nonce: nonce)))
                return
            }
            let shown = request.thinking.isOmitted ? [] : reply.reasoning
            parts.append(.thinking(pieces: shown, signature: Seal.make(shown.text, nonce: nonce)))
        }

        private mutating func searchWeb(_ ids: inout IdentifierSource) {
            let id = "srvtoolu_01" + ids.random.base58(22)
            let query: JSON = ["query": .string(String(request.dialogue.lastUserText.prefix(60)))]
            parts.append(.serverToolUse(id: id, name: "web_search", arguments: query.text))
            parts.append(.searchResult(id: id, url: Self.page, title: "An example"))
            usage.searches = 1
            usage.output += 12
        }

        private static let page = "https://example.test/oslo"

        private mutating func speak(
            _ reply: Reply, _ prompt: Prompt, _ script: Script?, _ ids: inout IdentifierSource
        ) {
            if reply.end == .refusal {
                refusal = reply.text.text
                return
            }
            if reply.calls.isEmpty {
                if !reply.text.isEmpty { parts.append(.text(reply.text, citation)) }
                return
            }
            let isTalkative = prompt.lastUserText.firstRange(of: "mock-preamble") != nil
            if let words = script?.text ?? (isTalkative ? "Let me look that up." : nil), !words.isEmpty {
                let pieces = tokenPieces(words, model: prompt.model)
                parts.append(.text(pieces, nil))
                usage.output += Reply.sum(pieces)
            }
            for call in reply.calls {
                let id = "toolu_01" + ids.random.base58(22)
                parts.append(.toolUse(id: id, name: call.name, arguments: call.arguments))
            }
        }

        private var citation: Citation? {
            if !request.wantsWeb { return request.dialogue.citation }
            let source = Citation.Source(kind: .web(Self.page), title: "An example", text: "Oslo is in Norway.")
            return Citation(source: source, index: 0)
        }

        private mutating func end(_ reply: Reply, _ script: Script?) {
            switch reply.end {
            case .stop: stopReason = "end_turn"
            case .stopSequence(let text):
                stopReason = "stop_sequence"
                stopSequence = text
            case .length: stopReason = "max_tokens"
            case .toolCalls: stopReason = "tool_use"
            case .refusal: stopReason = "refusal"
            case .filtered:
                stopReason = "refusal"
                refusal = "The answer was stopped by a classifier."
            }
            stopReason = script?.finishReason ?? stopReason
        }
    }

    struct Usage {
        /// The tokens of the whole prompt: new ones, those written to the cache, and those read from it.
        var prompt: Int
        var cache: Cache.Use
        var output = 0
        /// The part of `output` that is thinking.
        var thinking = 0
        var searches = 0
        let tier: String
        let geography: String

        init(prompt: Int, _ cache: Cache.Use, tier: String, geography: String) {
            self.prompt = prompt
            self.cache = cache
            self.tier = tier
            self.geography = geography
        }

        var input: Int { max(0, prompt - cache.read - cache.short - cache.long) }

        mutating func replace(by script: Script) {
            if script.promptTokens != nil || script.cachedTokens != nil {
                cache = Cache.Use(read: script.cachedTokens ?? 0)
            }
            prompt = script.promptTokens ?? prompt
            output = script.completionTokens ?? output
            thinking = script.reasoningTokens ?? thinking
        }

        /// The usage as the answer reports it under a fault. The ledger keeps the true numbers.
        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: return self
            case .missing: return nil
            case .zero: return Usage(prompt: 0, Cache.Use(), tier: tier, geography: geography)
            case .wrong:
                var copy = self
                copy.prompt *= 10
                copy.output *= 10
                return copy
            }
        }
    }
}

extension Claude.Request {
    /// Whether the service searches the web: the tool is allowed, and the user's text names it.
    var wantsWeb: Bool {
        tools.searchesWeb && dialogue.endsWithUser && dialogue.lastUserText.firstRange(of: "web_search") != nil
    }

    func prompt(_ content: UInt64) -> Prompt {
        var prompt = Prompt(model: model.id, name: name, content: content)
        prompt.systemText = systemText
        prompt.lastUserText = dialogue.lastUserText
        prompt.endsWithUser = dialogue.endsWithUser
        prompt.toolResults = dialogue.toolResults
        prompt.imageCount = dialogue.imageCount
        prompt.tools = tools.tools
        prompt.choice = wantsWeb ? .none : tools.choice
        prompt.isParallel = tools.isParallel
        prompt.format = format
        prompt.maxTokens = maxTokens
        prompt.reasoningTokens = thinking.tokens
        prompt.stops = stops
        return prompt
    }
}
