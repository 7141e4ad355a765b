package import JSON

/// A chat request in no one's format: all that spec/wire/openai.md §2 can say, and room for what others say.
///
/// `nil` means that the client left it to the provider.
package struct ChatRequest: Sendable, Equatable {
    package var model: String
    package var messages: [Message]
    /// How many of them, at the front, the client has not written: errors name its own by its own count.
    package var addedMessages = 0
    /// The place of each of the client's messages in its request; `nil` where none was moved.
    package var messageOrder: [Int]?
    package var tools: [Tool] = []
    /// The tools came as OpenAI's deprecated `functions`, and calls go back as `function_call`.
    package var usesLegacyFunctions = false
    package var toolChoice: ToolChoice?
    package var allowsParallelToolCalls: Bool?
    package var responseFormat: ResponseFormat?
    package var sampling = Sampling()
    package var limits = Limits()
    package var stream = StreamOptions()
    package var reasoning: ReasoningOptions?
    package var output = OutputOptions()
    package var caching = CachingOptions()
    package var account = AccountOptions()
    /// Options of the provider's web search.
    package var webSearch: JSON?
    /// The provider's moderation of prompt and answer.
    package var moderation: JSON?
    /// Members without a name here.
    package var extras: Extras?

    package init(model: String, messages: [Message]) {
        self.model = model
        self.messages = messages
    }
}

extension ChatRequest {
    /// How tokens are drawn.
    package struct Sampling: Sendable, Equatable {
        package var temperature: Double?
        package var topP: Double?
        package var topK: Int64?
        package var frequencyPenalty: Double?
        package var presencePenalty: Double?
        package var seed: Int64?
        package var stop: [String] = []
        /// Token id to bias.
        package var logitBias: JSON?
        package var logprobs: Bool?
        package var topLogprobs: Int64?

        package init() {}
    }

    /// How much comes back.
    package struct Limits: Sendable, Equatable {
        /// Tokens of one answer, reasoning included.
        package var maxCompletionTokens: Int64?
        /// The older limit; a provider takes one of both.
        package var maxTokens: Int64?
        /// Answers to the one prompt.
        package var count: Int64?

        package init() {}

        /// Tokens of one answer, whichever way they were limited.
        package var tokens: Int64? { maxCompletionTokens ?? maxTokens }

        /// The client's name for that limit, for providers that know none.
        package var tokensField: String? {
            maxCompletionTokens != nil ? "max_completion_tokens" : maxTokens != nil ? "max_tokens" : nil
        }
    }

    /// How the answer is sent.
    package struct StreamOptions: Sendable, Equatable {
        package var isOn = false
        package var includesUsage: Bool?
        package var includesObfuscation: Bool?

        package init() {}
    }

    /// How much the model thinks before it answers.
    package struct ReasoningOptions: Sendable, Equatable {
        /// none, minimal, low, medium, high, xhigh or max.
        package var effort: String?
        /// Tokens that thinking may take.
        package var budget: Int64?

        package init(effort: String? = nil, budget: Int64? = nil) {
            self.effort = effort
            self.budget = budget
        }
    }

    /// What the answer is made of.
    package struct OutputOptions: Sendable, Equatable {
        package var modalities: [String]?
        /// Voice and format of spoken answers.
        package var audio: JSON?
        package var verbosity: String?
        /// Text that the answer is likely to repeat.
        package var prediction: JSON?

        package init() {}
    }

    /// How the provider caches the prompt.
    package struct CachingOptions: Sendable, Equatable {
        package var key: String?
        package var retention: String?
        package var options: JSON?

        package init() {}
    }

    /// What concerns the provider's books and not the answer.
    package struct AccountOptions: Sendable, Equatable {
        package var user: String?
        package var safetyIdentifier: String?
        package var metadata: JSON?
        package var serviceTier: String?
        package var stores: Bool?

        package init() {}
    }
}
