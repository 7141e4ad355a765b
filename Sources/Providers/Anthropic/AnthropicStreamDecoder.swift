package import Chat
import JSON

/// Claude's stream → hub events, at any split of the bytes (spec/wire/anthropic.md §7).
package struct AnthropicStreamDecoder: AnswerDecoder {
    private var stream = JSONEventStream()
    /// Blocks that the opening event of the message held, until it is known whether they are told again one by one.
    private var opening: [LazyJSON] = []
    private var blocks = AnthropicBlocks()
    private var reader = AnthropicAnswerReader()
    private var usage = AnthropicUsage()
    private var hasStarted = false
    /// Of the message's opening event, which has one only where it holds the whole answer.
    private var reason: String?
    /// Whether the client knows why the answer ended.
    private var hasEnded = false
    private var isDone = false
    private var hasFailed = false

    package var isOver: Bool { isDone || hasFailed }
    package var pending: Int { stream.pending }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while !isOver, let event = stream.next(in: buffer, &position) { take(event, &events) }
        }
    }

    package mutating func flush(into events: inout [ChatEvent]) {
        while !isOver, let event = stream.end() { take(event, &events) }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if isCleanEnd { flush(into: &events) }
        // Without an end of the message, the reason for the end is enough.
        guard !isOver, !(isCleanEnd && hasEnded) else { return }
        let stray = stream.stray.flatMap { $0["error"] == nil ? nil : AnthropicErrors.failure(inSuccess: $0.json) }
        fail(stray ?? OpenAIErrors.cutStream, &events)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ event: JSONEventStream.Event, _ events: inout [ChatEvent]) {
        switch event {
        case .failed(let failure): fail(failure, &events)
        case .done: break
        case .json(let root): take(root, &events)
        }
    }

    private mutating func take(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        guard root.isObject else { return fail(OpenAIErrors.eventNotJSON, &events) }
        let type = root["type"]?.string
        if !hasStarted, type?.hasPrefix("content_block_") == true || type == "message_delta" || type == "message_stop" {
            // No answer without a beginning.
            return fail(OpenAIErrors.cutStream, &events)
        }
        switch type {
        case "message_start": start(root["message"] ?? .null, &events)
        case "content_block_start": open(root, &events)
        case "content_block_delta": add(root, &events)
        case "content_block_stop": blocks.close(root["index"]?.int, &reader, &events)
        case "message_delta": end(root, &events)
        case "message_stop": stop(&events)
        case "error": fail(AnthropicErrors.failure(inSuccess: root.json), &events)
        case nil where root["error"]?.isObject == true: fail(AnthropicErrors.failure(inSuccess: root.json), &events)
        case nil: if let failure = OpenAIErrors.hidden(in: root) { fail(failure, &events) }
        // These are pings, and events of later versions.
        default: break
        }
    }

    private mutating func start(_ message: LazyJSON, _ events: inout [ChatEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        reader.begin(message, &events)
        opening = message["content"]?.array ?? []
        reason = message["stop_reason"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        usage.update(message["usage"])
        if let event = usage.event(isFinal: false) { events.append(event) }
    }

    private mutating func open(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        let number = root["index"]?.int
        if Int64(opening.count) > number ?? 0 { opening = [] }
        openHeld(&events)
        blocks.open(number, root["content_block"] ?? .null, &reader, &events)
    }

    private mutating func openHeld(_ events: inout [ChatEvent]) {
        for (number, content) in opening.enumerated() { blocks.open(Int64(number), content, &reader, &events) }
        opening = []
    }

    private mutating func add(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        openHeld(&events)
        blocks.add(root["delta"] ?? .null, to: root["index"]?.int, &reader, &events)
    }

    private mutating func end(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        usage.update(root["usage"])
        if let event = usage.event(isFinal: root["usage"]?["output_tokens"]?.int != nil) { events.append(event) }
        guard let delta = root["delta"], let word = delta["stop_reason"]?.string, !word.isEmpty else { return }
        end(word, delta["stop_details"], &events)
    }

    private mutating func stop(_ events: inout [ChatEvent]) {
        openHeld(&events)
        end(reason ?? (reader.calls > 0 ? "tool_use" : "end_turn"), nil, &events)
        isDone = true
    }

    /// Ends the answer, and what of it the provider has left open.
    private mutating func end(_ word: String, _ details: LazyJSON?, _ events: inout [ChatEvent]) {
        guard !hasEnded else { return }
        hasEnded = true
        openHeld(&events)
        blocks.closeAll(&reader, &events)
        reader.end(word, details, &events)
    }
}
