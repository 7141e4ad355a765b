import Chat
import JSON

/// The turns of a conversation in Gemini's form: instructions apart, neighbours of one role joined, results with the names
/// of the functions that they come from (spec/wire/gemini.md §§2, 4.4).
struct GeminiConversation {
    private(set) var system: [JSON] = []
    private(set) var turns: [(isUser: Bool, parts: [JSON])] = []
    /// Names by the id of the call, for results that do not say.
    private var names: [String: String] = [:]
    private var lastName = ""

    mutating func add(_ message: Message, path: String) throws(RequestError) {
        var parts: [JSON] = []
        // Of the thought before the text; it goes back in the text's part.
        var signature: String?
        for (index, part) in message.parts.enumerated() {
            let place = "\(path).content[\(index)]"
            if case .reasoning(let thought) = part.content {
                if thought.format == .gemini { signature = thought.signature ?? signature }
                continue
            }
            guard var encoded = try encode(part, message, place)?.object else { continue }
            if let kept = signature, encoded["text"] != nil || encoded["functionCall"] != nil,
                encoded["thoughtSignature"] == nil
            {
                encoded.append("thoughtSignature", .string(kept))
                signature = nil
            }
            parts.append(.object(encoded))
        }
        switch message.role {
        case .system, .developer: system += parts
        case .user, .tool: append(parts, isUser: true)
        case .assistant: append(parts, isUser: false)
        }
    }

    private mutating func append(_ parts: [JSON], isUser: Bool) {
        guard !parts.isEmpty else { return }
        guard let last = turns.last, last.isUser == isUser else { return turns.append((isUser, parts)) }
        turns[turns.count - 1].parts += parts
    }

    /// `nil` for what is empty.
    private mutating func encode(_ part: Part, _ message: Message, _ path: String) throws(RequestError) -> JSON? {
        switch part.content {
        case .text(let text), .refusal(let text):
            guard !text.isEmpty else { return nil }
            let named = message.role == .user ? message.name.map { "\($0): " } ?? "" : ""
            return ["text": .string(named + text)]
        case .image(let media, _), .document(let media, _), .video(let media): return try Self.media(media, path)
        case .audio(let media):
            guard case .base64(let type, let data) = media else { return try Self.media(media, path) }
            return try Self.media(.base64(type: type.contains("/") ? type : "audio/" + type, data: data), path)
        case .toolCall(let call): return try encode(call, path)
        case .toolResult(let result): return try encode(result, path)
        case .opaque(let opaque): return opaque.format == .gemini ? opaque.value : nil
        case .reasoning: return nil
        }
    }

    private static func media(_ media: Media, _ path: String) throws(RequestError) -> JSON {
        switch media {
        case .base64(let type, let data): ["inlineData": ["mimeType": .string(type), "data": .string(data)]]
        case .url(let address), .fileID(let address): ["fileData": ["fileUri": .string(address)]]
        }
    }

    private mutating func encode(_ call: ToolCall, _ path: String) throws(RequestError) -> JSON {
        guard call.kind != .custom else { throw GeminiRequestEncoder.cannot("call tools of free text", path) }
        var arguments: JSON = [:]
        if !call.arguments.allSatisfy(\.isWhitespace) {
            guard let parsed = try? JSON.parse(Array(call.arguments.utf8)), parsed.object != nil else {
                throw RequestError(
                    .invalidValue, "Gemini takes only JSON objects as the arguments of a call.", parameter: path)
            }
            arguments = parsed
        }
        names[call.id] = call.name
        lastName = call.name
        var part: JSONObject = ["functionCall": ["name": .string(call.name), "args": arguments]]
        if let signature = call.thoughtSignature { part.append("thoughtSignature", .string(signature)) }
        return .object(part)
    }

    /// A result has to be an object: an object of the tool's own, or its text under a name.
    private func encode(_ result: ToolResult, _ path: String) throws(RequestError) -> JSON {
        var text = ""
        var parts: [JSON] = []
        for part in result.parts {
            switch part.content {
            case .text(let piece): text += piece
            case .image(let media, _), .document(let media, _): parts.append(try Self.media(media, path))
            default: throw GeminiRequestEncoder.cannot("take this part of a tool's result", path)
            }
        }
        let parsed = (try? JSON.parse(Array(text.utf8))).flatMap { $0.object == nil ? nil : $0 }
        let response: JSON = result.isError ? ["error": .string(text)] : parsed ?? ["result": .string(text)]
        var object: JSONObject = [
            "name": .string(result.name ?? names[result.callID] ?? lastName), "response": response,
        ]
        if !parts.isEmpty { object.append("parts", .array(parts)) }
        return ["functionResponse": .object(object)]
    }
}
