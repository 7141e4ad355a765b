package import JSON

/// One step of an answer. A whole answer consists of the same steps.
///
/// The order: `started` is first and comes once; `choiceStarted` comes before all other events of that choice,
/// `toolCallStarted` before the call's arguments, `logprobs` before their text; `failed` is last.
package enum ChatEvent: Sendable, Equatable {
    case started(AnswerHead)
    /// A choice begins. Several choices run side by side if `count` asked for them.
    case choiceStarted(Int)
    case textDelta(Int, String)
    case reasoningDelta(Int, String)
    /// A block of reasoning has ended. The next turn has to send it back unchanged. Its text came as deltas before.
    case reasoningSealed(Int, Reasoning)
    case refusalDelta(Int, String)
    /// A picture that the model made. Its bytes do not count as tokens of text. Gemini may sign the thought behind it.
    case image(Int, Media, thoughtSignature: String? = nil)
    /// A piece of a spoken answer: `id`, `data`, `transcript`, `expires_at`.
    case audioDelta(Int, JSONObject)
    /// `index` is the number of the call in its choice. The arguments follow.
    case toolCallStarted(Int, index: Int, ToolCall)
    case toolCallArgumentsDelta(Int, index: Int, String)
    case citation(Int, Opaque)
    /// The log probabilities of the tokens in the next text or refusal: `{"content":[…],"refusal":[…]}`.
    case logprobs(Int, JSON)
    /// A member that only one format knows. Except for `refusal`, it is never one that the format's encoder writes by
    /// itself.
    case extra(ExtraPlace, key: String, Opaque)
    /// The usage so far; the last one counts. `original` is the upstream's own object if it has OpenAI's format, so
    /// that none of its members is lost.
    case usage(Usage, original: Opaque?)
    case finished(Int, FinishReason)
    case failed(UpstreamFailure)

    /// How many events most whole answers have. Room for them is reserved at once.
    package static let usualCount = 8

    /// The place of an `extra`.
    package enum ExtraPlace: Sendable, Hashable {
        case answer
        case choice(Int)
        case message(Int)
    }
}

/// The values that are the same in every chunk of an answer.
package struct AnswerHead: Sendable, Equatable {
    /// The answer's id; empty if the provider gave none.
    package var id: String
    /// The model that answered, by the provider's name for it.
    package var model: String
    /// The time in seconds since 1970; 0 if the provider gave none.
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

    /// The same head, with `fallback`'s values where the provider gave none.
    package func completed(by fallback: AnswerHead) -> AnswerHead {
        var head = self
        if head.id.isEmpty { head.id = fallback.id }
        if head.model.isEmpty { head.model = fallback.model }
        if head.created == 0 { head.created = fallback.created }
        return head
    }
}

/// The reason why an answer ended.
package enum FinishReason: Sendable, Equatable {
    case stop
    /// The limit of tokens was reached.
    case length
    case toolCalls
    /// A call in OpenAI's deprecated form.
    case legacyFunctionCall
    /// A filter withheld the answer, or a part of it.
    case contentFilter
    /// A vendor's own reason.
    case other(String)
}
