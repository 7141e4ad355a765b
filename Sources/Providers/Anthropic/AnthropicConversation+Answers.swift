import Chat
import JSON

extension AnthropicConversation {
    /// An answer as Claude gave it: thoughts and steps of its own go back to their places between text and calls, whose
    /// neighbours OpenAI's format has lost.
    mutating func answer(_ message: Message, path: MessagePath) throws(RequestError) -> [JSON] {
        var thoughts = message.parts.compactMap { part in
            if case .reasoning(let thought) = part.content { Self.block(of: thought) } else { nil }
        }[...]
        var blocks: [JSON] = []
        var (letters, calls) = (0, 0)
        for (index, part) in message.parts.enumerated() {
            switch part.content {
            case .reasoning: continue
            case .text(let text):
                var rest = text.unicodeScalars[...]
                while let thought = thoughts.first, thought.place.calls <= calls,
                    let cut = rest.index(
                        rest.startIndex, offsetBy: max(0, thought.place.letters - letters), limitedBy: rest.endIndex),
                    cut < rest.endIndex
                {
                    if let block = Self.text(String(rest[..<cut]), nil) { blocks.append(block) }
                    letters += rest.distance(from: rest.startIndex, to: cut)
                    rest = rest[cut...]
                    blocks.append(thought.block)
                    thoughts.removeFirst()
                }
                if let block = Self.text(String(rest), part.cacheBreakpoint) { blocks.append(block) }
                letters += rest.count
            default:
                while let thought = thoughts.first, thought.place.calls <= calls {
                    blocks.append(thought.block)
                    thoughts.removeFirst()
                }
                if let block = try assistantBlock(part, path: path, index: index) { blocks.append(block) }
                if case .toolCall = part.content { calls += 1 }
            }
        }
        return blocks + thoughts.map(\.block)
    }

    /// `nil` for what Claude has not signed.
    private static func block(of thought: Reasoning) -> (place: Reasoning.Place, block: JSON)? {
        guard thought.format == .anthropic else { return nil }
        let place = thought.place ?? Reasoning.Place(letters: 0, calls: 0)
        if let block = thought.block { return block["type"]?.string == nil ? nil : (place, block) }
        if let data = thought.encrypted { return (place, ["type": "redacted_thinking", "data": .string(data)]) }
        return thought.signature.map { signature in
            (place, ["type": "thinking", "thinking": .string(thought.text), "signature": .string(signature)])
        }
    }

    private mutating func assistantBlock(_ part: Part, path: MessagePath, index: Int) throws(RequestError) -> JSON? {
        switch part.content {
        case .text(let text), .refusal(let text): return Self.text(text, part.cacheBreakpoint)
        case .toolCall(let call):
            guard call.kind != .custom else {
                throw AnthropicRequestEncoder.cannot("call tools of free text", path + ".tool_calls")
            }
            return try use(call, part.cacheBreakpoint, path, index)
        case .opaque(let opaque) where opaque.format == .anthropic: return opaque.value
        case .reasoning: return nil
        case .image, .audio, .document, .video, .toolResult, .opaque:
            throw AnthropicRequestEncoder.cannot("take this part of an assistant's message", path + ".content")
        }
    }

    private mutating func use(
        _ call: ToolCall, _ mark: CacheBreakpoint?, _ path: MessagePath, _ index: Int
    ) throws(RequestError) -> JSON {
        var input: JSON = [:]
        if !call.arguments.isBlank {
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
        var block: JSONObject = ["type": "tool_use", "id": .string(id), "name": .string(call.name), "input": input]
        if let mark { block.append("cache_control", AnthropicRequestEncoder.cacheControl(mark)) }
        return .object(block)
    }
}
