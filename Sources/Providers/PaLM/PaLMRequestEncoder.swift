import Chat
import JSON

/// The hub's request → PaLM's body (spec/wire/palm.md §2.1).
///
/// | What PaLM does not have | What happens with it |
/// | --- | --- |
/// | tools, images, audio, documents, JSON mode, web search, spoken answers | refused |
/// | logprobs, stop sequences, a limit on tokens, more than eight answers | refused |
/// | roles | the authors `0` and `1` alternate; instructions become the context |
/// | a first or last turn of the assistant | a nearly empty turn of the user is put before or behind it |
/// | temperature, top_p out of range | the nearest value in range |
/// | penalties, logit bias, seed, reasoning effort, verbosity, prediction | dropped |
/// | names of speakers, earlier reasoning, pictures of the assistant's, user, metadata, store, service tier, cache options | dropped |
struct PaLMRequestEncoder {
    private static let maxAnswers: Int64 = 8

    private var turns: [(author: String, text: String)] = []
    private var context = ""

    static func encode(_ original: ChatRequest) throws(RequestError) -> [UInt8] {
        let request = original.leavingOutAnswerPictures()
        try refuse(request)
        var encoder = PaLMRequestEncoder()
        for (index, message) in request.messages.enumerated() {
            try encoder.add(message, path: MessagePath(index, of: request))
        }
        var body: JSONObject = ["prompt": try encoder.prompt()]
        let sampling = request.sampling
        if let value = sampling.temperature { body.append("temperature", .double(min(max(value, 0), 1))) }
        if let value = sampling.topP { body.append("topP", .double(min(max(value, 0), 1))) }
        if let value = sampling.topK { body.append("topK", .int(value)) }
        if let count = request.limits.count { body.append("candidateCount", .int(count)) }
        return JSON.object(body).encoded()
    }

    static func cannot(_ field: String) -> RequestError {
        RequestError(
            .invalidValue, "PaLM 2 takes only text and has no such option; '\(field)' is not supported there.",
            parameter: field)
    }

    private static func refuse(_ request: ChatRequest) throws(RequestError) {
        if !request.tools.isEmpty { throw cannot(request.usesLegacyFunctions ? "functions" : "tools") }
        if !request.sampling.stop.isEmpty { throw cannot("stop") }
        if request.sampling.logprobs == true { throw cannot("logprobs") }
        if let field = request.limits.tokensField { throw cannot(field) }
        if let count = request.limits.count, !(1...maxAnswers).contains(count) { throw cannot("n") }
        if request.webSearch != nil { throw cannot("web_search_options") }
        if request.output.modalities?.contains(where: { $0 != "text" }) == true { throw cannot("modalities") }
        switch request.responseFormat {
        case .text, nil: break
        case .jsonObject, .jsonSchema: throw cannot("response_format")
        case .opaque: throw cannot("response_format.type")
        }
    }

    private mutating func add(_ message: Message, path: MessagePath) throws(RequestError) {
        var text = ""
        for part in message.parts {
            switch part.content {
            case .text(let piece), .refusal(let piece): text += piece
            case .reasoning: break
            case .toolCall: throw Self.cannot(path + ".tool_calls")
            case .toolResult: throw Self.cannot(path + ".role")
            default: throw Self.cannot(path + ".content")
            }
        }
        guard !text.isEmpty else { return }
        if message.role == .system || message.role == .developer {
            context += context.isEmpty ? text : "\n" + text
            return
        }
        let author = message.role == .assistant ? "1" : "0"
        // The last turn is changed in the array, so that it grows in place.
        if turns.last?.author == author {
            turns[turns.count - 1].text += "\n" + text
        } else {
            turns.append((author, text))
        }
    }

    private func prompt() throws(RequestError) -> JSON {
        guard let last = turns.last else {
            throw RequestError(.invalidValue, "PaLM 2 needs a message with text.", parameter: "messages")
        }
        var messages: [JSON] = turns.map { ["author": .string($0.author), "content": .string($0.text)] }
        if turns.first?.author == "1" { messages.insert(["author": "0", "content": "…"], at: 0) }
        if last.author == "1" { messages.append(["author": "0", "content": "…"]) }
        var prompt = JSONObject()
        if !context.isEmpty { prompt.append("context", .string(context)) }
        prompt.append("messages", .array(messages))
        return .object(prompt)
    }
}
