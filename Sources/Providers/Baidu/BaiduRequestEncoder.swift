import Chat
import JSON

/// The hub's request → Baidu's body (spec/wire/baidu.md §3).
///
/// | What Baidu does not have | What happens with it |
/// | --- | --- |
/// | images, audio, documents, also in a tool's result; several calls in one turn; custom tools | refused |
/// | a forced call of one of several tools (`required`) | refused; with a single tool, that tool is forced |
/// | tools that the provider runs; spoken answers; formats other than JSON | refused |
/// | several answers, logprobs, more than four stop sequences | refused |
/// | JSON schema | JSON mode, and the schema as text |
/// | web search | switched on, with citations; its size and place are dropped |
/// | turns in another order | joined by role; a nearly empty one goes in front |
/// | temperature, top_p, frequency penalty out of range | the nearest value in range; penalties are scaled to 1…2 |
/// | a limit of one token | two; Baidu itself refuses a limit above the model's, since the models differ |
/// | presence penalty, logit bias, seed, top_k, reasoning effort, verbosity, prediction | dropped |
/// | names of speakers, earlier reasoning, pictures in an assistant's message | dropped |
/// | `strict`, metadata, store, service tier, cache options | dropped |
/// | ids of calls | dropped; results are matched by the function's name |
struct BaiduRequestEncoder {
    private static let maxStops = 4

    private struct Turn {
        var role: String
        /// A turn without its text.
        var object: JSONObject
        /// The text is kept apart, so that it grows in place.
        var text: String

        var encoded: JSON {
            var object = object
            object["content"] = .string(text)
            return .object(object)
        }
    }

    private var turns: [Turn] = []
    private var system = ""
    /// The functions by the ids of calls, for results that do not name them.
    private var names: [String: String] = [:]

    static func encode(_ original: ChatRequest) throws(RequestError) -> [UInt8] {
        let request = original.leavingOutAnswerPictures()
        try refuse(request)
        var encoder = BaiduRequestEncoder()
        for (index, message) in request.messages.enumerated() {
            try encoder.add(message, path: MessagePath(index, of: request))
        }
        var body = JSONObject()
        body.append("messages", .array(encoder.ordered))
        if case .jsonSchema(_, _, let schema?, _) = request.responseFormat {
            let text = String(decoding: schema.encoded(), as: UTF8.self)
            encoder.instruct("Answer with one JSON object by this JSON schema: \(text)")
        }
        if !encoder.system.isEmpty { body.append("system", .string(encoder.system)) }
        try add(tools: request, to: &body)
        add(options: request, to: &body)
        return JSON.object(body).encoded()
    }

    static func cannot(_ what: String, _ field: String) -> RequestError {
        RequestError(.invalidValue, "ERNIE cannot \(what); '\(field)' is not supported there.", parameter: field)
    }

    private static func refuse(_ request: ChatRequest) throws(RequestError) {
        if let count = request.limits.count, count != 1 { throw cannot("give several answers", "n") }
        if request.sampling.logprobs == true { throw cannot("report log-probabilities", "logprobs") }
        if request.sampling.stop.count > maxStops { throw cannot("take more than four stop sequences", "stop") }
        if request.output.modalities?.contains(where: { $0 != "text" }) == true {
            throw cannot("answer in anything but text", "modalities")
        }
        if case .opaque = request.responseFormat { throw cannot("answer in that form", "response_format.type") }
        if request.messages.allSatisfy({ $0.role == .system || $0.role == .developer }) {
            throw RequestError(.invalidValue, "ERNIE needs a message of the user's.", parameter: "messages")
        }
    }

    // MARK: Messages

    private mutating func add(_ message: Message, path: MessagePath) throws(RequestError) {
        var call: JSON?
        for (index, part) in message.parts.enumerated() {
            switch part.content {
            case .text, .refusal, .reasoning: break
            case .toolCall(let made):
                guard made.kind != .custom else { throw Self.cannot("call tools of free text", path + ".tool_calls") }
                guard call == nil else { throw Self.cannot("call several functions at once", path + ".tool_calls") }
                names[made.id] = made.name
                call = ["name": .string(made.name), "arguments": .string(made.arguments)]
            case .toolResult(let result):
                let name = result.name ?? names[result.callID] ?? ""
                guard !name.isEmpty else {
                    throw RequestError(
                        .invalidValue, "No call has the id '\(result.callID)'.", parameter: path + ".tool_call_id")
                }
                let text = try Self.text(of: result, path: path)
                turns.append(
                    Turn(
                        role: "function", object: ["role": "function", "name": .string(name), "content": ""],
                        text: String(decoding: ToolResultJSON.object(text).encoded(), as: UTF8.self)))
                return
            default: throw Self.cannot("take this part", path.content(index).text)
            }
        }
        let text = message.parts.reduce(into: "") { text, part in
            switch part.content {
            case .text(let piece), .refusal(let piece): text += piece
            default: break
            }
        }
        switch message.role {
        case .system, .developer: instruct(text)
        case .assistant:
            var object: JSONObject = ["role": "assistant", "content": ""]
            if let call { object.append("function_call", call) }
            if !text.isEmpty || call != nil { append("assistant", object, text) }
        case .user, .tool: if !text.isEmpty { append("user", ["role": "user", "content": ""], text) }
        }
    }

