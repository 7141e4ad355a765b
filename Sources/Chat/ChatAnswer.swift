package import JSON

/// A whole answer, assembled from its events.
package struct ChatAnswer: Sendable, Equatable {
    /// One of the answers that `count` asked for.
    package struct Choice: Sendable, Equatable {
        package var index: Int
        package var text: String?
        package var reasoning: String?
        /// The blocks of reasoning that have to go back to the provider unchanged.
        package var sealedReasoning: [Reasoning] = []
        package var refusal: String?
        /// Pictures that the model made.
        package var images: [Image] = []
        package var audio: JSONObject?
        package var toolCalls: [ToolCall] = []
        package var citations: [Opaque] = []
        package var logprobs: JSONObject?
        package var finishReason: FinishReason?
        package var choiceExtras: [Extra] = []
        package var messageExtras: [Extra] = []

        /// The index of each key in the lists above.
        fileprivate var choicePlaces: [String: Int] = [:]
        fileprivate var messagePlaces: [String: Int] = [:]

        init(index: Int) { self.index = index }
    }

    package struct Image: Sendable, Equatable {
        package var media: Media
        package var thoughtSignature: String?
    }

    /// A member that only one format knows.
    package struct Extra: Sendable, Equatable {
        package var key: String
        package var value: Opaque
    }

    /// The limit of choices, which is what a client may ask for. An upstream's choices beyond it are left out.
    private static let mostChoices = 128
    /// The limit of members of an object that grows piece by piece.
    private static let mostMembers = 64

    package private(set) var head: AnswerHead?
    /// The choices in the order of their indices.
    package private(set) var choices: [Choice] = []
    package private(set) var usage: Usage?
    package private(set) var originalUsage: Opaque?
    package private(set) var extras: [Extra] = []
    package private(set) var failure: UpstreamFailure?
    private var places: [String: Int] = [:]
    /// Pictures stand in the text.
    private let showsImagesAsMarkdown: Bool

    /// - Parameter imagesAsMarkdown: for clients that show nothing but text.
    package init(_ events: [ChatEvent] = [], imagesAsMarkdown: Bool = false) {
        showsImagesAsMarkdown = imagesAsMarkdown
        for event in events { add(event) }
    }

    /// Takes the next event.
    package mutating func add(_ event: ChatEvent) {
        switch event {
        case .started(let head): self.head = head
        case .usage(let usage, let original): (self.usage, originalUsage) = (usage, original)
        case .failed(let failure): self.failure = failure
        case .extra(.answer, let key, let value): Self.set(key, value, in: &extras, &places)
        case .extra(.choice(let index), let key, let value):
            edit(index) { Self.set(key, value, in: &$0.choiceExtras, &$0.choicePlaces) }
        case .extra(.message(let index), let key, let value):
            edit(index) { Self.set(key, value, in: &$0.messageExtras, &$0.messagePlaces) }
        case .choiceStarted(let index): edit(index) { _ in }
        case .finished(let index, let reason): edit(index) { $0.finishReason = reason }
        case .logprobs(let index, let piece): edit(index) { Self.join(piece, to: &$0.logprobs) }
        case .citation(let index, let citation): edit(index) { $0.citations.append(citation) }
        default: addContent(event)
        }
    }

    private mutating func addContent(_ event: ChatEvent) {
        switch event {
        case .textDelta(let index, let text): edit(index) { Self.append(text, to: &$0.text) }
        case .image(let index, let media, _) where showsImagesAsMarkdown:
            edit(index) { Self.append(media.markdown, to: &$0.text) }
        case .image(let index, let media, let signature):
            edit(index) { $0.images.append(Image(media: media, thoughtSignature: signature)) }
        case .refusalDelta(let index, let text): edit(index) { Self.append(text, to: &$0.refusal) }
        case .reasoningDelta(let index, let text): edit(index) { Self.append(text, to: &$0.reasoning) }
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
        if choices.first?.index == index { return change(&choices[0]) }
        let position = choices.firstIndex { $0.index >= index } ?? choices.count
        if position == choices.count || choices[position].index != index {
            guard choices.count < Self.mostChoices else { return }
            choices.insert(Choice(index: index), at: position)
        }
        change(&choices[position])
    }

    /// Appends in place, because an answer may come in millions of pieces.
    private static func append(_ piece: String, to text: inout String?) {
        if text?.append(piece) == nil { text = piece }
    }

    private static func set(
        _ key: String, _ value: Opaque, in extras: inout [Extra], _ places: inout [String: Int]
    ) {
        if let index = places[key] {
            extras[index].value = value
        } else {
            places[key] = extras.count
            extras.append(Extra(key: key, value: value))
        }
    }

    /// Lists of tokens are extended; any other value is replaced.
    private static func join(_ piece: JSON, to logprobs: inout JSONObject?) {
        join(piece.object ?? JSONObject(), to: &logprobs) { _, old, new in
            if case .array(let more) = new, case .array(var list) = old {
                // The list is taken out of the object first, so that it grows in place.
                old = .null
                list += more
                old = .array(list)
            } else if !new.isNull {
                old = new
            }
        }
    }

    private static func joinAudio(_ piece: JSONObject, to audio: inout JSONObject?) {
        join(piece, to: &audio) { key, old, new in
            if ["data", "transcript"].contains(key), case .string(let more) = new, case .string(var text) = old {
                old = .null
                text += more
                old = .string(text)
            } else {
                old = new
            }
        }
    }

    /// - Parameter merge: combines a known member with the new piece's.
    private static func join(
        _ piece: JSONObject, to object: inout JSONObject?, _ merge: (String, inout JSON, JSON) -> Void
    ) {
        var joined = object ?? JSONObject()
        object = nil
        for member in piece.members.prefix(mostMembers) {
            if let place = joined.members.lastIndex(where: { $0.key == member.key }) {
                merge(member.key, &joined.members[place].value, member.value)
            } else if joined.members.count < mostMembers {
                joined.members.append(member)
            }
        }
        object = joined
    }
}
