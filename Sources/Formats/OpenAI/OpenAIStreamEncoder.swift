package import Chat
import JSON

/// Hub events → chunks in OpenAI's format (spec/wire/openai.md §4).
///
/// A choice's first chunk is held back until it is known what the choice begins with, since a tool call shares that
/// chunk and text does not. `usage` goes out last, and to those only who asked for it.
package struct OpenAIStreamEncoder: Sendable {
    private let includesUsage: Bool
    private let fallback: AnswerHead
    private var head: AnswerHead
    /// Choices whose first chunk is still owed.
    private var unopened: Set<Int> = []
    private var logprobs: [Int: JSON] = [:]
    /// Calls that are not functions, as choice and index: their text goes under another name.
    private var customCalls: Set<[Int]> = []
    private var legacyCalls: Set<[Int]> = []
    /// Calls of functions, by choice, whose arguments have not begun. Some providers send nothing where a function takes
    /// none, and clients parse what they got.
    private var bareCalls: [Int: Set<Int>] = [:]
    /// Members of the answer that wait for the next chunk: one without a choice would break clients.
    private var answerExtras: [(key: String, value: JSON)] = []
    /// What every chunk begins with; empty until it is needed.
    private var chunkStart: [UInt8] = []
    private var usage: (Usage, original: Opaque?)?
    private var hasFailed = false

    /// - Parameter fallback: id, time and model for what the provider left out.
    package init(includesUsage: Bool, fallback: AnswerHead) {
        self.includesUsage = includesUsage
        self.fallback = fallback
        head = fallback
    }

    /// Appends what the client gets for one event. A failure becomes an error event, after which nothing follows.
    package mutating func encode(_ event: ChatEvent, into output: inout [UInt8]) {
        guard !hasFailed else { return }
        switch event {
        case .started(let head):
            self.head = Self.bounded(head.completed(by: fallback))
            chunkStart = []
        case .choiceStarted(let index): unopened.insert(index)
        case .textDelta(let index, let text): piece(index, "content", text, &output)
        case .image(let index, let media): delta(index, ["content": .string(media.markdown)], &output)
        case .reasoningDelta(let index, let text): piece(index, "reasoning_content", text, &output)
        case .reasoningSealed(let index, let block):
            delta(index, ["reasoning_details": [OpenAIAnswerJSON.detail(block)]], &output)
        case .refusalDelta(let index, let text): delta(index, ["refusal": .string(text)], &output)
        case .audioDelta(let index, let piece): delta(index, ["audio": .object(piece)], &output)
        case .citation(let index, let citation):
            if let value = OpenAIAnswerJSON.value(citation) { delta(index, ["annotations": [value]], &output) }
        case .toolCallStarted(let index, let callIndex, let call): start(index, callIndex, call, &output)
        case .toolCallArgumentsDelta(let index, let callIndex, let piece):
            arguments(index, callIndex, piece, &output)
        case .logprobs(let index, let value): logprobs[index] = value
        case .extra(let place, let key, let value): extra(place, key, value, &output)
        case .usage(let usage, let original): self.usage = (usage, original)
        case .finished(let index, let reason):
            if reason == .toolCalls || reason == .stop { completeBareCalls(of: index, &output) }
            delta(index, [:], finish: .string(OpenAIAnswerJSON.text(reason)), &output)
        case .failed(let failure):
            hasFailed = true
            output += OpenAIError.event(OpenAIError.body(failure))
        }
    }

    /// Each chunk repeats the head, so that one of megabytes would be written thousands of times.
    private static func bounded(_ head: AnswerHead) -> AnswerHead {
        func cut(_ text: String) -> String {
            text.utf8.count > 1024 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(256))) : text
        }
        return AnswerHead(
            id: cut(head.id), model: cut(head.model), created: head.created, serviceTier: head.serviceTier.map(cut),
            systemFingerprint: head.systemFingerprint.map(cut))
    }

    /// Ends the stream: the usage chunk if it was asked for, and `[DONE]`; nothing after a failure.
    package mutating func finish(into output: inout [UInt8]) {
        guard !hasFailed else { return }
        for index in unopened.sorted() { open(index, &output) }
        if !answerExtras.isEmpty, !includesUsage || usage == nil { delta(0, [:], &output) }
        if includesUsage, let usage {
            write(choices: [], usage: usage, &output)
        }
        output += "data: [DONE]\n\n".utf8
    }

    // MARK: Chunks

    /// A chunk of text, the same bytes as `delta` writes.
    private mutating func piece(_ index: Int, _ key: StaticString, _ text: String, _ output: inout [UInt8]) {
        guard unopened.isEmpty, logprobs.isEmpty, answerExtras.isEmpty else {
            return delta(index, ["\(key)": .string(text)], &output)
        }
        begin(&output)
        output += #"{"index":"#.utf8
        if (0..<10).contains(index) { output.append(0x30 + UInt8(index)) } else { output += String(index).utf8 }
        output += #","delta":{""#.utf8
        output.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        output += #"":"#.utf8
        JSONEscapes.append(text, to: &output)
        output += (includesUsage ? Self.pieceEndWithUsage : Self.pieceEnd)
    }

    private static let pieceEnd = Array((#"},"logprobs":null,"finish_reason":null}]}"# + "\n\n").utf8)
    private static let pieceEndWithUsage = Array(
        (#"},"logprobs":null,"finish_reason":null}],"usage":null}"# + "\n\n").utf8)

    /// Begins a chunk, up to its choices.
    private mutating func begin(_ output: inout [UInt8]) {
        if chunkStart.isEmpty {
            var writer = JSONWriter()
            writer.beginObject()
            OpenAIAnswerJSON.write(head, object: "chat.completion.chunk", to: &writer)
            OpenAIAnswerJSON.writeTail(of: head, to: &writer)
            writer.key("choices")
            chunkStart = Array("data: ".utf8) + writer.finish()
            chunkStart.append(0x5b)
        }
        output += chunkStart
    }

    private mutating func write(
        choices: [JSON], usage: (Usage, original: Opaque?)? = nil, _ output: inout [UInt8]
    ) {
        begin(&output)
        var rest = JSONWriter()
        for choice in choices { rest.value(choice) }
        rest.endArray()
        if let usage {
            rest.key("usage")
            OpenAIAnswerJSON.write(usage.0, original: usage.original, to: &rest)
        } else if includesUsage {
            rest.key("usage")
            rest.null()
        }
        for extra in answerExtras {
            rest.key(text: extra.key)
            rest.value(extra.value)
        }
        answerExtras = []
        rest.endObject()
        output += rest.finish()
        output += "\n\n".utf8
    }

    private mutating func start(_ choice: Int, _ index: Int, _ call: ToolCall, _ output: inout [UInt8]) {
        if call.kind != .custom, call.arguments.isEmpty { bareCalls[choice, default: []].insert(index) }
        if call.kind == .legacyFunction {
            let body: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
            legacyCalls.insert([choice, index])
            return delta(choice, ["function_call": body], &output)
        }
        if call.kind == .custom { customCalls.insert([choice, index]) }
        let id = OpenAIAnswerJSON.id(of: call, answer: head.id, choice: choice, index: index)
        var object: JSONObject = ["index": .int(index)]
        object.members += OpenAIAnswerJSON.toolCall(call, id: id).members
        let calls: JSON = [.object(object)]
        guard unopened.remove(choice) != nil else { return delta(choice, ["tool_calls": calls], &output) }
        delta(choice, ["role": "assistant", "content": .null, "tool_calls": calls, "refusal": .null], &output)
    }

    /// The arguments of calls that came without any: an empty object, as OpenAI has it.
    private mutating func completeBareCalls(of choice: Int, _ output: inout [UInt8]) {
        for index in bareCalls.removeValue(forKey: choice)?.sorted() ?? [] { arguments(choice, index, "{}", &output) }
    }

    private mutating func arguments(_ choice: Int, _ index: Int, _ piece: String, _ output: inout [UInt8]) {
        if !bareCalls.isEmpty, !piece.isEmpty { bareCalls[choice]?.remove(index) }
        if legacyCalls.contains([choice, index]) {
            return delta(choice, ["function_call": ["arguments": .string(piece)]], &output)
        }
        let isCustom = customCalls.contains([choice, index])
        let body: JSON = isCustom ? ["input": .string(piece)] : ["arguments": .string(piece)]
        delta(choice, ["tool_calls": [["index": .int(index), isCustom ? "custom" : "function": body]]], &output)
    }

    private mutating func extra(
        _ place: ChatEvent.ExtraPlace, _ key: String, _ value: Opaque, _ output: inout [UInt8]
    ) {
        guard let value = OpenAIAnswerJSON.value(value) else { return }
        switch place {
        case .message(let index):
            var members = JSONObject()
            members.append(key, value)
            delta(index, members, &output)
        case .choice(let index): delta(index, [:], extra: (key, value), &output)
        case .answer: answerExtras.append((key, value))
        }
    }

    private mutating func open(_ index: Int, _ output: inout [UInt8]) {
        unopened.remove(index)
        write(
            choices: [
                [
                    "index": .int(index), "delta": ["role": "assistant", "content": "", "refusal": .null],
                    "logprobs": .null, "finish_reason": .null,
                ]
            ], &output)
    }

    private mutating func delta(
        _ index: Int, _ delta: JSONObject, finish: JSON = .null, extra: (String, JSON)? = nil, _ output: inout [UInt8]
    ) {
        if unopened.contains(index) { open(index, &output) }
        write(choices: [choice(index, delta, finish: finish, extra: extra)], &output)
    }

    private mutating func choice(
        _ index: Int, _ delta: JSONObject, finish: JSON = .null, extra: (String, JSON)? = nil
    ) -> JSON {
        var object: JSONObject = ["index": .int(index), "delta": .object(delta)]
        let bearsTokens = delta["content"] != nil || delta["refusal"] != nil || !finish.isNull
        object.append("logprobs", (bearsTokens ? logprobs.removeValue(forKey: index) : nil) ?? .null)
        object.append("finish_reason", finish)
        if let extra { object.append(extra.0, extra.1) }
        return .object(object)
    }
}
