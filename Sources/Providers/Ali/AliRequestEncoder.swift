import Chat
import JSON

/// The hub's request → DashScope's body (spec/wire/ali.md §2).
///
/// | What DashScope does not have | What happens with it |
/// | --- | --- |
/// | a forced call of one of several tools (`required`) | refused; with a single tool, that tool is forced |
/// | custom tools, spoken answers, documents | refused |
/// | media in a tool's result, for a model that reads only text; unknown formats of answers | refused |
/// | temperature and top_p out of range | the nearest value in range |
/// | frequency penalty, logit bias, user, metadata, store, service tier, verbosity | dropped |
/// | system messages between the turns | joined into one, which goes first |
/// | names of messages, `strict` of tools; place and context size of the web search | dropped |
/// | effort of reasoning, which only some models take | thinking on, or off for `none` and `minimal` |
/// | a whole answer of an open-weight `qwen3`, which refuses to think in it but does so by default | thinking off |
/// | pictures in an assistant's message | behind the text of the user's next message; dropped for a model that reads only text |
/// | a model name that ends in `-internet` | the name without it, and the web search |
enum AliRequestEncoder {
    private static let search = "-internet"

    /// Models that read pictures or audio have an endpoint and a form of messages of their own.
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
        if AliModel.mustRest(name, for: request) {
            parameters.append("enable_thinking", false)
        }
        if isSearching || request.webSearch != nil {
            if parameters["enable_search"] == nil { parameters.append("enable_search", true) }
            // Without it the service does not report the pages that it found.
            if parameters["search_options"] == nil { parameters.append("search_options", ["enable_source": true]) }
        }
        let body: JSON = [
            "model": .string(name), "input": ["messages": .array(messages)], "parameters": .object(parameters),
        ]
        return body.encoded()
    }

    /// Joins several system messages into one, because the service takes only one, at the beginning.
    private static func joined(_ instructions: [JSON], _ isMultimodal: Bool) -> [JSON] {
        guard instructions.count > 1 else { return instructions }
        let contents = instructions.compactMap { $0["content"] }
        let content: JSON =
            isMultimodal
            ? .array(contents.flatMap { $0.array ?? [] })
            : .string(contents.compactMap(\.string).filter { !$0.isEmpty }.joined(separator: "\n\n"))
        return [["role": "system", "content": content]]
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
            // Reasoning is not sent back.
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
        if let name = request.forcedFunction {
            parameters.append("tool_choice", ["type": "function", "function": ["name": .string(name)]])
            return parameters
        }
        switch request.toolChoice {
        case ToolChoice.none?: parameters.append("tool_choice", "none")
        case .automatic: parameters.append("tool_choice", "auto")
        case .function, .required, .custom, .opaque: throw cannot("be held to this choice of tools", "tool_choice")
        case nil: break
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
