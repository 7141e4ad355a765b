import Chat
import JSON

/// Reads chunks and whole answers of OpenAI's format into hub events; remembers what has begun.
struct OpenAIEventReader {
    /// As many as a client may ask for.
    private static let mostChoices = 128
    private static let mostCalls = 128

    private var hasStarted = false
    /// The last of each that the answer and its choices had, those of messages apart.
    private var extras: [ExtraKey: JSON] = [:]
    /// Tool calls of each choice that has begun.
    private var calls: [Int: Calls] = [:]
    private var finished: Set<Int> = []

    private struct ExtraKey: Hashable {
        let place: ChatEvent.ExtraPlace
        let name: String
    }

    /// Where the vendor's indices and ids lead.
    private struct Calls {
        var count = 0
        var byIndex: [Int64: Int] = [:]
        var byID: [String: Int] = [:]
        /// `nil` too behind a call that was one too many: what follows belongs to none.
        var last: Int?

        /// - Returns: the call's number; `nil` if it is one too many.
        mutating func add(index: Int64?, id: String) -> Int? {
            last = count < OpenAIEventReader.mostCalls ? count : nil
            guard let last else { return nil }
            count += 1
            if let index { byIndex[index] = last }
            if !id.isEmpty { byID[id] = last }
            return last
        }
    }

    /// Whether every choice that began has ended, and one has.
    var isFinished: Bool { !calls.isEmpty && calls.keys.allSatisfy { finished.contains($0) } }

    /// Whether an answer has begun.
    var hasBegun: Bool { !calls.isEmpty }

    /// Reads a chunk, or a whole answer as if it were the only chunk.
    mutating func read(_ root: JSON, into events: inout [ChatEvent]) {
        var head = AnswerHead(id: "", model: "", created: 0)
        var choices: [JSON] = []
        var usage: JSON?
        var extras: [JSONObject.Member] = []
        for member in root.object?.members ?? [] {
            switch member.key {
            case "id": head.id = member.value.string ?? ""
            case "model": head.model = member.value.string ?? ""
            case "created": head.created = member.value.int ?? 0
            case "choices": choices = member.value.array ?? []
            case "usage": usage = member.value
            case "service_tier": head.serviceTier = member.value.string
            case "system_fingerprint": head.systemFingerprint = member.value.string
            case "object", "obfuscation": break
            default: extras.append(member)
            }
        }
        // Azure opens with a chunk that has neither choices nor an id: its head says nothing.
        if !hasStarted, !choices.isEmpty || !head.id.isEmpty {
            hasStarted = true
            events.append(.started(head))
        }
        for (position, choice) in choices.enumerated() { read(choice, position, into: &events) }
        tell(extras, .answer, into: &events)
        if let usage, let counted = OpenAIAnswer.usage(usage) {
            events.append(.usage(counted, original: Opaque(.openAI, usage)))
        }
    }

    private mutating func read(_ choice: JSON, _ position: Int, into events: inout [ChatEvent]) {
        var index = position
        var (delta, message): (JSON?, JSON?)
        var logprobs: JSON?
        var reason = ""
        var extras: [JSONObject.Member] = []
        for member in choice.object?.members ?? [] {
            switch member.key {
            case "index": index = member.value.int.flatMap { Int(exactly: $0) } ?? position
            case "delta": delta = member.value
            case "message": message = member.value
            case "logprobs": logprobs = member.value
            case "finish_reason": reason = member.value.string ?? ""
            default: extras.append(member)
            }
        }
        if calls[index] == nil {
            guard calls.count < Self.mostChoices else { return }
            calls[index] = Calls()
            events.append(.choiceStarted(index))
        }
        if let logprobs, logprobs.object != nil { events.append(.logprobs(index, logprobs)) }
        if let content = delta ?? message { read(content, of: index, into: &events) }
        tell(extras, .choice(index), into: &events)
        if !reason.isEmpty, finished.insert(index).inserted { events.append(.finished(index, Self.reason(reason))) }
    }

