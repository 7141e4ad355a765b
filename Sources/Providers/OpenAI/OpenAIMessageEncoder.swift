import Chat
import JSON

/// One message of the hub → messages in OpenAI's format.
struct OpenAIMessageEncoder {
    /// What marks the end of a cached prefix.
    enum Breakpoints {
        /// OpenAI's `prompt_cache_breakpoint`.
        case own
        /// `cache_control`.
        case anthropic
        case none
    }

    /// Where the message stands in the client's request, for errors.
    let path: MessagePath
    var breakpoints = Breakpoints.own

    /// Several come out where the message holds tool results: each is a message of its own here.
    func encode(_ message: Message) throws(RequestError) -> [JSON] {
        let isResult = { (part: Part) in if case .toolResult = part.content { true } else { false } }
        guard message.parts.contains(where: isResult) else { return [try encodePlain(message)] }
        var encoded: [JSON] = []
        var others = message
        others.parts = []
        for part in message.parts {
            if case .toolResult(let result) = part.content {
                encoded.append(try encode(result, extras: message.role == .tool ? message.extras : nil))
            } else {
                others.parts.append(part)
            }
        }
        if !others.parts.isEmpty { encoded.append(try encodePlain(others)) }
        return encoded
    }

    private func encode(_ result: ToolResult, extras: Extras?) throws(RequestError) -> JSON {
        var object: JSONObject = ["role": result.callID.isEmpty ? "function" : "tool"]
        if !result.callID.isEmpty { object.append("tool_call_id", .string(CallID.bounded(result.callID))) }
        object.append("name", string: result.name)
        object.append("content", try content(result.parts) ?? "")
        for member in extras?.members(for: .openAI) ?? [] { object.append(member.key, member.value) }
        return .object(object)
    }

    private func encodePlain(_ message: Message) throws(RequestError) -> JSON {
        var object: JSONObject = ["role": .string(message.role.rawValue)]
        object.append("name", string: message.name)
        var calls: [JSON] = []
        var legacyCall: JSON?
        var reasoning = ""
        var parts: [Part] = []
        var pictures: [Part] = []
        for part in message.parts {
            switch part.content {
            case .image where message.role == .assistant: pictures.append(part)
            case .toolCall(let call) where call.kind == .legacyFunction:
                legacyCall = ["name": .string(call.name), "arguments": .string(call.arguments)]
            case .toolCall(let call): calls.append(encode(call))
            // Sealed blocks lie among the extras.
            case .reasoning(let thought): if thought.format == nil { reasoning += thought.text }
            default: parts.append(part)
            }
        }
        let refusals = parts.compactMap { part in
            if case .refusal(let text) = part.content { text } else { nil }
        }
        if refusals.count == 1, parts.count == 1 {
            object.append("content", .null)
            object.append("refusal", .string(refusals.joined()))
        } else {
            let isCalling = !calls.isEmpty || legacyCall != nil
            object.append("content", try content(parts) ?? (isCalling ? .null : ""))
        }
        if !reasoning.isEmpty { object.append("reasoning_content", .string(reasoning)) }
        if !calls.isEmpty { object.append("tool_calls", .array(calls)) }
        object.append("function_call", json: legacyCall)
        for member in message.extras?.members(for: .openAI) ?? [] { object.append(member.key, member.value) }
        // Those of the client's own `images` lie among the extras.
        if !pictures.isEmpty, pictures.count != object["images"]?.array?.count {
            object["images"] = .array(pictures.enumerated().compactMap { image($1, index: $0) })
        }
        return .object(object)
    }

    /// A picture that the assistant made, as OpenRouter takes it back.
    private func image(_ part: Part, index: Int) -> JSON? {
        guard case .image(let media, _) = part.content, let address = media.address else { return nil }
        var item: JSONObject = ["type": "image_url", "image_url": ["url": .string(address)], "index": .int(index)]
        if let signature = part.thoughtSignature { item.append("extra_content", Self.proof(signature)) }
        return .object(item)
    }