    private mutating func instruct(_ text: String) {
        guard !text.isEmpty else { return }
        system += system.isEmpty ? text : "\n" + text
    }

    private static func text(of result: ToolResult, path: MessagePath) throws(RequestError) -> String {
        var text = ""
        for (index, part) in result.parts.enumerated() {
            guard case .text(let piece) = part.content else {
                throw cannot("take this part of a tool's result", path.content(index).text)
            }
            text += piece
        }
        return text
    }

    private mutating func append(_ role: String, _ object: JSONObject, _ text: String) {
        guard turns.last?.role == role, object["function_call"] == nil else {
            return turns.append(Turn(role: role, object: object, text: text))
        }
        let last = turns.count - 1
        turns[last].text += turns[last].text.isEmpty ? text : "\n" + text
    }

    /// Makes the user's turns the first and the last, and alternates with the assistant's.
    private var ordered: [JSON] {
        var messages: [JSON] = []
        var expectsUser = true
        for turn in turns {
            let isUser = turn.role != "assistant"
            if isUser != expectsUser {
                messages.append(["role": expectsUser ? "user" : "assistant", "content": "…"])
            }
            messages.append(turn.encoded)
            expectsUser = !isUser
        }
        if expectsUser { messages.append(["role": "user", "content": "…"]) }
        return messages
    }

    // MARK: Options

    private static func add(tools request: ChatRequest, to body: inout JSONObject) throws(RequestError) {
        var functions: [JSON] = []
        for (index, tool) in request.tools.enumerated() {
            guard case .function(let function) = tool else { throw cannot("run this tool", "tools[\(index)].type") }
            functions.append([
                "name": .string(function.name), "description": .string(function.description ?? function.name),
                "parameters": Self.schema(function.parameters),
            ])
        }
        guard !functions.isEmpty else { return }
        if let name = request.forcedFunction {
            body.append("tool_choice", ["type": "function", "function": ["name": .string(name)]])
        } else {
            switch request.toolChoice {
            case ToolChoice.none?: return
            case .required, .custom, .opaque: throw cannot("be held to this choice of tools", "tool_choice")
            default: break
            }
        }
        body.append("functions", .array(functions))
    }

    /// Even a function without arguments needs an object here.
    private static func schema(_ parameters: JSON?) -> JSON {
        guard let parameters, parameters.object?.members.isEmpty == false else {
            return ["type": "object", "properties": [:]]
        }
        return parameters
    }

    private static func add(options request: ChatRequest, to body: inout JSONObject) {
        let sampling = request.sampling
        if request.stream.isOn { body.append("stream", true) }
        if let value = sampling.temperature { body.append("temperature", .double(min(max(value, 0.01), 1))) }
        if let value = sampling.topP { body.append("top_p", .double(min(max(value, 0.01), 0.99))) }
        if let value = sampling.frequencyPenalty {
            body.append("penalty_score", .double(min(max(1 + value / 2, 1), 2)))
        }
        if !sampling.stop.isEmpty { body.append("stop", .array(sampling.stop.map { .string($0) })) }
        if let limit = request.limits.tokens { body.append("max_output_tokens", .int(max(2, limit))) }
        if let user = request.account.user ?? request.account.safetyIdentifier { body.append("user_id", .string(user)) }
        switch request.responseFormat {
        case .jsonObject, .jsonSchema: body.append("response_format", "json_object")
        case .text, .opaque, nil: break
        }
        if request.webSearch != nil {
            body.append("disable_search", false)
            body.append("enable_citation", true)
        }
        for name in ["disable_search", "enable_citation", "enable_trace", "penalty_score", "min_output_tokens"] {
            if let value = request.extras?.members[name] { body[name] = value }
        }
    }
}
