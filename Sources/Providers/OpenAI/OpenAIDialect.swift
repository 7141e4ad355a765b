import Chat

/// What a vendor's OpenAI format has not. A vendor without gaps gets the client's bytes as they came; for the others a
/// request is read and written anew: what can be said otherwise is, and the rest is refused by name.
package struct OpenAIDialect: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// One system message, at the beginning, and no developer's: their texts are joined there.
    static let oneSystemMessage = OpenAIDialect(rawValue: 1)
    /// User and assistant take turns: messages of one role in a row are joined.
    static let takingTurns = OpenAIDialect(rawValue: 2)
    /// `n` above 1 is refused.
    static let oneAnswer = OpenAIDialect(rawValue: 4)
    /// `logprobs` are refused.
    static let noLogprobs = OpenAIDialect(rawValue: 8)
    /// Parts other than texts and images are refused.
    static let onlyTextsAndImages = OpenAIDialect(rawValue: 16)
    /// Embeddings are asked for in an array and come as numbers.
    package static let plainEmbeddings = OpenAIDialect(rawValue: 32)

    func adapt(_ request: inout ChatRequest, vendor: String) throws(RequestError) {
        func cannot(_ what: String, _ field: String) -> RequestError {
            RequestError(
                .invalidValue, "\(vendor) cannot \(what); '\(field)' is not supported there.", parameter: field)
        }
        if contains(.oneAnswer), let count = request.limits.count, count != 1 {
            throw cannot("give several answers", "n")
        }
        if contains(.noLogprobs), request.sampling.logprobs == true {
            throw cannot("report log-probabilities", "logprobs")
        }
        if contains(.onlyTextsAndImages) {
            for (index, message) in request.messages.enumerated() {
                for (place, part) in message.parts.enumerated() where part.isMediaButNoImage {
                    throw cannot("take this part", "messages[\(index)].content[\(place)]")
                }
            }
        }
        if contains(.oneSystemMessage) { request.joinInstructions() }
        if contains(.takingTurns) { request.joinTurns() }
    }
}

extension Part {
    fileprivate var isMediaButNoImage: Bool {
        switch content {
        case .audio, .document, .video: true
        default: false
        }
    }
}

extension ChatRequest {
    fileprivate mutating func joinInstructions() {
        let isInstruction = { (message: Message) in message.role == .system || message.role == .developer }
        let instructions = messages.filter(isInstruction)
        guard
            instructions.count > 1 || instructions.first.map({ $0 != messages.first || $0.role == .developer }) == true
        else { return }
        messages.removeAll(where: isInstruction)
        let text = instructions.map(\.text).joined(separator: "\n\n")
        messages.insert(Message(.system, parts: [.text(text)]), at: 0)
    }

    fileprivate mutating func joinTurns() {
        var joined: [Message] = []
        for message in messages {
            if let last = joined.last, last.role == message.role, message.role == .user || message.role == .assistant {
                joined[joined.count - 1].parts += message.parts
            } else {
                joined.append(message)
            }
        }
        messages = joined
    }
}
