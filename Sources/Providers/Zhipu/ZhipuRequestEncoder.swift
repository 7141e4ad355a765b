import Chat
import JSON

/// The hub's request → the body of version 4 (spec/wire/zhipu.md §2): OpenAI's, but for these.
///
/// | What Zhipu has not | What becomes of it |
/// | --- | --- |
/// | a forced tool, several answers, logprobs, more than one stop sequence | refused |
/// | one call at a time, custom tools, tools of other providers, spoken answers, unknown formats of answers | refused |
/// | documents that have no address | refused; others become `file_url` |
/// | options of the web search | its own search; place and context size dropped |
/// | calls and results of OpenAI's deprecated functions | tool calls, with ids made up |
/// | `tool_choice: none` | the tools stay away |
/// | JSON schema | JSON mode, and the schema in words |
/// | temperature and top_p out of range | the nearest in range; temperature 0 switches sampling off |
/// | pictures of the assistant's | behind the words of the user's next message; for a model that only reads, dropped |
/// | marks of the cache, signatures of thoughts | dropped |
/// | penalties, logit bias, metadata, store, service tier, verbosity, prediction, cache keys | dropped |
/// | a user's name shorter than 6 or longer than 128 bytes | a digest of it, always the same |
/// | names of messages | dropped |
enum ZhipuRequestEncoder {
    static func encode(_ original: ChatRequest, model: String) throws(RequestError) -> [UInt8] {
        try refuse(original)
        var request = ChatRequest(model: model, messages: try ZhipuMessages.prepared(original, model))
        request.addedMessages = original.addedMessages
        request.messageOrder = original.messageOrder
        request.responseFormat = original.responseFormat
        if case .jsonSchema(_, _, let schema, _) = request.responseFormat {
            request.responseFormat = .jsonObject
            if let schema {
                let text = String(decoding: schema.encoded(), as: UTF8.self)
                request.messages.insert(
                    Message(.system, parts: [.text("Answer with one JSON object by this JSON schema: \(text)")]), at: 0)
                request.addedMessages += 1
            }
        }
        if original.toolChoice != ToolChoice.none { request.tools = original.tools }
        if original.webSearch != nil { request.tools.append(search) }
        request.limits.count = original.limits.count
        request.limits.maxTokens = original.limits.tokens
        request.stream.isOn = original.stream.isOn
        var body = try OpenAIRequestEncoder.object(request, model: model)
        // Usage comes unasked.
        body.members.removeAll { $0.key == "stream_options" }
        if let stop = original.sampling.stop.first { body["stop"] = [.string(stop)] }
        add(original, to: &body)
        return JSON.object(body).encoded()
    }

    private static let search = Tool.provider(
        Opaque(.openAI, ["type": "web_search", "web_search": ["enable": true, "search_result": true]]))
    /// Tools that the service runs itself (§2).
    private static let ownTools = ["web_search", "retrieval", "mcp"]

    private static func refuse(_ request: ChatRequest) throws(RequestError) {
        func cannot(_ what: String, _ field: String) -> RequestError {
            RequestError(.invalidValue, "Zhipu cannot \(what); '\(field)' is not supported there.", parameter: field)
        }
        if let count = request.limits.count, count != 1 { throw cannot("give several answers", "n") }
        if request.sampling.logprobs == true { throw cannot("report log-probabilities", "logprobs") }
        if request.sampling.stop.count > 1 { throw cannot("take more than one stop sequence", "stop") }
        if request.output.modalities?.contains(where: { $0 != "text" }) == true {
            throw cannot("answer in anything but text", "modalities")
        }
        if case .opaque = request.responseFormat { throw cannot("answer in this format", "response_format.type") }
        guard request.toolChoice != ToolChoice.none else { return }
        for (index, tool) in request.tools.enumerated() {
            switch tool {
            case .function: break
            case .provider(let own) where ownTools.contains(own.value["type"]?.string ?? ""): break
            case .custom, .provider: throw cannot("run this tool", "tools[\(index)].type")
            }
        }
        if request.forbidsParallelCalls {
            throw cannot("be held to one call at a time", "parallel_tool_calls")
        }
        switch request.toolChoice {
        case .required, .function, .custom, .opaque: throw cannot("be made to call a tool", "tool_choice")
        default: break
        }
    }

    private static func add(_ request: ChatRequest, to body: inout JSONObject) {
        if let temperature = request.sampling.temperature {
            if temperature <= 0 {
                body["do_sample"] = false
            } else {
                body["temperature"] = .double(min(temperature, 1))
            }
        }
        if let topP = request.sampling.topP { body["top_p"] = .double(min(max(topP, 0.01), 1)) }
        if let seed = request.sampling.seed { body["seed"] = .int(seed) }
        if let user = request.account.user ?? request.account.safetyIdentifier {
            body["user_id"] = .string(UserID.fitting(user, Zhipu.userBytes))
        }
        if let own = request.extras?.members["thinking"] {
            body["thinking"] = own
        } else if let effort = request.reasoning?.effort {
            let isOff = ["none", "minimal"].contains(effort)
            body["thinking"] = ["type": isOff ? "disabled" : "enabled"]
            if !isOff { body["reasoning_effort"] = .string(effort) }
        }
        for name in ["request_id", "tool_stream", "do_sample", "meta", "sensitive_word_check"] {
            if let value = request.extras?.members[name] { body[name] = value }
        }
    }
}
