package import Chat
import HTTP
import JSON

/// Claude's stream → hub events, at any split of the bytes (spec/wire/anthropic.md §7).
package struct AnthropicStreamDecoder: AnswerDecoder {
    private enum Block {
        /// `start` counts the text's letters before it.
        case text(start: Int, citations: [JSON])
        case thinking(String, signature: String)
        case call(index: Int)
        /// Arguments of the tool that stands for a response format.
        case format
        case other
    }

    private var splitter = SSEParser()
    private var block = Block.other
    private var calls = 0
    private var hasFormat = false
    private var written = 0
    private var usage: AnthropicUsage?
    private var hasStarted = false
    private var isDone = false
    private var hasFailed = false

    package var isOver: Bool { isDone || hasFailed }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        // Taken out while it runs, since its callback changes the rest of this value.
        var splitter = SSEParser()
        swap(&splitter, &self.splitter)
        bytes.withUnsafeBytes { buffer in
            splitter.feed(buffer) { _, data in take(data, &events) }
        }
        self.splitter = splitter
        if splitter.isOverLimit, !isOver { fail(OpenAIErrors.eventTooLarge, &events) }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if !isOver { fail(OpenAIErrors.cutStream, &events) }
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ events: inout [ChatEvent]) {
        guard !isOver else { return }
        guard let root = try? JSON.parse(Array(data)), root.object != nil else {
            return fail(OpenAIErrors.eventNotJSON, &events)
        }
        switch root["type"]?.string {
        case "message_start": start(root["message"] ?? .null, &events)
        case "content_block_start": open(root["content_block"] ?? .null, &events)
        case "content_block_delta": add(root["delta"] ?? .null, &events)
        case "content_block_stop": close(&events)
        case "message_delta": end(root, &events)
        case "message_stop": isDone = true
        case "error": fail(AnthropicErrors.failure(inSuccess: root), &events)
        // Pings, and events of the future.
        default: break
        }
    }

    private mutating func start(_ message: JSON, _ events: inout [ChatEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        events.append(
            .started(AnswerHead(id: message["id"]?.string ?? "", model: message["model"]?.string ?? "", created: 0)))
        events.append(.choiceStarted(0))
        usage = AnthropicUsage(message["usage"])
        if let usage { events.append(usage.event) }
    }

    private mutating func open(_ content: JSON, _ events: inout [ChatEvent]) {
        switch content["type"]?.string {
        case "text":
            block = .text(start: written, citations: [])
            write(content["text"]?.string ?? "", &events)
        case "thinking": block = .thinking("", signature: "")
        case "redacted_thinking":
            block = .other
            events.append(.reasoningSealed(0, AnthropicAnswerReader.redacted(content["data"]?.string)))
        case "tool_use":
            let name = content["name"]?.string ?? ""
            if name == AnthropicAnswerReader.formatTool {
                hasFormat = true
                block = .format
            } else {
                block = .call(index: calls)
                let call = ToolCall(id: content["id"]?.string ?? "", name: name, arguments: "")
                events.append(.toolCallStarted(0, index: calls, call))
                calls += 1
            }
        default: block = .other
        }
    }

    private mutating func add(_ delta: JSON, _ events: inout [ChatEvent]) {
        switch (block, delta["type"]?.string) {
        case (.text, "text_delta"): write(delta["text"]?.string ?? "", &events)
        case (.text(let start, var citations), "citations_delta"):
            if let citation = delta["citation"] { citations.append(citation) }
            block = .text(start: start, citations: citations)
        case (.thinking(let text, let signature), "thinking_delta"):
            let piece = delta["thinking"]?.string ?? ""
            block = .thinking(text + piece, signature: signature)
            if !piece.isEmpty { events.append(.reasoningDelta(0, piece)) }
        case (.thinking(let text, let signature), "signature_delta"):
            block = .thinking(text, signature: signature + (delta["signature"]?.string ?? ""))
        case (.call(let index), "input_json_delta"):
            let piece = delta["partial_json"]?.string ?? ""
            if !piece.isEmpty { events.append(.toolCallArgumentsDelta(0, index: index, piece)) }
        case (.format, "input_json_delta"): write(delta["partial_json"]?.string ?? "", &events)
        default: break
        }
    }

    private mutating func write(_ text: String, _ events: inout [ChatEvent]) {
        guard !text.isEmpty else { return }
        written += text.unicodeScalars.count
        events.append(.textDelta(0, text))
    }

    private mutating func close(_ events: inout [ChatEvent]) {
        switch block {
        case .text(let start, let citations):
            for citation in citations {
                events.append(.citation(0, AnthropicAnswerReader.citation(citation, from: start, to: written)))
            }
        case .thinking(let text, let signature):
            events.append(
                .reasoningSealed(
                    0,
                    Reasoning(text: text, signature: signature.isEmpty ? nil : signature, format: .anthropic)))
        case .call, .format, .other: break
        }
        block = .other
    }

    private mutating func end(_ root: JSON, _ events: inout [ChatEvent]) {
        if let more = root["usage"] {
            if usage == nil { usage = AnthropicUsage(more) } else { usage?.update(more) }
            if let usage { events.append(usage.event) }
        }
        guard let delta = root["delta"], let word = delta["stop_reason"]?.string else { return }
        if let explanation = delta["stop_details"]?["explanation"]?.string {
            events.append(.refusalDelta(0, explanation))
        }
        let reason = AnthropicAnswerReader.finishReason(word)
        events.append(.finished(0, hasFormat && calls == 0 && reason == .toolCalls ? .stop : reason))
    }
}
