package import Chat
import HTTP
import JSON

/// Gemini's stream (`alt=sse`) → hub events, at any split of the bytes (spec/wire/gemini.md §7). Nothing marks its end but
/// a finish reason and the end of the body.
package struct GeminiStreamDecoder: AnswerDecoder {
    private var splitter = SSEParser()
    private var reader = GeminiAnswerReader()
    private var hasFailed = false

    package var isOver: Bool { hasFailed }

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
        guard !isOver else { return }
        if isCleanEnd, reader.isFinished { return reader.finish(into: &events) }
        reader.usageSoFar(into: &events)
        fail(OpenAIErrors.cutStream, &events)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ events: inout [ChatEvent]) {
        guard !isOver else { return }
        guard let root = try? JSON.parse(Array(data)) else { return fail(OpenAIErrors.eventNotJSON, &events) }
        if let failure = GeminiErrors.hidden(in: root) { return fail(failure, &events) }
        reader.read(root, into: &events)
    }
}
