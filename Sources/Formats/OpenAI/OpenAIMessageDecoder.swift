import Chat
import JSON

/// Messages and their parts (spec/wire/openai.md §§2.1, 2.2).
enum OpenAIMessageDecoder {
    static func message(_ value: JSON, at place: @escaping () -> String) throws(RequestError) -> Message {
        var reader = try FieldReader(value, at: place)
        let role = try reader.requiredString("role")
        let name = try reader.string("name")
        let mark = breakpoint(&reader)
        switch role {
        case "system", "developer", "user":
            let parts = marked(try content(&reader), mark)
            return Message(Message.Role(rawValue: role) ?? .user, name: name, parts: parts, extras: reader.rest)
        case "assistant":
            var parts = try reasoning(&reader)
            parts += OpenAIMediaDecoder.withPictures(try content(&reader))
            // They stay among the extras too: for an upstream of OpenAI's format, whose affair they are as they came.
            parts += OpenAIMediaDecoder.pictures(reader.peek("images"))
            parts += try refusal(&reader)
            parts += try toolCalls(&reader)
            return Message(.assistant, name: name, parts: marked(parts, mark), extras: reader.rest)
        case "tool":
            let id = try reader.requiredString("tool_call_id")
            // Claude's mark, for which OpenAI's format has no member.
            let isError = try reader.bool("is_error") ?? false
            let parts = marked(try content(&reader), mark)
            let answered = ToolResult(callID: id, name: name, parts: parts, isError: isError)
            return Message(.tool, parts: [result(answered)], extras: reader.rest)
        case "function":
            let parts = marked(try content(&reader), mark)
            return Message(
                .tool, parts: [result(ToolResult(callID: "", name: name, parts: parts))], extras: reader.rest)
        default:
            throw RequestError(
                .invalidValue,
                "Invalid value for '\(reader.path("role"))': expected system, developer, user, assistant, tool or function.",
                parameter: reader.path("role"))
        }
    }

    /// Moves a breakpoint of the whole message to its last part, since providers mark parts. Reasoning and empty texts are
    /// not marked: providers refuse a mark on reasoning, and empty texts are not sent.
    private static func marked(_ parts: [Part], _ mark: CacheBreakpoint?) -> [Part] {
        guard let mark else { return parts }
        let last = parts.lastIndex { part in
            switch part.content {
            case .reasoning: false
            case .text(let text): !text.allSatisfy(\.isWhitespace)
            default: true
            }
        }
        guard let last, parts[last].cacheBreakpoint == nil else { return parts }
        var parts = parts
        parts[last].cacheBreakpoint = mark
        return parts
    }

    /// A breakpoint within a tool's result ends the cached prefix after the whole result.
    private static func result(_ result: ToolResult) -> Part {
        Part(.toolResult(result), cacheBreakpoint: result.parts.last { $0.cacheBreakpoint != nil }?.cacheBreakpoint)
    }

    private static func content(_ reader: inout FieldReader) throws(RequestError) -> [Part] {
        guard let value = reader.value("content") else { return [] }
        if let text = value.string { return [.text(text)] }
        guard let items = value.array else {
            throw FieldReader.wrongType(reader.path("content"), "a string or an array of parts", value)
        }
        var parts: [Part] = []
        for (index, item) in items.enumerated() {
            parts.append(try part(item, at: reader.place("content", index)))
        }
        return parts
    }

    private static func part(_ value: JSON, at place: @escaping () -> String) throws(RequestError) -> Part {
        // Some clients put plain strings into the list of parts.
        if let text = value.string { return .text(text) }
        var reader = try FieldReader(value, at: place)
        let breakpoint = breakpoint(&reader)
        let content: Part.Content
        switch try reader.requiredString("type") {
        case "text": content = .text(try reader.requiredString("text"))
        case "refusal": content = .refusal(try reader.requiredString("refusal"))
        case let type: content = try OpenAIMediaDecoder.part(type, &reader) ?? .opaque(Opaque(.openAI, value))
        }
        return Part(content, cacheBreakpoint: breakpoint)
    }

    private static func reasoning(_ reader: inout FieldReader) throws(RequestError) -> [Part] {
        // These are blocks of an upstream with a format of its own. They stay among the extras too, so that an upstream
        // of OpenAI's format gets them unchanged.
        let sealed = (reader.peek("reasoning_details")?.array ?? []).compactMap(detail)
        if !sealed.isEmpty { return sealed.map { Part(.reasoning($0)) } }
        guard let text = try reader.string("reasoning_content"), !text.isEmpty else { return [] }
        return [Part(.reasoning(Reasoning(text: text)))]
    }

    private static func detail(_ value: JSON) -> Reasoning? {
        guard let format = value["format"]?.string.flatMap({ WireFormat(rawValue: $0) }) else { return nil }
        func count(_ value: JSON?) -> Int? { value?.int.map { Int(min(max(0, $0), 1 << 40)) } }
        let place = value["place"].map {
            Reasoning.Place(letters: count($0["letters"]) ?? 0, calls: count($0["calls"]) ?? 0)
        }
        return Reasoning(
            text: value["text"]?.string ?? "", signature: value["signature"]?.string,
            encrypted: value["data"]?.string, block: value["block"], format: format, index: count(value["index"]),
            place: place)
    }

    private static func refusal(_ reader: inout FieldReader) throws(RequestError) -> [Part] {
        try reader.string("refusal").map { [Part(.refusal($0))] } ?? []
    }

    private static func toolCalls(_ reader: inout FieldReader) throws(RequestError) -> [Part] {
        var parts: [Part] = []
        for (index, item) in (try reader.array("tool_calls") ?? []).enumerated() {
            parts.append(try toolCall(item, at: reader.place("tool_calls", index)))
        }
        if let value = reader.value("function_call") {
            var call = try reader.reader(value, "function_call")
            let name = try call.requiredString("name")
            parts.append(
                Part(
                    .toolCall(
                        ToolCall(
                            id: "", kind: .legacyFunction, name: name,
                            arguments: try call.requiredString("arguments")))))
        }
        return parts
    }

    private static func toolCall(_ value: JSON, at place: @escaping () -> String) throws(RequestError) -> Part {
        var reader = try FieldReader(value, at: place)
        let id = try reader.requiredString("id")
        let mark = breakpoint(&reader)
        switch try reader.string("type") ?? "function" {
        case "function":
            var function = try reader.requiredReader("function")
            let name = try function.requiredString("name")
            let arguments = try function.requiredString("arguments")
            let signature = value["extra_content"]?["google"]?["thought_signature"]?.string
            return Part(
                .toolCall(ToolCall(id: id, name: name, arguments: arguments, thoughtSignature: signature)),
                cacheBreakpoint: mark)
        case "custom":
            var custom = try reader.requiredReader("custom")
            let name = try custom.requiredString("name")
            let input = try custom.requiredString("input")
            return Part(
                .toolCall(ToolCall(id: id, kind: .custom, name: name, arguments: input)), cacheBreakpoint: mark)
        default:
            throw RequestError(
                .invalidValue, "Invalid value for '\(reader.path("type"))': expected function or custom.",
                parameter: reader.path("type"))
        }
    }

    /// OpenAI's own mark, or Anthropic's mark, which OpenRouter also uses.
    static func breakpoint(_ reader: inout FieldReader) -> CacheBreakpoint? {
        if reader.value("prompt_cache_breakpoint") != nil { return CacheBreakpoint() }
        return reader.value("cache_control").map { CacheBreakpoint(lifetime: $0["ttl"]?.string) }
    }
}
