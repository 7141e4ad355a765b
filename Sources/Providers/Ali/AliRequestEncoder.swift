import Chat
import JSON

/// The hub's request → DashScope's body (spec/wire/ali.md §2).
///
/// | What DashScope has not | What becomes of it |
/// | --- | --- |
/// | a tool call of any kind (`required`), custom tools, spoken answers, documents | refused |
/// | media in the result of a tool, for a model that only reads; formats of answers without a name here | refused |
/// | temperature and top_p out of range | the nearest in range |
/// | frequency penalty, logit bias, user, metadata, store, service tier, verbosity | dropped |
/// | place of system messages among the turns | lost: one goes first |
/// | names of messages, `strict` of tools; place and context size of the web search | dropped |
/// | how hard to think: only some models take it | thinking on, or off for `none` and `minimal` |
/// | a whole answer of an open-weight `qwen3` that would think unasked, which it refuses | thinking off |
/// | pictures of the assistant's | behind the words of the user's next message; for a model that only reads, dropped |
/// | a model name that ends in `-internet` | the name without it, and the web search |
enum AliRequestEncoder {
    private static let search = "-internet"

    /// Models that see or hear have an endpoint and a message form of their own.
    static func isMultimodal(_ request: ChatRequest, model: String) -> Bool {
        let marks = ["-vl", "qvq", "-audio", "-omni", "-ocr"]
        if marks.contains(where: { model.contains($0) }) { return true }
        return request.messages.contains { message in
            message.parts.contains { part in
                switch part.content {
                case .image, .audio, .video: true
                default: false
                }
            }
        }
    }

    static func encode(
        _ request: ChatRequest, model: String, isMultimodal: Bool
    ) throws(RequestError) -> [UInt8] {
        if request.output.modalities?.contains(where: { $0 != "text" }) == true {
            throw cannot("answer in anything but text", "modalities")
        }
        if case .opaque = request.responseFormat { throw cannot("answer in this format", "response_format.type") }
        var messages: [JSON] = []
        var instructions: [JSON] = []
        for (index, message) in request.messages.enumerated() {
            let encoded = try encode(message, path: MessagePath(index, of: request), isMultimodal)
            if message.role == .system || message.role == .developer {
                instructions += encoded
            } else {
                messages += encoded
            }
        }
        messages = Self.joined(instructions, isMultimodal) + messages
        let isSearching = model.hasSuffix(search)
        let name = isSearching ? String(model.dropLast(search.count)) : model
        var parameters = try tools(request)
        add(request, to: &parameters)
        if !request.stream.isOn, request.reasoning == nil, parameters["enable_thinking"] == nil, thinksUnasked(name) {
            parameters.append("enable_thinking", false)
        }
        if isSearching || request.webSearch != nil {
            if parameters["enable_search"] == nil { parameters.append("enable_search", true) }
            // Without it the pages are not told.
            if parameters["search_options"] == nil { parameters.append("search_options", ["enable_source": true]) }
        }
        let body: JSON = [
            "model": .string(name), "input": ["messages": .array(messages)], "parameters": .object(parameters),
        ]
        return body.encoded()
    }

    /// One system message of several: the service takes no more, and only at the beginning.
    private static func joined(_ instructions: [JSON], _ isMultimodal: Bool) -> [JSON] {
        guard instructions.count > 1 else { return instructions }
        let contents = instructions.compactMap { $0["content"] }
        let content: JSON =
            isMultimodal
            ? .array(contents.flatMap { $0.array ?? [] })
            : .string(contents.compactMap(\.string).joined(separator: "\n\n"))
        return [["role": "system", "content": content]]
    }

    /// The open-weight models of the third generation, named by their size (`qwen3-32b`), but for those made for one mode.
    private static func thinksUnasked(_ model: String) -> Bool {
        guard model.hasPrefix("qwen3-"), let size = model.dropFirst(6).first, size.isNumber else { return false }
        return !model.contains("thinking") && !model.contains("instruct")
    }

    private static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "DashScope cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    // MARK: Messages

    private static func encode(
        _ message: Message, path: MessagePath, _ isMultimodal: Bool
    ) throws(RequestError) -> [JSON] {
        var results: [JSON] = []
        var parts: [JSON] = []
        var text = ""
        var calls: [JSON] = []
        for (index, part) in message.parts.enumerated() {
            switch part.content {
            case .text(let piece), .refusal(let piece):
                text += piece
                parts.append(["text": .string(piece)])
            case .toolCall(let call):
                guard call.kind != .custom else { throw cannot("call tools of free text", path + ".tool_calls") }
                calls.append([
                    "id": .string(call.id), "type": "function", "index": .int(calls.count),
                    "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
                ])
            case .toolResult(let result):
                var object: JSONObject = ["role": "tool"]
                object.append("content", try content(of: result, path, isMultimodal))
                if !result.callID.isEmpty { object.append("tool_call_id", .string(result.callID)) }
                if let name = result.name { object.append("name", .string(name)) }
                results.append(.object(object))
            // Thoughts are not sent back.
            case .reasoning: break
            default: parts.append(try media(part, path.content(index)))
            }
        }
        if message.role == .tool { return results }
        var object: JSONObject = ["role": .string(message.role == .developer ? "system" : message.role.rawValue)]
        object.append("content", isMultimodal ? .array(parts) : .string(text))
        if !calls.isEmpty { object.append("tool_calls", .array(calls)) }
        return [.object(object)]
    }

