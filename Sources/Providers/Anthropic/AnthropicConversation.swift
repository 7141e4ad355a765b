import Chat
import HTTP
import JSON

/// The turns of a conversation in Claude's form: instructions apart, neighbours of one role joined, all results of one
/// assistant turn in the next user turn and before its text (spec/wire/anthropic.md §§2.1, 4).
struct AnthropicConversation {
    private(set) var system: [JSON] = []
    private(set) var turns: [(isUser: Bool, blocks: [JSON])] = []
    /// Ids made up for calls that came without, still to be matched with their results.
    private var openCalls: [String] = []

    /// Adds an instruction of the gateway's own.
    mutating func instruct(_ text: String) { system.append(["type": "text", "text": .string(text)]) }

    mutating func add(_ message: Message, path: String) throws(RequestError) {
        switch message.role {
        case .system, .developer:
            for part in message.parts {
                guard case .text(let text) = part.content else {
                    throw RequestError(
                        .invalidValue, "Claude takes only text in instructions.", parameter: path + ".content")
                }
                if let block = Self.text(text, part.cacheBreakpoint) { system.append(block) }
            }
        case .user, .tool:
            var blocks: [JSON] = []
            for (index, part) in message.parts.enumerated() {
                if let block = try userBlock(part, message, path: "\(path).content[\(index)]") { blocks.append(block) }
            }
            append(blocks, isUser: true)
        case .assistant:
            var blocks: [JSON] = []
            for (index, part) in message.parts.enumerated() {
                if let block = try assistantBlock(part, path: path, index: index) { blocks.append(block) }
            }
            append(blocks, isUser: false)
        }
    }

    /// For the wire: opened by the user, and not ended by white space of the assistant's.
    var encodedTurns: [JSON] {
        var turns = turns
        if turns.first?.isUser == false { turns.insert((true, [["type": "text", "text": "…"]]), at: 0) }
        if let last = turns.last, !last.isUser, var block = last.blocks.last?.object, let text = block["text"]?.string {
            var trimmed = text
            while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
            block["text"] = .string(trimmed)
            turns[turns.count - 1].blocks[last.blocks.count - 1] = .object(block)
        }
        return turns.map { turn in
            ["role": turn.isUser ? "user" : "assistant", "content": .array(turn.blocks)]
        }
    }

    private mutating func append(_ blocks: [JSON], isUser: Bool) {
        guard !blocks.isEmpty else { return }
        guard let last = turns.last, last.isUser == isUser else { return turns.append((isUser, blocks)) }
        turns[turns.count - 1].blocks += blocks
    }

    // MARK: Blocks

    /// `nil` for a text without letters, which Claude refuses.
    private static func text(_ text: String, _ mark: CacheBreakpoint?) -> JSON? {
        guard !text.allSatisfy(\.isWhitespace) else { return nil }
        var object: JSONObject = ["type": "text", "text": .string(text)]
        if let mark { object.append("cache_control", AnthropicRequestEncoder.cacheControl(mark)) }
        return .object(object)
    }

    private mutating func userBlock(_ part: Part, _ message: Message, path: String) throws(RequestError) -> JSON? {
        let named = message.name.map { "\($0): " } ?? ""
        var block: JSONObject
        switch part.content {
        case .text(let text): return Self.text(message.role == .user ? named + text : text, part.cacheBreakpoint)
        case .image(let media, _): block = ["type": "image", "source": try Self.source(media, path)]
        case .document(let media, let name):
            block = ["type": "document", "source": try Self.source(media, path)]
            if let name { block.append("title", .string(name)) }
        case .toolResult(let result): block = try self.result(result, path)
        case .opaque(let opaque) where opaque.format == .anthropic: return opaque.value
        case .audio: throw AnthropicRequestEncoder.cannot("listen", path)
        case .video: throw AnthropicRequestEncoder.cannot("watch videos", path)
        case .toolCall, .reasoning, .refusal, .opaque:
            throw AnthropicRequestEncoder.cannot("take this part", path)
        }
        if let mark = part.cacheBreakpoint { block.append("cache_control", AnthropicRequestEncoder.cacheControl(mark)) }
        return .object(block)
    }

