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
        let request = sees(model) ? request.movingAnswerPictures() : request.leavingOutAnswerPictures()
        var prepared = request.messages
        for index in prepared.indices { try preparer.prepare(&prepared[index], MessagePath(index, of: request)) }
        return prepared
    }

    /// `glm-4v`, `glm-4.1v-thinking`, `glm-4.5v`…: a `v` behind the number.
    private static func sees(_ model: String) -> Bool {
        guard model.hasPrefix("glm-") else { return false }
        let number = model.dropFirst(4).prefix { $0 == "." || ("0"..."9").contains($0) }
        return !number.isEmpty && model[number.endIndex...].hasPrefix("v")
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
        case .document(.url(let address), _): return Self.file(address)
        case .image(.url(let address), _) where Media.url(address).isAddressOfPDF: return Self.file(address)
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

    private static func file(_ address: String) -> Part.Content {
        .opaque(Opaque(.openAI, ["type": "file_url", "file_url": ["url": .string(address)]]))
    }
}
