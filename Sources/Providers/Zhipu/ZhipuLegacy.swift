import Chat
import JSON

/// The hub's request → version 3 (spec/wire/zhipu.md §5): text only, turns of user and assistant in turn, the user's first
/// and last; instructions go before the user's first words.
enum ZhipuLegacyEncoder {
    static func encode(_ request: ChatRequest) throws(RequestError) -> [UInt8] {
        if !request.tools.isEmpty { throw cannot("tools") }
        if request.responseFormat != nil, request.responseFormat != .text { throw cannot("response_format") }
        var turns: [(isUser: Bool, text: String)] = []
        var instructions = ""
        for (index, message) in request.messages.enumerated() {
            for part in message.parts {
                switch part.content {
                case .text, .reasoning: break
                default: throw cannot("messages[\(index)].content")
                }
            }
            if message.role == .system || message.role == .developer {
                instructions += message.text + "\n"
                continue
            }
            let isUser = message.role != .assistant
            if let last = turns.last, last.isUser == isUser {
                turns[turns.count - 1].text += "\n" + message.text
            } else {
                turns.append((isUser, message.text))
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
        return JSON.object(body).encoded()
    }

    private static func cannot(_ field: String) -> RequestError {
        RequestError(
            .invalidValue, "The chatglm models of Zhipu's version 3 take only text; '\(field)' is not supported there.",
            parameter: field)
    }
}

enum ZhipuLegacyAnswer {
    static func events(of root: JSON) throws(UpstreamFailure) -> [ChatEvent] {
        guard let data = root["data"], let choices = data["choices"]?.array else {
            throw UpstreamFailure(
                kind: .notTheProvider, status: 502, message: "The upstream's answer has no choices.",
                code: .text("bad_upstream_response"))
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
        return (try? JSON.parse(wrapped))?[0]?.string ?? content
    }

    static func usage(_ value: JSON?) -> ChatEvent? {
        guard let value, value.object != nil else { return nil }
        func number(_ name: String) -> Int64 { min(max(0, value[name]?.int ?? 0), Usage.most) }
        let usage = Usage(promptTokens: number("prompt_tokens"), completionTokens: number("completion_tokens"))
        return usage.totalTokens > 0 ? .usage(usage, original: Opaque(.zhipu, value)) : nil
    }
}

/// Version 3's stream, whose events have a `meta` line that no reader of server-sent events knows.
struct ZhipuLegacyDecoder {
    private static let limit = 4 << 20

    private var line: [UInt8] = []
    private var event = ""
    private var data: [String] = []
    private var meta: JSON?
    private var hasStarted = false
    private var isDone = false
    private var hasFailed = false

    var isOver: Bool { isDone || hasFailed }

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        for byte in bytes {
            if isOver { return }
            if byte == 0x0a {
                if line.last == 0x0d { line.removeLast() }
                take(String(decoding: line, as: UTF8.self), &events)
                line.removeAll(keepingCapacity: true)
            } else if line.count < Self.limit {
                line.append(byte)
            } else {
                fail(OpenAIErrors.eventTooLarge, &events)
            }
        }
    }

    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if !isOver, !line.isEmpty { take(String(decoding: line, as: UTF8.self), &events) }
        if !isOver { take("", &events) }
        if !isOver { fail(OpenAIErrors.cutStream, &events) }
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ line: String, _ events: inout [ChatEvent]) {
        if line.isEmpty { return dispatch(&events) }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = String(line[line.index(after: colon)...])
        switch line[..<colon] {
        case "event": event = value.filter { $0 != " " }
        case "data": data.append(value)
        case "meta": meta = try? JSON.parse(Array(value.utf8))
        default: break
        }
    }

    private mutating func dispatch(_ events: inout [ChatEvent]) {
        defer { (event, data, meta) = ("", [], nil) }
        guard !event.isEmpty else { return }
        // Blanks before the words are text, but for the one that some servers write behind the colon of every line.
        let text = data.joined(separator: "\n")
        if event == "error" {
            return fail(ZhipuErrors.failure(code: "", message: text, status: 200), &events)
        }
        if !hasStarted {
            hasStarted = true
            events.append(.started(AnswerHead(id: meta?["task_id"]?.string ?? "", model: "", created: 0)))
            events.append(.choiceStarted(0))
        }
        if !text.isEmpty { events.append(.textDelta(0, text)) }
        guard event == "finish" || event == "interrupted" else { return }
        if let usage = ZhipuLegacyAnswer.usage(meta?["usage"]) { events.append(usage) }
        events.append(.finished(0, event == "finish" ? .stop : .contentFilter))
        isDone = true
    }
}