    private mutating func result(_ result: ToolResult, _ path: String) throws(RequestError) -> JSONObject {
        var content: [JSON] = []
        for part in result.parts {
            switch part.content {
            case .text(let text): if let block = Self.text(text, nil) { content.append(block) }
            case .image(let media, _): content.append(["type": "image", "source": try Self.source(media, path)])
            case .document(let media, _): content.append(["type": "document", "source": try Self.source(media, path)])
            default: throw AnthropicRequestEncoder.cannot("take this part of a tool's result", path)
            }
        }
        // A function of OpenAI's deprecated kind answers the oldest call.
        let id = result.callID.isEmpty ? (openCalls.isEmpty ? "" : openCalls.removeFirst()) : Self.id(result.callID)
        var block: JSONObject = ["type": "tool_result", "tool_use_id": .string(id)]
        if content.count == 1, let text = content[0]["text"] {
            block.append("content", text)
        } else if !content.isEmpty {
            block.append("content", .array(content))
        }
        if result.isError { block.append("is_error", true) }
        return block
    }

    private mutating func assistantBlock(_ part: Part, path: String, index: Int) throws(RequestError) -> JSON? {
        switch part.content {
        case .text(let text), .refusal(let text): return Self.text(text, part.cacheBreakpoint)
        case .toolCall(let call):
            guard call.kind != .custom else {
                throw AnthropicRequestEncoder.cannot("call tools of free text", path + ".tool_calls")
            }
            return try use(call, path, index)
        case .reasoning(let thought):
            // Only what Claude has signed goes back to it.
            guard thought.format == .anthropic else { return nil }
            if let data = thought.encrypted { return ["type": "redacted_thinking", "data": .string(data)] }
            guard let signature = thought.signature else { return nil }
            return ["type": "thinking", "thinking": .string(thought.text), "signature": .string(signature)]
        case .opaque(let opaque): return opaque.format == .anthropic ? opaque.value : nil
        case .image, .audio, .document, .video, .toolResult:
            throw AnthropicRequestEncoder.cannot("take this part of an assistant's message", path + ".content")
        }
    }

    private mutating func use(_ call: ToolCall, _ path: String, _ index: Int) throws(RequestError) -> JSON {
        var input: JSON = [:]
        if !call.arguments.allSatisfy(\.isWhitespace) {
            guard let parsed = try? JSON.parse(Array(call.arguments.utf8)), parsed.object != nil else {
                throw RequestError(
                    .invalidValue, "Claude takes only JSON objects as the arguments of a call.",
                    parameter: path + ".tool_calls")
            }
            input = parsed
        }
        var id = Self.id(call.id)
        if id.isEmpty {
            id = "call_\(turns.count)_\(index)"
            openCalls.append(id)
        }
        return ["type": "tool_use", "id": .string(id), "name": .string(call.name), "input": input]
    }

    /// Ids of other vendors may have letters that Claude's must not have.
    private static func id(_ id: String) -> String {
        String(
            decoding: id.utf8.map { byte in
                let isPlain =
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == 0x2d || byte == 0x5f
                return isPlain ? byte : 0x5f
            }, as: UTF8.self)
    }

    private static func source(_ media: Media, _ path: String) throws(RequestError) -> JSON {
        switch media {
        case .url(let address):
            guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
                throw RequestError(
                    .invalidValue, "Invalid value for '\(path)': expected an address or a base64 data URL.",
                    parameter: path)
            }
            return ["type": "url", "url": .string(address)]
        case .base64(let type, let data):
            if type == "text/plain", let bytes = Base64.decode(data) {
                return [
                    "type": "text", "media_type": "text/plain", "data": .string(String(decoding: bytes, as: UTF8.self)),
                ]
            }
            return ["type": "base64", "media_type": .string(type), "data": .string(data)]
        case .fileID(let id): return ["type": "file", "file_id": .string(id)]
        }
    }
}
