import Chat
import JSON

/// The turns of a conversation in Gemini's form: instructions apart, neighbours of one role joined, results with the names
/// of the functions that they come from (spec/wire/gemini.md §§2, 4.4).
struct GeminiConversation {
    private(set) var system: [JSON] = []
    private(set) var turns: [(isUser: Bool, parts: [JSON])] = []
    /// Names by the id of the call, for results that do not say.
    private var names: [String: String] = [:]
    private let model: GeminiModel
    /// Media of results for models that take none within: they follow the last result of the turn, whose results must be
    /// as many as the calls.
    private var besideResults: [JSON] = []

    init(for model: GeminiModel) { self.model = model }

    mutating func add(_ message: Message, path: MessagePath) throws(RequestError) {
        if message.role != .tool { addBesideResults() }
        var parts: [JSON] = []
        // Of the thoughts before the parts; they go back in the parts that they led to, in their order.
        var signatures: ArraySlice<String> = []
        var isNamed = message.role != .user || message.name == nil
        for (index, part) in message.parts.enumerated() {
            let place = path.content(index)
            if case .reasoning(let thought) = part.content {
                if thought.format == .gemini, let signature = thought.signature { signatures.append(signature) }
                continue
            }
            guard var encoded = try encode(part, message.role, path, place)?.object else { continue }
            if !isNamed, let text = encoded["text"]?.string, let name = message.name {
                encoded["text"] = .string("\(name): \(text)")
                isNamed = true
            }
            if let signature = part.thoughtSignature { encoded.append("thoughtSignature", .string(signature)) }
            if !signatures.isEmpty, encoded["text"] != nil || encoded["functionCall"] != nil,
                encoded["thoughtSignature"] == nil
            {
                encoded.append("thoughtSignature", .string(signatures.removeFirst()))
            }
            parts.append(.object(encoded))
        }
        if !signatures.isEmpty {
            // Of parts that were empty but for it: after the text, before the calls.
            let place = parts.firstIndex { $0["functionCall"] != nil } ?? parts.count
            parts.insert(contentsOf: signatures.map { ["text": "", "thoughtSignature": .string($0)] }, at: place)
        }
        switch message.role {
        case .system, .developer: system += parts
        case .user, .tool: append(parts, isUser: true)
        case .assistant: append(parts, isUser: false)
        }
    }

    /// For the wire: opened by the user; instructions alone are the user's.
    mutating func encodedTurns() -> (system: [JSON], turns: [JSON]) {
        addBesideResults()
        guard let first = turns.first else { return ([], system.isEmpty ? [] : [Self.turn(true, system)]) }
        var encoded: [JSON] = first.isUser ? [] : [Self.turn(true, [["text": "…"]])]
        for turn in turns {
            let isSigned = turn.isUser || !model.needsSignatures
            encoded.append(Self.turn(turn.isUser, isSigned ? turn.parts : Self.signed(turn.parts)))
        }
        return (system, encoded)
    }

    /// The first call of the model's turn must have a signature, and each of its pictures. Those that another model made,
    /// or whose signature the client has lost, get the word that lets them through.
    private static func signed(_ parts: [JSON]) -> [JSON] {
        let firstCall = parts.firstIndex { $0["functionCall"] != nil }
        var signed = parts
        for place in parts.indices where place == firstCall || parts[place]["inlineData"] != nil {
            guard parts[place]["thoughtSignature"] == nil, var part = parts[place].object else { continue }
            part.append("thoughtSignature", "skip_thought_signature_validator")
            signed[place] = .object(part)
        }
        return signed
    }

    private mutating func addBesideResults() {
        let parts = besideResults
        besideResults = []
        append(parts, isUser: true)
    }

    private static func turn(_ isUser: Bool, _ parts: [JSON]) -> JSON {
        ["role": isUser ? "user" : "model", "parts": .array(parts)]
    }

    private mutating func append(_ parts: [JSON], isUser: Bool) {
        guard !parts.isEmpty else { return }
        // The last turn is not bound to a name, so that it grows in place.
        guard turns.last?.isUser == isUser else { return turns.append((isUser, parts)) }
        turns[turns.count - 1].parts += parts
    }

    /// `nil` for what is empty, and for what another model's turn had beside its words.
    private mutating func encode(
        _ part: Part, _ role: Message.Role, _ message: MessagePath, _ path: MessagePath
    ) throws(RequestError) -> JSON? {
        switch part.content {
        case .text(let text), .refusal(let text): return text.isEmpty ? nil : ["text": .string(text)]
        case .reasoning: return nil
        case .opaque(let opaque) where opaque.format == .gemini: return opaque.value
        case .opaque where role == .assistant: return nil
        case .opaque: throw GeminiRequestEncoder.cannot("take this part", path.text)
        case _ where role == .system || role == .developer:
            throw GeminiRequestEncoder.cannot("take anything but text in instructions", path.text)
        case .image(let media, _), .document(let media, _), .video(let media), .audio(let media):
            return Self.media(media)
        case .toolCall(let call): return try encode(call, path)
        case .toolResult(let result): return try encode(result, message)
        }
    }

    private static func media(_ media: Media) -> JSON {
        switch media {
        case .base64(let type, let data):
            // Sounds have the vendor's short names.
            let isShort = !type.isEmpty && !type.contains("/")
            return ["inlineData": ["mimeType": .string(isShort ? "audio/" + type : type), "data": .string(data)]]
        case .url(let address), .fileID(let address): return ["fileData": ["fileUri": .string(address)]]
        }
    }

    private mutating func encode(_ call: ToolCall, _ path: MessagePath) throws(RequestError) -> JSON {
        guard call.kind != .custom else { throw GeminiRequestEncoder.cannot("call tools of free text", path.text) }
        var arguments: JSON = [:]
        if !call.arguments.isBlank {
            guard let parsed = try? JSON.parse(Array(call.arguments.utf8)), parsed.object != nil else {
                throw RequestError(
                    .invalidValue, "Gemini takes only JSON objects as the arguments of a call.", parameter: path.text)
            }
            arguments = parsed
        }
        names[call.id] = call.name
        var body: JSONObject = ["name": .string(call.name), "args": arguments]
        if !call.id.isEmpty { body.append("id", .string(call.id)) }
        var part: JSONObject = ["functionCall": .object(body)]
        if let signature = call.thoughtSignature { part.append("thoughtSignature", .string(signature)) }
        return .object(part)
    }

    /// A result has to be an object: an object of the tool's own, or its text under a name.
    private mutating func encode(_ result: ToolResult, _ path: MessagePath) throws(RequestError) -> JSON {
        var text = ""
        var parts: [JSON] = []
        for part in result.parts {
            switch part.content {
            case .text(let piece): text += piece
            case .image(let media, _), .document(let media, _), .video(let media), .audio(let media):
                parts.append(Self.media(media))
            default: throw GeminiRequestEncoder.cannot("take this part of a tool's result", path.text)
            }
        }
        let response: JSON = result.isError ? ["error": .string(text)] : ToolResultJSON.object(text)
        guard let name = result.name ?? names[result.callID] else {
            throw RequestError(
                .invalidValue, "Invalid value for '\(path).tool_call_id': no call before it has this id.",
                parameter: path + ".tool_call_id")
        }
        var object: JSONObject = ["name": .string(name), "response": response]
        // Results of one function side by side are told apart by it.
        if !result.callID.isEmpty { object.append("id", .string(result.callID)) }
        if model.takesMediaInResults {
            if !parts.isEmpty { object.append("parts", .array(parts)) }
        } else {
            besideResults += parts
        }
        return ["functionResponse": .object(object)]
    }
}
