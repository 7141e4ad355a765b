import JSON

/// A chat completion before it is written in the layout of a body or a stream.
struct ChatAnswer {
    struct ToolCall {
        let id: String
        let name: String
        let arguments: String
        let isCustom: Bool
    }

    struct Choice {
        /// The text; `nil` if the choice has tool calls, a refusal or audio instead.
        var content: [Piece]?
        var refusal: [Piece]?
        var calls: [ToolCall] = []
        var audio: AudioClip?
        var finish = "stop"
        var tokens = 0
        /// The part of `tokens` that is audio.
        var audioTokens = 0
    }

    let request: ChatRequest
    let id: String
    let created: Int
    let fingerprint: String?
    var choices: [Choice] = []
    var usage: ChatUsage

    init(_ request: ChatRequest, _ call: Call, prompts: PromptMemory) {
        var ids = call.ids
        self.request = request
        let model = request.model
        id = "chatcmpl-" + (model.searches ? ids.random.uuid() : ids.random.alphanumerics(29))
        created = ids.created
        fingerprint = model.searches ? "" : model.isReasoning ? nil : Self.fingerprint(of: model)
        usage = ChatUsage(prompt: request.conversation.promptTokens, cached: request.conversation.cachedTokens)
        for index in 0..<request.n {
            var choice = Composer(
                request: request, script: call.script, prompts: prompts, content: call.ids.content &+ UInt64(index)
            )
            .choice(variant: index, ids: &ids)
            if let script = call.script { choice.finish = script.finishReason ?? choice.finish }
            usage.completion += choice.tokens
            usage.reasoning += min(request.reasoningTokens, choice.tokens)
            usage.audio += choice.audioTokens
            choices.append(choice)
        }
        if let script = call.script { usage.replace(by: script) }
    }

    /// The page that a search model cites. It stands for the whole text.
    func writeFinds(_ pieces: [Piece]?, to list: inout Document) {
        guard request.model.searches, let pieces else { return }
        list.object { note in
            note.member("type", "url_citation")
            note.object("url_citation") { page in
                page.member("start_index", 0)
                page.member("end_index", pieces.text.unicodeScalars.count)
                page.member("title", "What the mock found")
                page.member("url", "https://example.test/found?utm_source=openai")
            }
        }
    }

    /// The fingerprint of a model; it is the same in every run.
    private static func fingerprint(of model: Model) -> String {
        var hash = StableHash()
        hash.mix(model.snapshot)
        var random = Seeded(hash.value)
        return "fp_" + random.hex(10)
    }
}

/// The audio of an answer.
struct AudioClip {
    let id: String
    let data: String
    let expires: Int
    let transcript: [Piece]
}

struct ChatUsage {
    var prompt: Int
    var cached: Int
    var completion = 0
    var reasoning = 0
    var audio = 0

    init(prompt: Int, cached: Int) {
        self.prompt = prompt
        self.cached = cached
    }

    mutating func replace(by script: Script) {
        prompt = script.promptTokens ?? prompt
        completion = script.completionTokens ?? completion
        cached = script.cachedTokens ?? cached
        reasoning = script.reasoningTokens ?? reasoning
    }

    /// The usage as the answer reports it under a fault. The ledger keeps the true numbers.
    func reported(_ fault: UsageFault) -> ChatUsage? {
        var copy = self
        switch fault {
        case .none: break
        case .missing: return nil
        case .zero:
            copy = ChatUsage(prompt: 0, cached: 0)
        case .wrong:
            copy.prompt *= 10
            copy.completion *= 10
        }
        return copy
    }

    func write(to document: inout Document) {
        document.member("prompt_tokens", prompt)
        document.member("completion_tokens", completion)
        document.member("total_tokens", prompt + completion)
        document.object("prompt_tokens_details") { details in
            details.member("cached_tokens", cached)
            details.member("audio_tokens", 0)
        }
        document.object("completion_tokens_details") { details in
            details.member("reasoning_tokens", reasoning)
            details.member("audio_tokens", audio)
            details.member("accepted_prediction_tokens", 0)
            details.member("rejected_prediction_tokens", 0)
        }
    }
}
