import Chat
import JSON

/// Messages as Zhipu's version 4 takes them, before they are written in OpenAI's form (spec/wire/zhipu.md §2).
struct ZhipuMessages {
    private let takesBareImages: Bool
    /// Of calls that had none.
    private var madeIDs = 0
    /// The last call of each deprecated function, which its result names.
    private var legacyIDs: [String: String] = [:]

    static func prepared(_ request: ChatRequest, _ model: String) throws(RequestError) -> [Message] {
        var preparer = ZhipuMessages(takesBareImages: model.hasPrefix("glm-4v"))
        var prepared = request.messages
        for index in prepared.indices { try preparer.prepare(&prepared[index], MessagePath(index, of: request)) }
        return prepared
    }

    private init(takesBareImages: Bool) { self.takesBareImages = takesBareImages }

    /// Developers are the system here.
    private mutating func prepare(_ message: inout Message, _ path: MessagePath) throws(RequestError) {
        message.name = nil
        message.extras = nil
        if message.role == .developer { message.role = .system }
        try prepare(&message.parts, path)
    }

    private mutating func prepare(_ parts: inout [Part], _ path: MessagePath) throws(RequestError) {
        for index in parts.indices {
            // Most parts are texts, and stay.
            if case .text = parts[index].content, parts[index].cacheBreakpoint == nil { continue }
            parts[index] = Part(try prepared(parts[index].content, path, index))
        }
    }

    private mutating func prepared(
        _ content: Part.Content, _ path: MessagePath, _ index: Int
    ) throws(RequestError) -> Part.Content {
        switch content {
        case .refusal(let text): return .text(text)
        // The old vision models refuse the head of a data URL.
        case .image(.base64(_, let data), let detail) where takesBareImages: return .image(.url(data), detail: detail)
        case .document(.url(let address), _):
            return .opaque(Opaque(.openAI, ["type": "file_url", "file_url": ["url": .string(address)]]))
        case .document:
            let path = path.content(index)
            throw RequestError(
                .invalidValue, "Zhipu takes documents by address only; '\(path)' is not supported there.",
                parameter: path.text)
        case .toolCall(var call):
            call.thoughtSignature = nil
            guard call.kind == .legacyFunction else { return .toolCall(call) }
            madeIDs += 1
            (call.id, call.kind) = ("call_\(madeIDs)", .function)
            legacyIDs[call.name] = call.id
            return .toolCall(call)
        case .toolResult(var result):
            if result.callID.isEmpty, let id = legacyIDs[result.name ?? ""] { result.callID = id }
            try prepare(&result.parts, path)
            return .toolResult(result)
        default: return content
        }
    }
}
