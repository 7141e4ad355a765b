import JSON

extension Claude {
    /// What the parser of a request needs.
    struct Scope {
        let prompts: PromptMemory
        let betas: Betas
        /// Roles must alternate, as they had to before 2024.
        let isStrict: Bool
        var isCounting = false
    }

    func scope(_ call: Call, isCounting: Bool = false) -> Scope {
        let isStrict = call.identity.model?.firstRange(of: "mock-strict") != nil
        return Scope(prompts: prompts, betas: Betas(call), isStrict: isStrict, isCounting: isCounting)
    }

    /// A request for a message, checked and as plain values (spec/wire/anthropic.md §2).
    struct Request {
        /// How long the model thinks before it answers, and how the thoughts are shown.
        struct Thinking {
            var tokens = 0
            var isOmitted = false
            var isOn: Bool { tokens > 0 }
        }

        let model: Model
        let name: String
        private(set) var isStream = false
        private(set) var maxTokens = Int.max
        private(set) var stops: [String] = []
        private(set) var thinking = Thinking()
        private(set) var format = Prompt.Format.text
        private(set) var geography = "not_available"
        private(set) var editsContext = false
        private(set) var effort = "high"
        let tools: Toolbox
        let systemText: String
        let dialogue: Dialogue
        private(set) var prefix: Prefix

        init(_ body: JSONView, _ scope: Scope) throws(Failure) {
            try (scope.isCounting ? Shape.counting : Shape.messages).check(body, "", scope.betas)
            let name = body["model"]?.string ?? ""
            guard let model = Model.find(name) else { throw .noModel(name) }
            self.name = name
            self.model = model
            var prefix = Prefix(model: model.id)
            tools = try Toolbox(body, scope, model: model, prefix: &prefix)
            systemText = try Self.readSystem(body["system"], scope, model, &prefix)
            prefix.frame(3)
            guard let messages = body["messages"] else { throw .missing("messages") }
            dialogue = try Dialogue(messages, scope, model: model, prefix: &prefix)
            if let seconds = try Prefix.marker(body, "", scope.betas) { prefix.markLast(seconds) }
            try prefix.check()
            self.prefix = prefix
            try readOptions(body, scope)
            try readOutput(body, scope)
            try readThinking(body, scope)
            try checkSizes(isCounting: scope.isCounting)
        }

        /// The tokens of the whole prompt, cached or not.
        var promptTokens: Int { prefix.tokens }

        private static func readSystem(
            _ view: JSONView?, _ scope: Scope, _ model: Model, _ prefix: inout Prefix
        ) throws(Failure) -> String {
            guard let view else { return "" }
            var blocks: [Block] = []
            if let whole = view.string {
                if !whole.isEmpty { blocks = [Block(text: whole)] }
            } else {
                try view.forEachElement { (item) throws(Failure) in
                    blocks.append(try Block(item, "system.\(blocks.count)", role: "system", scope.betas))
                }
            }
            for block in blocks {
                var hash = block.hash
                hash.mix("system")
                let tokens = scope.prompts.count(block.text, model: model.id)
                prefix.add(hash.value, tokens: tokens, marker: block.marker)
            }
            return blocks.map(\.text).joined(separator: "\n")
        }

        private mutating func readOptions(_ body: JSONView, _ scope: Scope) throws(Failure) {
            isStream = body["stream"]?.bool ?? false
            geography = body["inference_geo"]?.string ?? geography
            editsContext = body["context_management"]?.isObject ?? false
            if let metadata = body["metadata"] { try Shape.metadata.check(metadata, "metadata", scope.betas) }
            try body["stop_sequences"]?.forEachElement { (item) throws(Failure) in
                let path = "stop_sequences.\(stops.count)"
                guard let text = item.string else { throw .at(path, "Input should be a valid string") }
                guard text.utf8.contains(where: { $0 > 0x20 }) else {
                    throw .at("stop_sequences", "each stop sequence must contain non-whitespace")
                }
                stops.append(text)
            }
            if let limit = body["max_tokens"]?.int { maxTokens = Int(limit) }
            if maxTokens == 0, prefix.breakpoints.isEmpty {
                throw .at("max_tokens", "Input should be greater than or equal to 1")
            }
            try checkSampling(body)
        }

