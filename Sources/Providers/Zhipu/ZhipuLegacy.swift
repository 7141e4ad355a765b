import Chat
import JSON

/// The hub's request → version 3 (spec/wire/zhipu.md §5): text only, turns of user and assistant in turn, the user's first
/// and last; instructions go before the user's first words.
///
/// | What version 3 has not | What becomes of it |
/// | --- | --- |
/// | tools, media, JSON mode, several answers, logprobs, stop sequences, a limit on tokens | refused |
/// | speech, the web search | refused |
/// | temperature and top_p out of range | the nearest in range |
/// | penalties, logit bias, seed, user, metadata, names of messages, reasoning, pictures of the assistant's | dropped |
/// | the persons of a `characterglm` | passed on as `meta` |
enum ZhipuLegacyEncoder {
    static func encode(_ original: ChatRequest) throws(RequestError) -> [UInt8] {
        let request = original.leavingOutAnswerPictures()
        if !request.tools.isEmpty { throw cannot("tools") }
        if request.responseFormat != nil, request.responseFormat != .text { throw cannot("response_format") }
        if let count = request.limits.count, count != 1 { throw cannot("n") }
        if request.sampling.logprobs == true { throw cannot("logprobs") }
        if !request.sampling.stop.isEmpty { throw cannot("stop") }
        if request.webSearch != nil { throw cannot("web_search_options") }
        if let field = request.limits.tokensField { throw cannot(field) }
        if request.output.modalities?.contains(where: { $0 != "text" }) == true { throw cannot("modalities") }
        var turns: [(isUser: Bool, text: String)] = []
        var instructions = ""
        for (index, message) in request.messages.enumerated() {
            var text = ""
            for part in message.parts {
                switch part.content {
                case .text(let piece), .refusal(let piece): text += piece
                case .reasoning: break
                default: throw cannot(MessagePath(index, of: request) + ".content")
                }
            }
            if message.role == .system || message.role == .developer {
                if !text.isEmpty { instructions += text + "\n" }
                continue
            }
            let isUser = message.role != .assistant
            // The last turn is not bound to a name, so that it grows in place.
            if turns.last?.isUser == isUser {
                turns[turns.count - 1].text += "\n" + text
            } else {
                turns.append((isUser, text))
            }
        }
        if turns.first?.isUser != true { turns.insert((true, "…"), at: 0) }
        if turns.last?.isUser != true { turns.append((true, "…")) }
        turns[0].text = instructions + turns[0].text
        var body: JSONObject = [
            "prompt": .array(
                turns.map { ["role": $0.isUser ? "user" : "assistant", "content": .string($0.text)] }),
            "incremental": true, "return_type": "text",
        ]
        if let value = request.sampling.temperature { body.append("temperature", .double(min(max(value, 0.01), 0.99))) }
        if let value = request.sampling.topP { body.append("top_p", .double(min(max(value, 0.01), 0.99))) }
        if let meta = request.extras?.members["meta"] { body.append("meta", meta) }
        return JSON.object(body).encoded()
    }

    private static func cannot(_ field: String) -> RequestError {
        RequestError(
            .invalidValue, "The chatglm models of Zhipu's version 3 take only text; '\(field)' is not supported there.",
            parameter: field)
    }
}

enum ZhipuLegacyAnswer {
    static func events(of root: LazyJSON) throws(UpstreamFailure) -> [ChatEvent] {
        guard let data = root["data"], let choices = data["choices"]?.array else {
            throw OpenAIErrors.missing("choices", in: root)
        }
        var events: [ChatEvent] = [.started(AnswerHead(id: data["task_id"]?.string ?? "", model: "", created: 0))]
        for (index, choice) in choices.enumerated() {
            events.append(.choiceStarted(index))
            events.append(.textDelta(index, plain(choice["content"]?.string ?? "")))
        }
        if let event = usage(data["usage"]) { events.append(event) }
        for index in choices.indices { events.append(.finished(index, .stop)) }
        return events
    }

    /// A JSON string inside the string, unless text was asked for and given.
    private static func plain(_ content: String) -> String {
        guard content.hasPrefix("\""), content.hasSuffix("\""), content.utf8.count > 1 else { return content }
        let wrapped = Array("[\(content)]".utf8)
        return (try? LazyJSON.parse(wrapped))?[0]?.string ?? content
    }

    static func usage(_ value: LazyJSON?) -> ChatEvent? {
        guard let value, value.isObject else { return nil }
        func number(_ name: StaticString) -> Int64 { min(max(0, value[name]?.int ?? 0), Usage.most) }
        var usage = Usage(promptTokens: number("prompt_tokens"), completionTokens: number("completion_tokens"))
        guard usage.totalTokens > 0 else { return nil }
        usage.fill(upTo: number("total_tokens"))
        return .usage(usage, original: nil)
    }
}