    /// Where Google's own OpenAI endpoint has it.
    private static func proof(_ thoughtSignature: String) -> JSON {
        ["google": ["thought_signature": .string(thoughtSignature)]]
    }

    /// A lone text is a string, which every vendor understands; anything else an array. `nil` without parts.
    private func content(_ parts: [Part]) throws(RequestError) -> JSON? {
        guard let first = parts.first else { return nil }
        if parts.count == 1, first.cacheBreakpoint == nil || breakpoints == .none, case .text(let text) = first.content
        {
            return .string(text)
        }
        var items: [JSON] = []
        for (index, part) in parts.enumerated() {
            var object = try encode(part.content, path: path.content(index))
            if let breakpoint = part.cacheBreakpoint { mark(&object, breakpoint) }
            items.append(.object(object))
        }
        return .array(items)
    }

    private func mark(_ object: inout JSONObject, _ breakpoint: CacheBreakpoint) {
        switch breakpoints {
        case .own: object["prompt_cache_breakpoint"] = ["mode": "explicit"]
        case .anthropic:
            var mark: JSONObject = ["type": "ephemeral"]
            mark.append("ttl", string: breakpoint.lifetime)
            object["cache_control"] = .object(mark)
        case .none: break
        }
    }

    private func encode(_ content: Part.Content, path: MessagePath) throws(RequestError) -> JSONObject {
        switch content {
        case .text(let text): return ["type": "text", "text": .string(text)]
        case .refusal(let text): return ["type": "refusal", "refusal": .string(text)]
        case .image(let media, let detail):
            var image: JSONObject = ["url": .string(try address(media, path))]
            image.append("detail", string: detail)
            return ["type": "image_url", "image_url": .object(image)]
        case .audio(.url(let address)):
            let sound: JSON = ["data": .string(address), "format": .string(format(address))]
            return ["type": "input_audio", "input_audio": sound]
        case .audio(.base64(let type, let data)):
            return ["type": "input_audio", "input_audio": ["data": .string(data), "format": .string(type)]]
        case .document(let media, let name):
            var file: JSONObject = [:]
            file.append("filename", string: name)
            if case .fileID(let id) = media {
                file.append("file_id", .string(id))
            } else {
                file.append("file_data", .string(try address(media, path)))
            }
            return ["type": "file", "file": .object(file)]
        case .video(let media): return ["type": "video_url", "video_url": ["url": .string(try address(media, path))]]
        case .opaque(let opaque):
            guard let object = try OpenAIRequestEncoder.own(opaque, path.text).object else { throw inexpressible(path) }
            return object
        case .audio, .toolCall, .toolResult, .reasoning: throw inexpressible(path)
        }
    }

    private func encode(_ call: ToolCall) -> JSON {
        let isCustom = call.kind == .custom
        var object: JSONObject = [
            "id": .string(CallID.bounded(call.id)), "type": .string(isCustom ? "custom" : "function"),
            isCustom ? "custom" : "function": [
                "name": .string(call.name), isCustom ? "input" : "arguments": .string(call.arguments),
            ],
        ]
        if let signature = call.thoughtSignature { object.append("extra_content", Self.proof(signature)) }
        return .object(object)
    }

    /// By the end of a sound's address.
    private func format(_ address: String) -> String {
        let type = MediaType.of(name: String(address.prefix { $0 != "?" && $0 != "#" }))
        return type.map { MediaType.soundName($0) } ?? "wav"
    }

    private func address(_ media: Media, _ path: MessagePath) throws(RequestError) -> String {
        guard let address = media.address else { throw inexpressible(path) }
        return address
    }

    private func inexpressible(_ path: MessagePath) -> RequestError {
        RequestError(
            .invalidValue, "Invalid '\(path)': this kind of part cannot be sent to the model's provider.",
            parameter: path.text)
    }
}