        private func checkSampling(_ body: JSONView) throws(Failure) {
            let names = ["temperature", "top_p", "top_k"].filter { body.has($0) }
            if model.isNewest, let name = names.first {
                throw .invalid("`\(name)` is deprecated for this model.")
            }
            if model.takesOneSampling, names.contains("temperature"), names.contains("top_p") {
                throw .bothSampling
            }
            if model.isNewest, dialogue.prefill != nil {
                throw .invalid(
                    "This model does not support assistant message prefill. The conversation must end with a user "
                        + "message.")
            }
        }

        private mutating func readOutput(_ body: JSONView, _ scope: Scope) throws(Failure) {
            if let config = body["output_config"] {
                try Shape.outputConfig.check(config, "output_config", scope.betas)
                if let level = config["effort"]?.string {
                    if model.efforts.isEmpty {
                        throw .invalid("This model does not support the effort parameter.")
                    }
                    guard model.efforts.contains(level) else { throw .effort(level, model.efforts) }
                    effort = level
                }
                try readFormat(config["format"], "output_config.format", scope)
            }
            try readFormat(body["output_format"], "output_format", scope)
        }

        private mutating func readFormat(_ view: JSONView?, _ path: String, _ scope: Scope) throws(Failure) {
            guard let view, !view.isNull else { return }
            try Shape.outputFormat.check(view, path, scope.betas)
            let schema = view["schema"].map(JSON.init) ?? [:]
            try SchemaRules.check(schema, path + ".schema")
            format = .schema(schema)
        }

        private func checkSizes(isCounting: Bool) throws(Failure) {
            if promptTokens > model.context { throw .tooLong(promptTokens, model.context) }
            if isCounting { return }
            if maxTokens > model.maxOutput { throw .aboveCap(maxTokens, model.id, model.maxOutput) }
            if promptTokens + maxTokens > model.context { throw .sumTooLong(promptTokens, maxTokens, model.context) }
        }
    }
}

extension Claude.Request {
    private mutating func readThinking(_ body: JSONView, _ scope: Claude.Scope) throws(Claude.Failure) {
        if model.alwaysThinks { thinking.tokens = thoughts }
        guard let view = body["thinking"] else { return }
        guard let kind = view["type"]?.string else { throw .missing("thinking.type") }
        guard let shape = Claude.Shape.thinking[kind] else {
            throw .badTag("thinking", kind, ["adaptive", "disabled", "enabled"])
        }
        try shape.check(view, "thinking.\(kind)", scope.betas)
        if kind == "disabled" {
            thinking.tokens = 0
            return
        }
        try checkThinking(kind, body)
        let budget = Int(view["budget_tokens"]?.int ?? .max)
        if kind == "enabled", maxTokens != .max, budget >= maxTokens { throw .largeBudget }
        thinking.tokens = min(budget, thoughts)
        thinking.isOmitted = view["display"]?.equals("omitted") ?? false
    }

    private func checkThinking(_ kind: String, _ body: JSONView) throws(Claude.Failure) {
        switch (model.thinking, kind) {
        case (.none, _): throw .invalid("'\(model.id)' does not support thinking.")
        case (.budget, "adaptive"): throw .invalid("adaptive thinking is not supported on this model")
        case (.adaptive, "enabled"):
            throw .invalid(
                "`thinking.type.enabled` is not supported for this model. Use `thinking.type.adaptive` and "
                    + "`output_config.effort` to control thinking behavior.")
        default: break
        }
        if let temperature = body["temperature"]?.double, temperature != 1 { throw .thinkingTemperature }
        if tools.isForced { throw .thinkingForcedTool }
        if kind == "enabled" { try dialogue.checkThinking() }
    }

    /// The number of tokens that the mock thinks.
    private var thoughts: Int {
        switch effort {
        case "low": 64
        case "xhigh": 512
        case "max": 1024
        default: 192
        }
    }
}
