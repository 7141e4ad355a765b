package import JSON

/// A whole answer, put together from its events.
package struct ChatAnswer: Sendable, Equatable {
    /// One of the answers that `count` asked for.
    package struct Choice: Sendable, Equatable {
        package var index: Int
        package var text: String?
        package var reasoning: String?
        /// Blocks of it that go back to the provider unchanged.
        package var sealedReasoning: [Reasoning] = []
        package var refusal: String?
        package var audio: JSONObject?
        package var toolCalls: [ToolCall] = []
        package var citations: [Opaque] = []
        package var logprobs: JSONObject?
        package var finishReason: FinishReason?
        package var choiceExtras: [Extra] = []
        package var messageExtras: [Extra] = []

        init(index: Int) { self.index = index }
    }

    /// A member that only one format knows.
    package struct Extra: Sendable, Equatable {
        package var key: String
        package var value: Opaque
    }

    package private(set) var head: AnswerHead?
    package private(set) var choices: [Choice] = []
    package private(set) var usage: Usage?
    package private(set) var originalUsage: Opaque?
    package private(set) var extras: [Extra] = []
    package private(set) var failure: UpstreamFailure?

    package init() {}

    package init(_ events: [ChatEvent]) {
        for event in events { add(event) }
    }

    /// Takes the next event.
    package mutating func add(_ event: ChatEvent) {
        switch event {
        case .started(let head): self.head = head
        case .usage(let usage, let original): (self.usage, originalUsage) = (usage, original)
        case .failed(let failure): self.failure = failure
        case .extra(.answer, let key, let value): Self.set(key, value, in: &extras)
        case .extra(.choice(let index), let key, let value): edit(index) { Self.set(key, value, in: &$0.choiceExtras) }
        case .extra(.message(let index), let key, let value):
            edit(index) { Self.set(key, value, in: &$0.messageExtras) }
        case .choiceStarted(let index): edit(index) { _ in }
        case .finished(let index, let reason): edit(index) { $0.finishReason = reason }
        case .logprobs(let index, let piece): edit(index) { Self.join(piece, to: &$0.logprobs) }
        case .citation(let index, let citation): edit(index) { $0.citations.append(citation) }
        default: addContent(event)
        }
    }

    private mutating func addContent(_ event: ChatEvent) {
        switch event {
        case .textDelta(let index, let text): edit(index) { $0.text = ($0.text ?? "") + text }
        case .image(let index, let media): edit(index) { $0.text = ($0.text ?? "") + media.markdown }
        case .refusalDelta(let index, let text): edit(index) { $0.refusal = ($0.refusal ?? "") + text }
        case .reasoningDelta(let index, let text):
            edit(index) { $0.reasoning = ($0.reasoning ?? "") + text }
        case .reasoningSealed(let index, let block): edit(index) { $0.sealedReasoning.append(block) }
        case .audioDelta(let index, let piece): edit(index) { Self.joinAudio(piece, to: &$0.audio) }
        case .toolCallStarted(let index, _, let call): edit(index) { $0.toolCalls.append(call) }
        case .toolCallArgumentsDelta(let index, let callIndex, let piece):
            edit(index) { choice in
                guard choice.toolCalls.indices.contains(callIndex) else { return }
                choice.toolCalls[callIndex].arguments += piece
            }
        default: break
        }
    }

    private mutating func edit(_ index: Int, _ change: (inout Choice) -> Void) {
        if let position = choices.firstIndex(where: { $0.index == index }) {
            change(&choices[position])
            return
        }
        var choice = Choice(index: index)
        change(&choice)
        let position = choices.firstIndex { $0.index > index } ?? choices.count
        choices.insert(choice, at: position)
    }

    private static func set(_ key: String, _ value: Opaque, in extras: inout [Extra]) {
        if let index = extras.firstIndex(where: { $0.key == key }) {
            extras[index].value = value
        } else {
            extras.append(Extra(key: key, value: value))
        }
    }

    /// Token lists grow; anything else is replaced.
    private static func join(_ piece: JSON, to logprobs: inout JSONObject?) {
        var joined = logprobs ?? JSONObject()
        for member in piece.object?.members ?? [] {
            if let more = member.value.array, let before = joined[member.key]?.array {
                joined[member.key] = .array(before + more)
            } else if !member.value.isNull || joined[member.key] == nil {
                joined[member.key] = member.value
            }
        }
        logprobs = joined
    }

    private static func joinAudio(_ piece: JSONObject, to audio: inout JSONObject?) {
        var joined = audio ?? JSONObject()
        for member in piece.members {
            if ["data", "transcript"].contains(member.key), let more = member.value.string,
                let before = joined[member.key]?.string
            {
                joined[member.key] = .string(before + more)
            } else {
                joined[member.key] = member.value
            }
        }
        audio = joined
    }
}
