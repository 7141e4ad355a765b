extension Zhipu {
    /// The tokens of an answer. The completion includes the reasoning.
    struct Usage {
        var prompt: Int
        var completion = 0
        var cached = 0
        var reasoning = 0

        /// The usage as the answer reports it under a fault. The ledger keeps the true numbers.
        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: self
            case .missing: nil
            case .zero: Usage(prompt: 0)
            case .wrong:
                Usage(prompt: prompt * 10, completion: completion * 10, cached: cached * 10, reasoning: reasoning * 10)
            }
        }

        /// - Parameter hasDetails: chats of version 4 report more.
        func write(to document: inout Document, hasDetails: Bool) {
            document.object("usage") { usage in
                usage.member("prompt_tokens", prompt)
                usage.member("completion_tokens", completion)
                usage.member("total_tokens", prompt + completion)
                guard hasDetails else { return }
                usage.object("prompt_tokens_details") { $0.member("cached_tokens", cached) }
                usage.object("completion_tokens_details") { $0.member("reasoning_tokens", reasoning) }
            }
        }

        func served(id: String, model: String, call: Call) -> Served {
            Served(
                id: id, model: model, key: call.identity.key ?? "", promptTokens: prompt, completionTokens: completion,
                cachedTokens: cached, reasoningTokens: reasoning)
        }
    }
}