    private mutating func read(_ message: JSON, of index: Int, into events: inout [ChatEvent]) {
        var (thought, reasoning): (JSON?, JSON?)
        var (content, refusal, annotations, audio): (JSON?, JSON?, JSON?, JSON?)
        var (tools, function): (JSON?, JSON?)
        var extras: [JSONObject.Member] = []
        for member in message.object?.members ?? [] {
            switch member.key {
            case "role": break
            case "content": content = member.value
            case "reasoning_content": thought = member.value
            case "reasoning": reasoning = member.value
            case "refusal": refusal = member.value
            case "tool_calls": tools = member.value
            case "function_call": function = member.value
            case "annotations": annotations = member.value
            case "audio": audio = member.value
            default: extras.append(member)
            }
        }
        if let text = (thought ?? reasoning)?.string, !text.isEmpty { events.append(.reasoningDelta(index, text)) }
        for text in Self.texts(content) where !text.isEmpty { events.append(.textDelta(index, text)) }
        if let text = refusal?.string, !text.isEmpty { events.append(.refusalDelta(index, text)) }
        for citation in annotations?.array ?? [] { events.append(.citation(index, Opaque(.openAI, citation))) }
        if let audio = audio?.object { events.append(.audioDelta(index, audio)) }
        for call in tools?.array ?? [] { readCall(call, of: index, into: &events) }
        if let function, function.object != nil { readLegacy(function, of: index, into: &events) }
        tell(extras, .message(index), into: &events)
    }

    private static func texts(_ content: JSON?) -> [String] {
        if let text = content?.string { return [text] }
        return content?.array?.compactMap { $0["text"]?.string } ?? []
    }

    private mutating func readCall(_ call: JSON, of choice: Int, into events: inout [ChatEvent]) {
        let id = call["id"]?.string ?? ""
        let isCustom = call["custom"]?.object != nil
        let body = call["custom"] ?? call["function"]
        let text = body?[isCustom ? "input" : "arguments"].flatMap { $0.string ?? Self.encodedText($0) } ?? ""
        if let known = position(of: call["index"]?.int, id: id, name: body?["name"]?.string, in: choice) {
            if !text.isEmpty { events.append(.toolCallArgumentsDelta(choice, index: known, text)) }
            return
        }
        guard let index = calls[choice, default: Calls()].add(index: call["index"]?.int, id: id) else { return }
        let start = ToolCall(
            id: id, kind: isCustom ? .custom : .function, name: body?["name"]?.string ?? "", arguments: "")
        events.append(.toolCallStarted(choice, index: index, start))
        if !text.isEmpty { events.append(.toolCallArgumentsDelta(choice, index: index, text)) }
    }

    /// Which call a piece continues; `nil` for a new one. By `index`; vendors that leave it out give each call an id
    /// or at least a name.
    private func position(of index: Int64?, id: String, name: String?, in choice: Int) -> Int? {
        if let index { return calls[choice]?.byIndex[index] }
        if !id.isEmpty { return calls[choice]?.byID[id] }
        if let name, !name.isEmpty { return nil }
        return calls[choice]?.last
    }

    /// Some vendors send arguments as an object.
    private static func encodedText(_ value: JSON) -> String? {
        value.isNull ? nil : String(decoding: value.encoded(), as: UTF8.self)
    }

    private mutating func readLegacy(_ call: JSON, of choice: Int, into events: inout [ChatEvent]) {
        if calls[choice]?.count ?? 0 == 0 {
            _ = calls[choice, default: Calls()].add(index: nil, id: "")
            let start = ToolCall(id: "", kind: .legacyFunction, name: call["name"]?.string ?? "", arguments: "")
            events.append(.toolCallStarted(choice, index: 0, start))
        }
        if let text = call["arguments"]?.string, !text.isEmpty {
            events.append(.toolCallArgumentsDelta(choice, index: 0, text))
        }
    }

    /// Members that the hub has no name for; one that repeats in every chunk is told once.
    private mutating func tell(
        _ members: [JSONObject.Member], _ place: ChatEvent.ExtraPlace, into events: inout [ChatEvent]
    ) {
        for member in members where !member.value.isNull {
            if case .message = place {
                // A piece of something that grows, not a repetition.
            } else {
                let key = ExtraKey(place: place, name: member.key)
                guard extras[key] != member.value else { continue }
                extras[key] = member.value
            }
            events.append(.extra(place, key: member.key, Opaque(.openAI, member.value)))
        }
    }

    static func reason(_ word: String) -> FinishReason {
        switch word {
        case "stop": .stop
        case "length": .length
        case "tool_calls": .toolCalls
        case "function_call": .legacyFunctionCall
        case "content_filter": .contentFilter
        default: .other(word)
        }
    }
}
