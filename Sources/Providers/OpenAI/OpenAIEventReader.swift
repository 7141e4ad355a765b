import Chat
import JSON

/// Reads chunks and whole answers of OpenAI's format into hub events; remembers what has begun.
struct OpenAIEventReader {
    /// As many as a client may ask for.
    private static let mostCalls = 128

    private var hasStarted = false
    /// The last of each that the answer and its choices had, those of messages apart.
    private var extras: [ExtraKey: JSON] = [:]
    /// Those that have begun.
    private var choices: [Choice] = []
    /// What choices tell of themselves, where nothing else does, as at Moonshot.
    private var choiceUsage: [Int64: Usage] = [:]
    private var isUsageTold = false

    private struct ExtraKey: Hashable {
        let place: ChatEvent.ExtraPlace
        let name: String
    }

    private struct Choice {
        let index: Int
        var calls = Calls()
        var isFinished = false
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

        /// Which call a piece continues; `nil` for a new one. By `index`; vendors that leave it out give each call an id
        /// or at least a name.
        func position(of index: Int64?, id: String, name: String?) -> Int? {
            if let index { return byIndex[index] }
            if !id.isEmpty { return byID[id] }
            if let name, !name.isEmpty { return nil }
            return last
        }
    }

    /// Whether every choice that began has ended, and one has.
    var isFinished: Bool { !choices.isEmpty && choices.allSatisfy(\.isFinished) }

    /// Whether an answer has begun.
    var hasBegun: Bool { !choices.isEmpty }

    /// Reads a chunk, or a whole answer as if it were the only chunk.
    mutating func read(_ root: LazyJSON, into events: inout [ChatEvent]) {
        var head = AnswerHead(id: "", model: "", created: 0)
        var items: [LazyJSON] = []
        var usage: LazyJSON?
        var extras: [(String, LazyJSON)] = []
        root.forEachMember { name, value in
            switch name {
            case "id": head.id = value.string ?? ""
            case "model": head.model = value.string ?? ""
            case "created": head.created = value.int ?? 0
            case "choices": items = value.array ?? []
            case "usage": usage = value
            case "service_tier": head.serviceTier = value.string
            case "system_fingerprint": head.systemFingerprint = value.string
            case "object", "obfuscation": break
            default: if !value.isNull { extras.append((name.string, value)) }
            }
        }
        // Azure opens with a chunk that has neither choices nor an id: its head says nothing.
        if !hasStarted, !items.isEmpty || !head.id.isEmpty {
            hasStarted = true
            events.append(.started(head))
        }
        var choiceUsage: LazyJSON?
        for (position, item) in items.enumerated() { read(item, position, &choiceUsage, into: &events) }
        tell(extras, .answer, into: &events)
        if let usage, let counted = OpenAIAnswer.chatUsage(usage) {
            isUsageTold = true
            events.append(.usage(counted, original: Opaque(.openAI, usage.json)))
        } else if let told = choiceUsage, !isUsageTold, let counted = OpenAIAnswer.sum(of: self.choiceUsage) {
            let isWhole = self.choiceUsage.count == 1
            events.append(.usage(counted, original: isWhole ? Opaque(.openAI, told.json) : nil))
        }
    }

    /// - Parameter usage: set where the choice tells its own.
    private mutating func read(
        _ choice: LazyJSON, _ position: Int, _ usage: inout LazyJSON?, into events: inout [ChatEvent]
    ) {
        var index = position
        var (delta, message): (LazyJSON?, LazyJSON?)
        var logprobs: LazyJSON?
        var reason = ""
        var extras: [(String, LazyJSON)] = []
        choice.forEachMember { name, value in
            switch name {
            case "index": index = value.int.flatMap { Int(exactly: $0) } ?? position
            case "delta": delta = value.isNull ? nil : value
            case "message": message = value
            case "logprobs": logprobs = value
            case "finish_reason": reason = value.string ?? ""
            default: if !value.isNull { extras.append((name.string, value)) }
            }
        }
        guard let place = open(index, &events) else { return }
        if let logprobs, logprobs.isObject { events.append(.logprobs(index, logprobs.json)) }
        if let content = delta ?? message { read(content, of: place, into: &events) }
        tell(extras, .choice(index), into: &events)
        if let told = extras.last(where: { $0.0 == "usage" })?.1, let counted = OpenAIAnswer.chatUsage(told) {
            choiceUsage[Int64(index)] = counted
            usage = told
        }
        guard !reason.isEmpty, !choices[place].isFinished else { return }
        choices[place].isFinished = true
        events.append(.finished(index, Self.reason(reason)))
    }

