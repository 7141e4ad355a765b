package import JSON

/// A chat request independent of any format. It holds all of spec/wire/openai.md §2, and has room for other formats'
/// members.
///
/// `nil` means that the client leaves the choice to the provider.
package struct ChatRequest: Sendable, Equatable {
    package var model: String
    package var messages: [Message]
    /// How many messages at the front were added by us. Errors number only the client's own messages.
    package var addedMessages = 0
    /// The place of each of the client's messages in its request; `nil` where none was moved.
    package var messageOrder: [Int]?
    package var tools: [Tool] = []
    /// The tools came as OpenAI's deprecated `functions`, so that calls have to be sent back as `function_call`.
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
    /// The options of the provider's moderation of the prompt and the answer.
    package var moderation: JSON?
    /// The members that have no property here.
    package var extras: Extras?

    package init(model: String, messages: [Message]) {
        self.model = model
        self.messages = messages
    }
}

extension ChatRequest {
    /// How the model samples tokens.
    package struct Sampling: Sendable, Equatable {
        package var temperature: Double?
        package var topP: Double?
        package var topK: Int64?
        package var frequencyPenalty: Double?
        package var presencePenalty: Double?
        package var seed: Int64?
        package var stop: [String] = []
        /// The bias by token id.
        package var logitBias: JSON?
        package var logprobs: Bool?
        package var topLogprobs: Int64?

        package init() {}
    }

    /// How long the answer may be, and how many answers there are.
    package struct Limits: Sendable, Equatable {
        /// The limit of one answer's tokens, reasoning included.
        package var maxCompletionTokens: Int64?
        /// The older form of the limit. A provider takes only one of both.
        package var maxTokens: Int64?
        /// How many answers the prompt gets.
        package var count: Int64?

        package init() {}

        /// The limit of one answer's tokens, in whichever form the client gave it.
        package var tokens: Int64? { maxCompletionTokens ?? maxTokens }

        /// The client's name for that limit, for providers that have no limit.
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
        /// The effort: none, minimal, low, medium, high, xhigh or max.
        package var effort: String?
        /// The limit of tokens for thinking.
        package var budget: Int64?

        package init(effort: String? = nil, budget: Int64? = nil) {
            self.effort = effort
            self.budget = budget
        }
    }

    /// The kinds of media in the answer.
    package struct OutputOptions: Sendable, Equatable {
        package var modalities: [String]?
        /// The voice and the format of spoken answers.
        package var audio: JSON?
        package var verbosity: String?
        /// A text that the answer will probably repeat.
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

    /// The members that concern the provider's accounts and records, and not the answer.
    package struct AccountOptions: Sendable, Equatable {
        package var user: String?
        package var safetyIdentifier: String?
        package var metadata: JSON?
        package var serviceTier: String?
        package var stores: Bool?

        package init() {}
    }
}
