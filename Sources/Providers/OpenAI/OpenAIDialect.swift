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
    /// `tool_choice: required` is refused, but for the only tool, which is named instead.
    static let noRequiredTools = OpenAIDialect(rawValue: 64)
    /// `file` parts are refused.
    static let noDocuments = OpenAIDialect(rawValue: 128)
    /// Sounds are sent as data URLs.
    static let audioAsAddress = OpenAIDialect(rawValue: 256)
    /// Breakpoints of the cache are called `cache_control`, as at Anthropic.
    static let cacheControl = OpenAIDialect(rawValue: 512)
    /// A search of the web is asked for by `enable_search`, as at Ali.
    static let searchAsSwitch = OpenAIDialect(rawValue: 1024)
    /// A search of the web is asked for by an object `web_search`, as at Baidu.
    static let searchAsObject = OpenAIDialect(rawValue: 2048)
    /// Thinking is begun by `enable_thinking`, whatever the effort.
    static let thinkingAsSwitch = OpenAIDialect(rawValue: 4096)
    /// Embeddings are asked for in an array and come as numbers.
    package static let plainEmbeddings = OpenAIDialect(rawValue: 32)

    var breakpoints: OpenAIMessageEncoder.Breakpoints {
        isEmpty ? .own : contains(.cacheControl) ? .anthropic : .none
    }

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
        if contains(.noRequiredTools), request.toolChoice == .required {
            guard let name = request.forcedFunction else { throw cannot("be held to call a tool", "tool_choice") }
            request.toolChoice = .function(name)
        }
        for index in request.messages.indices {
            for place in request.messages[index].parts.indices {
                guard adapt(&request.messages[index].parts[place]) else {
                    throw cannot("take this part", MessagePath(index, of: request).content(place).text)
                }
            }
        }
        if contains(.oneSystemMessage) {
            guard request.joinInstructions() else { throw cannot("take instructions other than text", "messages") }
        }
        if contains(.takingTurns) { request.joinTurns() }
    }

    /// - Returns: false if the vendor cannot take the part.
    private func adapt(_ part: inout Part) -> Bool {
        switch part.content {
        case .audio(.base64(let type, let data)) where contains(.audioAsAddress):
            // The format stands beside it, so that the address need not tell it.
            part.content = .audio(.base64(type: type, data: "data:;base64," + data))
        case .audio, .video: return !contains(.onlyTextsAndImages)
        case .document: return !contains(.onlyTextsAndImages) && !contains(.noDocuments)
        default: break
        }
        return true
    }
}

extension ChatRequest {
    /// - Returns: false if there is more in them than text.
    fileprivate mutating func joinInstructions() -> Bool {
        let isInstruction = { (message: Message) in message.role == .system || message.role == .developer }
        let instructions = messages.filter(isInstruction)
        guard
            instructions.count > 1 || instructions.first.map({ $0 != messages.first || $0.role == .developer }) == true
        else { return true }
        messages.removeAll(where: isInstruction)
        var parts = instructions.flatMap(\.parts).filter { $0.content != .text("") }
        for index in parts.indices.dropLast() {
            guard case .text(let text) = parts[index].content else { return false }
            parts[index].content = .text(text + "\n\n")
        }
        if let last = parts.last, case .text = last.content {} else { return false }
        if parts.allSatisfy({ $0.cacheBreakpoint == nil }) {
            parts = [.text(Message(.system, parts: parts).text)]
        }
        messages.insert(Message(.system, parts: parts), at: 0)
        return true
    }

    fileprivate mutating func joinTurns() {
        var joined: [Message] = []
        for message in messages {
            // The last one is not bound to a name, so that it grows in place.
            if joined.last?.role == message.role, message.role == .user || message.role == .assistant {
                joined[joined.count - 1].parts += message.parts
            } else {
                joined.append(message)
            }
        }
        messages = joined
    }
}
