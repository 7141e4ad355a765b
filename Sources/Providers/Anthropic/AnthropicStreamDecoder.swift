package import Chat
import JSON

/// Claude's stream → hub events, at any split of the bytes (spec/wire/anthropic.md §7).
package struct AnthropicStreamDecoder: AnswerDecoder {
    private enum Block {
        /// `start` counts the text's letters before it.
        case text(start: Int)
        case thinking
        case call(index: Int)
        /// Arguments of the tool that stands for a response format.
        case format
        /// One without a place in the hub.
        case kept(JSONObject)
        case other
    }

    private var stream = JSONEventStream()
    private var block = Block.other
    /// What the block's pieces have brought: a thought, or the JSON of a kept block's input.
    private var buffer = ""
    private var signature = ""
    private var citations: [JSON] = []
    /// What a kept block's content was made into.
    private var compacted: JSON?
    private var reader = AnthropicAnswerReader()
    private var usage = AnthropicUsage()
    private var hasStarted = false
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
        guard !isOver else { return }
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
        case "content_block_start": open(root["content_block"] ?? .null, &events)
        case "content_block_delta": add(root["delta"] ?? .null, &events)
        case "content_block_stop": close(&events)
        case "message_delta": end(root, &events)
        case "message_stop": isDone = true
        case "error": fail(AnthropicErrors.failure(inSuccess: root.json), &events)
        // Pings, and events of the future.
        default: break
        }
    }

    private mutating func start(_ message: LazyJSON, _ events: inout [ChatEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        reader.begin(message, &events)
        usage.update(message["usage"])
        if let event = usage.event(isFinal: false) { events.append(event) }
    }

    private mutating func open(_ content: LazyJSON, _ events: inout [ChatEvent]) {
        (buffer, signature, citations, compacted) = ("", "", [], nil)
        switch content["type"]?.string {
        case "text":
            block = .text(start: reader.written)
            reader.write(content["text"]?.string ?? "", &events)
        case "thinking": block = .thinking
        case "redacted_thinking":
            block = .other
            reader.redacted(content, &events)
        case "tool_use":
            block = reader.start(content, arguments: "", &events).map { .call(index: $0) } ?? .format
        default: block = content.json.object.map { .kept($0) } ?? .other
        }
    }

    private mutating func add(_ delta: LazyJSON, _ events: inout [ChatEvent]) {
        switch (block, delta["type"]?.string) {
        case (.text, "text_delta"): reader.write(delta["text"]?.string ?? "", &events)
        case (.text, "citations_delta"): if let citation = delta["citation"] { citations.append(citation.json) }
        case (.thinking, "thinking_delta"):
            let piece = delta["thinking"]?.string ?? ""
            buffer += piece
            if !piece.isEmpty { events.append(.reasoningDelta(0, piece)) }
        case (.thinking, "signature_delta"): signature += delta["signature"]?.string ?? ""
        case (.call(let index), "input_json_delta"):
            let piece = delta["partial_json"]?.string ?? ""
            if !piece.isEmpty { events.append(.toolCallArgumentsDelta(0, index: index, piece)) }
        case (.format, "input_json_delta"): reader.write(delta["partial_json"]?.string ?? "", &events)
        case (.kept, "input_json_delta"): buffer += delta["partial_json"]?.string ?? ""
        case (.kept, "compaction_delta"): compacted = delta["content"]?.json ?? .null
        default: break
        }
    }

    private mutating func close(_ events: inout [ChatEvent]) {
        switch block {
        case .text(let start):
            for citation in citations {
                events.append(.citation(0, AnthropicAnswerReader.citation(citation, from: start, to: reader.written)))
            }
        case .thinking:
            let proof = signature.isEmpty ? nil : signature
            reader.seal(Reasoning(text: buffer, signature: proof, format: .anthropic), &events)
        case .kept(var content):
            if let compacted { content["content"] = compacted }
            if !buffer.isEmpty { content["input"] = (try? JSON.parse(Array(buffer.utf8))) ?? [:] }
            reader.keep(.object(content), &events)
        case .call, .format, .other: break
        }
        block = .other
    }

    private mutating func end(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        usage.update(root["usage"])
        if let event = usage.event(isFinal: root["usage"]?["output_tokens"]?.int != nil) { events.append(event) }
        guard let delta = root["delta"], let word = delta["stop_reason"]?.string else { return }
        reader.end(word, delta["stop_details"], &events)
    }
}
