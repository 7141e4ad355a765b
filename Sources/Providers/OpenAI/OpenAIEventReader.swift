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
    mutating func read(_ root: LazyJSON, into events: inout [ChatEvent]) {
        var head = AnswerHead(id: "", model: "", created: 0)
        var choices: [LazyJSON] = []
        var usage: LazyJSON?
        var extras: [(String, LazyJSON)] = []
        root.forEachMember { name, value in
            switch name {
            case "id": head.id = value.string ?? ""
            case "model": head.model = value.string ?? ""
            case "created": head.created = value.int ?? 0
            case "choices": choices = value.array ?? []
            case "usage": usage = value
            case "service_tier": head.serviceTier = value.string
            case "system_fingerprint": head.systemFingerprint = value.string
            case "object", "obfuscation": break
            default: if !value.isNull { extras.append((name.string, value)) }
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
            events.append(.usage(counted, original: Opaque(.openAI, usage.json)))
        }
    }

    private mutating func read(_ choice: LazyJSON, _ position: Int, into events: inout [ChatEvent]) {
        var index = position
        var (delta, message): (LazyJSON?, LazyJSON?)
        var logprobs: LazyJSON?
        var reason = ""
        var extras: [(String, LazyJSON)] = []
        choice.forEachMember { name, value in
            switch name {
            case "index": index = value.int.flatMap { Int(exactly: $0) } ?? position
            case "delta": delta = value
            case "message": message = value
            case "logprobs": logprobs = value
            case "finish_reason": reason = value.string ?? ""
            default: if !value.isNull { extras.append((name.string, value)) }
            }
        }
        if calls[index] == nil {
            guard calls.count < Self.mostChoices else { return }
            calls[index] = Calls()
            events.append(.choiceStarted(index))
        }
        if let logprobs, logprobs.isObject { events.append(.logprobs(index, logprobs.json)) }
        if let content = delta ?? message { read(content, of: index, into: &events) }
        tell(extras, .choice(index), into: &events)
        if !reason.isEmpty, finished.insert(index).inserted { events.append(.finished(index, Self.reason(reason))) }
    }

    private mutating func read(_ message: LazyJSON, of index: Int, into events: inout [ChatEvent]) {
        var (thought, reasoning): (LazyJSON?, LazyJSON?)
        var (content, refusal, annotations, audio): (LazyJSON?, LazyJSON?, LazyJSON?, LazyJSON?)
        var (tools, function): (LazyJSON?, LazyJSON?)
        var extras: [(String, LazyJSON)] = []
        message.forEachMember { name, value in
            switch name {
            case "role": break
            case "content": content = value
            case "reasoning_content": thought = value
            case "reasoning": reasoning = value
            case "refusal": refusal = value
            case "tool_calls": tools = value
            case "function_call": function = value
            case "annotations": annotations = value
            case "audio": audio = value
            default: if !value.isNull { extras.append((name.string, value)) }
            }
        }
        if let text = (thought ?? reasoning)?.string, !text.isEmpty { events.append(.reasoningDelta(index, text)) }
        for text in Self.texts(content) where !text.isEmpty { events.append(.textDelta(index, text)) }
        if let text = refusal?.string, !text.isEmpty { events.append(.refusalDelta(index, text)) }
        for citation in annotations?.array ?? [] { events.append(.citation(index, Opaque(.openAI, citation.json))) }
        if let audio = audio?.json.object { events.append(.audioDelta(index, audio)) }
        for call in tools?.array ?? [] { readCall(call, of: index, into: &events) }
        if let function, function.isObject { readLegacy(function, of: index, into: &events) }
        tell(extras, .message(index), into: &events)
    }

    private static func texts(_ content: LazyJSON?) -> [String] {
        if let text = content?.string { return [text] }
        return content?.array?.compactMap { $0["text"]?.string } ?? []
    }

    private mutating func readCall(_ call: LazyJSON, of choice: Int, into events: inout [ChatEvent]) {
        let id = call["id"]?.string ?? ""
        let isCustom = call["custom"]?.isObject == true
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
    private static func encodedText(_ value: LazyJSON) -> String? {
        value.isNull ? nil : String(decoding: value.json.encoded(), as: UTF8.self)
    }

    private mutating func readLegacy(_ call: LazyJSON, of choice: Int, into events: inout [ChatEvent]) {
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
        _ members: [(name: String, value: LazyJSON)], _ place: ChatEvent.ExtraPlace, into events: inout [ChatEvent]
    ) {
        for (name, lazy) in members {
            let value = lazy.json
            if case .message = place {
                // A piece of something that grows, not a repetition.
            } else {
                let key = ExtraKey(place: place, name: name)
                guard extras[key] != value else { continue }
                extras[key] = value
            }
            events.append(.extra(place, key: name, Opaque(.openAI, value)))
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
