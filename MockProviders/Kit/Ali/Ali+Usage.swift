extension Ali {
    /// The tokens of an answer. Each interface has its own names for them (§2.4, §7).
    struct Usage {
        var prompt: Int
        var completion = 0
        var cached = 0
        var reasoning = 0
        /// The part of `prompt` that is pictures.
        var image = 0
        var audio = 0
        var video = 0

        init(_ talk: Talk) {
            prompt = talk.promptTokens
            cached = talk.cached
            image = talk.imageTokens
            audio = talk.audioTokens
            video = talk.videoTokens
        }

        init(prompt: Int) { self.prompt = prompt }

        mutating func replace(by script: Script) {
            prompt = script.promptTokens ?? prompt
            completion = script.completionTokens ?? completion
            cached = script.cachedTokens ?? cached
            reasoning = script.reasoningTokens ?? reasoning
        }

        /// The usage as the answer reports it under a fault. The ledger keeps the true numbers.
        func reported(_ fault: UsageFault) -> Usage? {
            var copy = self
            switch fault {
            case .none: break
            case .missing: return nil
            case .zero: copy = Usage(prompt: 0)
            case .wrong:
                copy.prompt *= 10
                copy.completion *= 10
            }
            return copy
        }

        func served(_ call: Call, model: String) -> Served {
            Served(
                id: Ali.identifier(call.ids), model: model, key: call.identity.key ?? "", promptTokens: prompt,
                completionTokens: completion, cachedTokens: cached, reasoningTokens: reasoning)
        }

        /// The place of the usage. The order of its members depends on it.
        enum Place { case whole, event, toolEvent }

        func write(_ place: Place, _ model: Model, tells cache: Bool, plugins: String?, to document: inout Document) {
            document.object("usage") { usage in
                switch place {
                case .whole:
                    usage.member("input_tokens", prompt)
                    usage.member("output_tokens", completion)
                    if !model.omitsTotal { usage.member("total_tokens", prompt + completion) }
                case .event:
                    if !model.omitsTotal { usage.member("total_tokens", prompt + completion) }
                    usage.member("input_tokens", prompt)
                    usage.member("output_tokens", completion)
                case .toolEvent:
                    usage.member("total_tokens", prompt + completion)
                    usage.member("output_tokens", completion)
                    usage.member("input_tokens", prompt)
                }
                writeMedia(model, to: &usage)
                if reasoning > 0 || (model.kind == .vision && !model.omitsTotal) {
                    usage.object("output_tokens_details") { details in
                        if reasoning > 0 { details.member("reasoning_tokens", reasoning) }
                        details.member("text_tokens", max(0, completion - reasoning))
                    }
                }
                if cache || cached > 0 {
                    usage.object("prompt_tokens_details") { $0.member("cached_tokens", cached) }
                }
                if let plugins { usage.object("plugins") { Self.writePlugin(plugins, to: &$0) } }
            }
        }

        private static func writePlugin(_ strategy: String, to plugins: inout Document) {
            plugins.object("search") { search in
                search.member("count", 1)
                search.member("strategy", strategy)
            }
        }

        private func writeMedia(_ model: Model, to usage: inout Document) {
            if image > 0 { usage.member("image_tokens", image) }
            if audio > 0 { usage.member("audio_tokens", audio) }
            if video > 0 { usage.member("video_tokens", video) }
            guard model.kind == .vision, !model.omitsTotal else { return }
            usage.object("input_tokens_details") { details in
                details.member("text_tokens", max(0, prompt - image - audio - video))
                if image > 0 { details.member("image_tokens", image) }
                if audio > 0 { details.member("audio_tokens", audio) }
                if video > 0 { details.member("video_tokens", video) }
            }
        }

        /// The usage object of the compatible mode.
        func writeCompatible(to root: inout Document) {
            root.object("usage") { usage in
                usage.member("prompt_tokens", prompt)
                usage.member("completion_tokens", completion)
                usage.member("total_tokens", prompt + completion)
                usage.object("prompt_tokens_details") { details in
                    details.member("cached_tokens", cached)
                    if image > 0 { details.member("image_tokens", image) }
                }
                if reasoning > 0 {
                    usage.object("completion_tokens_details") { $0.member("reasoning_tokens", reasoning) }
                }
            }
        }
    }
}
