import Chat
import JSON

/// The turns of a conversation in Claude's form: instructions apart, neighbours of one role joined, all results of one
/// assistant turn in the next user turn and before its text (spec/wire/anthropic.md §§2.1, 4).
struct AnthropicConversation {
    private(set) var system: [JSON] = []
    private(set) var turns: [(isUser: Bool, blocks: [JSON])] = []
    /// Ids made up for calls that came without, still to be matched with their results.
    var openCalls: ArraySlice<String> = []

    /// Adds an instruction of the gateway's own.
    mutating func instruct(_ text: String) { system.append(["type": "text", "text": .string(text)]) }

    mutating func add(_ message: Message, path: MessagePath) throws(RequestError) {
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
                if let block = try userBlock(part, message, path: path.content(index)) { blocks.append(block) }
            }
            append(blocks, isUser: true)
        case .assistant:
            append(try answer(message, path: path), isUser: false)
        }
    }

    /// Whether the answer that is to go on, or whose calls were just answered, has lost the thoughts before it: Claude then
    /// refuses to think on a budget.
    var lacksThoughts: Bool {
        guard let last = turns.last else { return false }
        if last.isUser {
            guard last.blocks.contains(where: { $0["type"]?.string == "tool_result" }) else { return false }
        }
        guard let answer = turns.last(where: { !$0.isUser }) else { return false }
        let type = answer.blocks.first?["type"]?.string
        return type != "thinking" && type != "redacted_thinking"
    }

    /// Makes instructions alone the user's words, for there has to be a turn.
    mutating func fillTurns() {
        guard turns.isEmpty, !system.isEmpty else { return }
        (turns, system) = ([(true, system)], [])
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
        // The last turn is not bound to a name, so that it grows in place.
        guard turns.last?.isUser == isUser else { return turns.append((isUser, blocks)) }
        turns[turns.count - 1].blocks += blocks
    }

    // MARK: Blocks

    /// `nil` for a text without letters, which Claude refuses.
    static func text(_ text: String, _ mark: CacheBreakpoint?) -> JSON? {
        guard !text.isBlank else { return nil }
        var object: JSONObject = ["type": "text", "text": .string(text)]
        if let mark { object.append("cache_control", AnthropicRequestEncoder.cacheControl(mark)) }
        return .object(object)
    }

    private mutating func userBlock(_ part: Part, _ message: Message, path: MessagePath) throws(RequestError) -> JSON? {
        let named = message.name.map { "\($0): " } ?? ""
        var block: JSONObject
        switch part.content {
        case .text(let text): return Self.text(message.role == .user ? named + text : text, part.cacheBreakpoint)
        case .image(let media, _): block = try Self.picture(media, path)
        case .document(let media, let name):
            block = ["type": "document", "source": try Self.source(media, path)]
            if let name { block.append("title", .string(name)) }
        case .toolResult(let result): block = try self.result(result, path)
        case .opaque(let opaque) where Self.isOwn(opaque):
            guard let own = opaque.value.object, own["cache_control"] == nil else { return opaque.value }
            block = own
        case .audio: throw AnthropicRequestEncoder.cannot("listen", path.text)
        case .video: throw AnthropicRequestEncoder.cannot("watch videos", path.text)
        case .toolCall, .reasoning, .refusal, .opaque:
            throw AnthropicRequestEncoder.cannot("take this part", path.text)
        }
        if let mark = part.cacheBreakpoint { block.append("cache_control", AnthropicRequestEncoder.cacheControl(mark)) }
        return .object(block)
    }

    /// Claude's own kinds of parts, from clients that know whom they talk to: only these can ask for citations.
    private static func isOwn(_ part: Opaque) -> Bool {
        part.format == .anthropic || ["document", "search_result"].contains(part.value["type"]?.string)
    }

    private mutating func result(_ result: ToolResult, _ path: MessagePath) throws(RequestError) -> JSONObject {
        var content: [JSON] = []
        for part in result.parts {
            switch part.content {
            case .text(let text): if let block = Self.text(text, nil) { content.append(block) }
            case .image(let media, _): content.append(.object(try Self.picture(media, path)))
            case .document(let media, _): content.append(["type": "document", "source": try Self.source(media, path)])
            default: throw AnthropicRequestEncoder.cannot("take this part of a tool's result", path.text)
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

    /// Ids of other vendors may have letters that Claude's must not have.
    static func id(_ id: String) -> String {
        String(
            decoding: id.utf8.map { byte in
                let isPlain =
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == 0x2d || byte == 0x5f
                return isPlain ? byte : 0x5f
            }, as: UTF8.self)
    }

    /// What a PDF's address is called by the client shows only in the address.
    private static func picture(_ media: Media, _ path: MessagePath) throws(RequestError) -> JSONObject {
        ["type": media.isAddressOfPDF ? "document" : "image", "source": try source(media, path)]
    }

    private static func source(_ media: Media, _ path: MessagePath) throws(RequestError) -> JSON {
        switch media {
        case .url(let address):
            guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
                throw RequestError(
                    .invalidValue, "Invalid value for '\(path)': expected an address or a base64 data URL.",
                    parameter: path.text)
            }
            return ["type": "url", "url": .string(address)]
        case .base64(let type, let data):
            // Texts of all kinds are plain ones here.
            if type.hasPrefix("text/"), let bytes = Base64.decode(data) {
                return [
                    "type": "text", "media_type": "text/plain", "data": .string(String(decoding: bytes, as: UTF8.self)),
                ]
            }
            return ["type": "base64", "media_type": .string(type), "data": .string(data)]
        case .fileID(let id): return ["type": "file", "file_id": .string(id)]
        }
    }
}
