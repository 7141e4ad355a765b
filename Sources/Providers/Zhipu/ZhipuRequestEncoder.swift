import Chat
import JSON

/// The hub's request → the body of version 4 (spec/wire/zhipu.md §2): OpenAI's, but for these.
///
/// | What Zhipu has not | What becomes of it |
/// | --- | --- |
/// | a forced tool, several answers, logprobs, more than one stop sequence | refused |
/// | `tool_choice: none` | the tools stay away |
/// | JSON schema | JSON mode, and the schema in words |
/// | temperature and top_p out of range | the nearest in range; temperature 0 switches sampling off |
/// | penalties, logit bias, seed, metadata, store, service tier, verbosity, prediction, cache keys | dropped |
/// | a user's name shorter than 6 or longer than 128 bytes, names of messages | dropped |
enum ZhipuRequestEncoder {
    static func encode(_ original: ChatRequest, model: String) throws(RequestError) -> [UInt8] {
        var request = original
        try refuse(request)
        request.messages = request.messages.map { prepared($0, model) }
        if case .jsonSchema(_, _, let schema, _) = request.responseFormat {
            request.responseFormat = .jsonObject
            if let schema {
                let text = String(decoding: schema.encoded(), as: UTF8.self)
                request.messages.insert(
                    Message(.system, parts: [.text("Answer with one JSON object by this JSON schema: \(text)")]), at: 0)
            }
        }
        if request.toolChoice == ToolChoice.none { request.tools = [] }
        request.toolChoice = nil
        request.limits.maxTokens = request.limits.tokens
        request.limits.maxCompletionTokens = nil
        let kept = request
        request = ChatRequest(model: model, messages: kept.messages)
        (request.tools, request.responseFormat, request.limits) = (kept.tools, kept.responseFormat, kept.limits)
        request.stream.isOn = kept.stream.isOn
        request.sampling.stop = kept.sampling.stop
        let encoded = try OpenAIRequestEncoder.encode(request, model: model)
        guard var body = (try? JSON.parse(encoded))?.object else { return encoded }
        // Usage comes unasked.
        body.members.removeAll { $0.key == "stream_options" }
        add(kept, to: &body)
        return JSON.object(body).encoded()
    }

    private static func refuse(_ request: ChatRequest) throws(RequestError) {
        func cannot(_ what: String, _ field: String) -> RequestError {
            RequestError(.invalidValue, "Zhipu cannot \(what); '\(field)' is not supported there.", parameter: field)
        }
        if let count = request.limits.count, count != 1 { throw cannot("give several answers", "n") }
        if request.sampling.logprobs == true { throw cannot("report log-probabilities", "logprobs") }
        if request.sampling.stop.count > 1 { throw cannot("take more than one stop sequence", "stop") }
        switch request.toolChoice {
        case .required, .function, .custom, .opaque: throw cannot("be made to call a tool", "tool_choice")
        default: break
        }
    }

    /// Developers are the system here; images for the old vision models go without the head of a data URL.
    private static func prepared(_ message: Message, _ model: String) -> Message {
        var message = message
        message.name = nil
        message.extras = nil
        if message.role == .developer { message.role = .system }
        guard model.hasPrefix("glm-4v") else { return message }
        for index in message.parts.indices {
            if case .image(.base64(_, let data), let detail) = message.parts[index].content {
                message.parts[index].content = .image(.url(data), detail: detail)
            }
        }
        return message
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
        if let user = request.account.user, (6...128).contains(user.utf8.count) { body["user_id"] = .string(user) }
        if let own = request.extras?.members["thinking"] {
            body["thinking"] = own
        } else if let effort = request.reasoning?.effort {
            body["thinking"] = ["type": ["none", "minimal"].contains(effort) ? "disabled" : "enabled"]
        }
        for name in ["request_id", "tool_stream", "do_sample", "meta", "sensitive_word_check"] {
            if let value = request.extras?.members[name] { body[name] = value }
        }
    }
}