    /// Where a choice is kept; `nil` for one too many.
    private mutating func open(_ index: Int, _ events: inout [ChatEvent]) -> Int? {
        if let place = choices.firstIndex(where: { $0.index == index }) { return place }
        guard choices.count < OpenAIAnswer.mostChoices else { return nil }
        choices.append(Choice(index: index))
        events.append(.choiceStarted(index))
        return choices.count - 1
    }

    private mutating func read(_ message: LazyJSON, of place: Int, into events: inout [ChatEvent]) {
        let index = choices[place].index
        var (thought, reasoning): (LazyJSON?, LazyJSON?)
        var (content, refusal, annotations, audio): (LazyJSON?, LazyJSON?, LazyJSON?, LazyJSON?)
        var (tools, function, images): (LazyJSON?, LazyJSON?, LazyJSON?)
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
            case "images": images = value
            default: if !value.isNull { extras.append((name.string, value)) }
            }
        }
        // Some vendors send both names, one of them null or empty.
        let thoughts = [thought?.string, reasoning?.string].lazy.compactMap { $0 }
        if let text = thoughts.first(where: { !$0.isEmpty }) { events.append(.reasoningDelta(index, text)) }
        for text in Self.texts(content) where !text.isEmpty { events.append(.textDelta(index, text)) }
        for image in images?.array ?? [] { read(image: image, of: index, into: &events) }
        if let text = refusal?.string, !text.isEmpty { events.append(.refusalDelta(index, text)) }
        for citation in annotations?.array ?? [] { events.append(.citation(index, Opaque(.openAI, citation.json))) }
        if let audio = audio?.json.object { events.append(.audioDelta(index, audio)) }
        for call in tools?.array ?? [] { readCall(call, of: place, into: &events) }
        if let function, function.isObject { readLegacy(function, of: place, into: &events) }
        tell(extras, .message(index), into: &events)
    }

    /// As OpenRouter and LiteLLM have it.
    private func read(image: LazyJSON, of index: Int, into events: inout [ChatEvent]) {
        guard let address = image["image_url"]?["url"]?.string else { return }
        let signature = image["extra_content"]?["google"]?["thought_signature"]?.string
        events.append(.image(index, Media(address: address), thoughtSignature: signature))
    }

    private static func texts(_ content: LazyJSON?) -> [String] {
        if let text = content?.string { return [text] }
        return content?.array?.compactMap { $0["text"]?.string } ?? []
    }

    private mutating func readCall(_ call: LazyJSON, of place: Int, into events: inout [ChatEvent]) {
        let choice = choices[place].index
        let number = call["index"]?.int
        let id = call["id"]?.string ?? ""
        let isCustom = call["custom"]?.isObject == true
        let body = isCustom ? call["custom"] : call["function"]
        let name = body?["name"]?.string
        let text = CallArguments.text(body?[isCustom ? "input" : "arguments"])
        if let known = choices[place].calls.position(of: number, id: id, name: name) {
            if !text.isEmpty { events.append(.toolCallArgumentsDelta(choice, index: known, text)) }
            return
        }
        guard let index = choices[place].calls.add(index: number, id: id) else { return }
        let start = ToolCall(id: id, kind: isCustom ? .custom : .function, name: name ?? "", arguments: "")
        events.append(.toolCallStarted(choice, index: index, start))
        if !text.isEmpty { events.append(.toolCallArgumentsDelta(choice, index: index, text)) }
    }

    private mutating func readLegacy(_ call: LazyJSON, of place: Int, into events: inout [ChatEvent]) {
        let choice = choices[place].index
        if choices[place].calls.count == 0 {
            _ = choices[place].calls.add(index: nil, id: "")
            let start = ToolCall(id: "", kind: .legacyFunction, name: call["name"]?.string ?? "", arguments: "")
            events.append(.toolCallStarted(choice, index: 0, start))
        }
        let text = CallArguments.text(call["arguments"])
        if !text.isEmpty { events.append(.toolCallArgumentsDelta(choice, index: 0, text)) }
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
