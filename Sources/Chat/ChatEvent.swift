package import JSON

/// One step of an answer. A whole answer is the same steps at once.
///
/// Order: `started` comes first and once; `choiceStarted` before anything else of that choice; `toolCallStarted` before
/// the call's arguments; `logprobs` before the text they belong to; `failed` last.
package enum ChatEvent: Sendable, Equatable {
    case started(AnswerHead)
    /// An answer begins; several run side by side where `count` asked for them.
    case choiceStarted(Int)
    case textDelta(Int, String)
    case reasoningDelta(Int, String)
    /// A block of reasoning has ended that the next turn has to send back unchanged; its text came as deltas before.
    case reasoningSealed(Int, Reasoning)
    case refusalDelta(Int, String)
    /// A picture that the model made; its bytes are no tokens of text. Gemini may prove the thought behind it.
    case image(Int, Media, thoughtSignature: String? = nil)
    /// A piece of a spoken answer: `id`, `data`, `transcript`, `expires_at`.
    case audioDelta(Int, JSONObject)
    /// `index` counts the calls of one choice; arguments follow.
    case toolCallStarted(Int, index: Int, ToolCall)
    case toolCallArgumentsDelta(Int, index: Int, String)
    case citation(Int, Opaque)
    /// Of the tokens in the next text or refusal: `{"content":[…],"refusal":[…]}`.
    case logprobs(Int, JSON)
    /// A member that only one format knows; none that its encoder writes itself, but for `refusal`.
    case extra(ExtraPlace, key: String, Opaque)
    /// What the answer cost so far; the last one counts. `original` is the upstream's own object where it has OpenAI's
    /// format, so that nothing it says is lost.
    case usage(Usage, original: Opaque?)
    case finished(Int, FinishReason)
    case failed(UpstreamFailure)

    /// Of most whole answers; room is made for them at once.
    package static let usualCount = 8

    /// Where an `extra` belongs.
    package enum ExtraPlace: Sendable, Hashable {
        case answer
        case choice(Int)
        case message(Int)
    }
}

/// What is the same in every chunk of an answer.
package struct AnswerHead: Sendable, Equatable {
    /// Empty where the provider gave none.
    package var id: String
    /// The model that answered, by the provider's name.
    package var model: String
    /// Seconds since 1970; 0 where the provider gave none.
    package var created: Int64
    package var serviceTier: String?
    package var systemFingerprint: String?

    package init(
        id: String, model: String, created: Int64, serviceTier: String? = nil, systemFingerprint: String? = nil
    ) {
        self.id = id
        self.model = model
        self.created = created
        self.serviceTier = serviceTier
        self.systemFingerprint = systemFingerprint
    }

    /// The same with `fallback`'s values where the provider gave none.
    package func completed(by fallback: AnswerHead) -> AnswerHead {
        var head = self
        if head.id.isEmpty { head.id = fallback.id }
        if head.model.isEmpty { head.model = fallback.model }
        if head.created == 0 { head.created = fallback.created }
        return head
    }
}

/// Why an answer ended.
package enum FinishReason: Sendable, Equatable {
    case stop
    /// The token limit.
    case length
    case toolCalls
    /// OpenAI's deprecated way to call a function.
    case legacyFunctionCall
    /// Withheld, in part or whole.
    case contentFilter
    /// A vendor's own word.
    case other(String)
}