    private static func content(of result: ToolResult, _ path: MessagePath, _ isMultimodal: Bool) throws(RequestError)
        -> JSON
    {
        var parts: [JSON] = []
        var text = ""
        for (index, part) in result.parts.enumerated() {
            if case .text(let piece) = part.content {
                text += piece
                parts.append(["text": .string(piece)])
            } else {
                let path = path.content(index)
                guard isMultimodal else { throw cannot("take this part in the result of a tool", path.text) }
                parts.append(try media(part, path))
            }
        }
        return isMultimodal ? .array(parts.isEmpty ? [["text": ""]] : parts) : .string(text)
    }

    private static func media(_ part: Part, _ path: MessagePath) throws(RequestError) -> JSON {
        switch part.content {
        case .image(let media, _): if let address = media.address { return ["image": .string(address)] }
        case .video(let media): if let address = media.address { return ["video": .string(address)] }
        case .audio(let media):
            switch media {
            case .url(let address): return ["audio": .string(address)]
            case .base64(let type, let data):
                let mime = type.contains("/") ? type : "audio/" + type
                return ["audio": .string("data:\(mime);base64,\(data)")]
            case .fileID: break
            }
        case .opaque(let opaque): if opaque.format == .ali { return opaque.value }
        default: break
        }
        throw cannot("take this part", path.text)
    }

    // MARK: Parameters

    private static func tools(_ request: ChatRequest) throws(RequestError) -> JSONObject {
        var parameters: JSONObject = ["result_format": "message"]
        var tools: [JSON] = []
        for (index, tool) in request.tools.enumerated() {
            guard case .function(let function) = tool else { throw cannot("run this tool", "tools[\(index)].type") }
            var object: JSONObject = ["name": .string(function.name)]
            if let description = function.description { object.append("description", .string(description)) }
            object.append("parameters", function.parameters ?? ["type": "object", "properties": [:]])
            tools.append(["type": "function", "function": .object(object)])
        }
        guard !tools.isEmpty else { return parameters }
        parameters.append("tools", .array(tools))
        if let isParallel = request.allowsParallelToolCalls {
            parameters.append("parallel_tool_calls", .bool(isParallel))
        }
        guard let choice = request.toolChoice else { return parameters }
        switch choice {
        case .none: parameters.append("tool_choice", "none")
        case .automatic: parameters.append("tool_choice", "auto")
        case .function(let name):
            parameters.append("tool_choice", ["type": "function", "function": ["name": .string(name)]])
        case .required, .custom, .opaque: throw cannot("be held to this choice of tools", "tool_choice")
        }
        return parameters
    }

    private static func add(_ request: ChatRequest, to parameters: inout JSONObject) {
        let sampling = request.sampling
        if request.stream.isOn { parameters.append("incremental_output", true) }
        if let value = sampling.temperature { parameters.append("temperature", .double(min(max(value, 0), 1.99))) }
        if let value = sampling.topP { parameters.append("top_p", .double(min(max(value, 0.0001), 0.9999))) }
        if let value = sampling.topK { parameters.append("top_k", .int(value)) }
        if let value = sampling.presencePenalty {
            parameters.append("presence_penalty", .double(min(max(value, -2), 2)))
        }
        if let seed = sampling.seed, seed >= 0 { parameters.append("seed", .int(seed)) }
        if !sampling.stop.isEmpty { parameters.append("stop", .array(sampling.stop.map { .string($0) })) }
        if let limit = request.limits.tokens { parameters.append("max_tokens", .int(limit)) }
        if let count = request.limits.count, count != 1 { parameters.append("n", .int(count)) }
        if let wants = sampling.logprobs { parameters.append("logprobs", .bool(wants)) }
        if let top = sampling.topLogprobs { parameters.append("top_logprobs", .int(top)) }
        switch request.responseFormat {
        case .jsonObject: parameters.append("response_format", ["type": "json_object"])
        case .jsonSchema(let name, _, let schema, let isStrict):
            var object: JSONObject = ["name": .string(name), "schema": schema ?? [:]]
            if let isStrict { object.append("strict", .bool(isStrict)) }
            parameters.append("response_format", ["type": "json_schema", "json_schema": .object(object)])
        case .text, .opaque, nil: break
        }
        if let reasoning = request.reasoning {
            let thinks = !["none", "minimal"].contains(reasoning.effort ?? "")
            parameters.append("enable_thinking", .bool(thinks))
            if thinks, let budget = reasoning.budget { parameters.append("thinking_budget", .int(max(1, budget))) }
        }
        for name in [
            "enable_search", "search_options", "repetition_penalty", "enable_thinking", "thinking_budget",
            "vl_high_resolution_images", "translation_options", "enable_code_interpreter",
        ] {
            if let value = request.extras?.members[name] { parameters[name] = value }
        }
    }
}
