import Chat
import JSON

/// Reads chunks and whole answers of OpenAI's format into hub events; remembers what has begun.
struct OpenAIEventReader {
    private static let answerMembers: Set<String> = [
        "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint", "obfuscation",
    ]
    private static let choiceMembers: Set<String> = ["index", "delta", "message", "logprobs", "finish_reason"]
    private static let messageMembers: Set<String> = [
        "role", "content", "refusal", "reasoning_content", "reasoning", "annotations", "audio", "tool_calls",
        "function_call",
    ]

    /// As many as a client may ask for.
    private static let mostChoices = 128
    private static let mostCalls = 128

    private var hasStarted = false
    private var extras: [String: JSON] = [:]
    /// Tool calls of each choice that has begun.
    private var calls: [Int: Calls] = [:]
    private var finished: Set<Int> = []

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
        let choices = root["choices"]?.array ?? []
        let id = root["id"]?.string ?? ""
        // Azure opens with a chunk that has neither choices nor an id: its head says nothing.
        if !hasStarted, !choices.isEmpty || !id.isEmpty {
            hasStarted = true
            events.append(
                .started(
                    AnswerHead(
                        id: id, model: root["model"]?.string ?? "", created: root["created"]?.int ?? 0,
                        serviceTier: root["service_tier"]?.string, systemFingerprint: root["system_fingerprint"]?.string
                    )))
        }
        for (position, choice) in choices.enumerated() { read(choice, position, into: &events) }
        readExtras(of: root, besides: Self.answerMembers, .answer, into: &events)
        if let usage = root["usage"], let counted = OpenAIAnswer.usage(usage) {
            events.append(.usage(counted, original: Opaque(.openAI, usage)))
        }
    }

    private mutating func read(_ choice: JSON, _ position: Int, into events: inout [ChatEvent]) {
        let index = choice["index"]?.int.flatMap { Int(exactly: $0) } ?? position
        if calls[index] == nil {
            guard calls.count < Self.mostChoices else { return }
            calls[index] = Calls()
            events.append(.choiceStarted(index))
        }
        if let logprobs = choice["logprobs"], logprobs.object != nil { events.append(.logprobs(index, logprobs)) }
        if let message = choice["delta"] ?? choice["message"] { read(message, of: index, into: &events) }
        readExtras(of: choice, besides: Self.choiceMembers, .choice(index), into: &events)
        if let reason = choice["finish_reason"]?.string, !reason.isEmpty, finished.insert(index).inserted {
            events.append(.finished(index, Self.reason(reason)))
        }
    }

    private mutating func read(_ message: JSON, of index: Int, into events: inout [ChatEvent]) {
        if let text = (message["reasoning_content"] ?? message["reasoning"])?.string, !text.isEmpty {
            events.append(.reasoningDelta(index, text))
        }
        for text in Self.texts(message["content"]) where !text.isEmpty { events.append(.textDelta(index, text)) }
        if let text = message["refusal"]?.string, !text.isEmpty { events.append(.refusalDelta(index, text)) }
        for citation in message["annotations"]?.array ?? [] {
            events.append(.citation(index, Opaque(.openAI, citation)))
        }
        if let audio = message["audio"]?.object { events.append(.audioDelta(index, audio)) }
        for call in message["tool_calls"]?.array ?? [] { readCall(call, of: index, into: &events) }
        if let call = message["function_call"], call.object != nil { readLegacy(call, of: index, into: &events) }
        readExtras(of: message, besides: Self.messageMembers, .message(index), into: &events)
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
    private mutating func readExtras(
        of value: JSON, besides known: Set<String>, _ place: ChatEvent.ExtraPlace, into events: inout [ChatEvent]
    ) {
        for member in value.object?.members ?? [] where !known.contains(member.key) && !member.value.isNull {
            if case .message = place {
                // A piece of something that grows, not a repetition.
            } else {
                let key = "\(place) \(member.key)"
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
