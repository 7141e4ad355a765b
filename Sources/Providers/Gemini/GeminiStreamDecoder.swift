package import Chat
import JSON

/// Gemini's stream (`alt=sse`) → hub events, at any split of the bytes (spec/wire/gemini.md §7). Nothing marks its end but
/// a finish reason and the end of the body. An error may come as bare lines of JSON without `data:`, which no reader of
/// server-sent events would show.
package struct GeminiStreamDecoder: AnswerDecoder {
    private var stream = JSONEventStream()
    private var reader = GeminiAnswerReader()
    private var hasFailed = false

    package var isOver: Bool { hasFailed }
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
        if let failure = stream.stray.flatMap(GeminiErrors.hidden) { return fail(failure, &events) }
        if isCleanEnd, reader.isFinished { return reader.finish(into: &events) }
        fail(OpenAIErrors.cutStream, &events)
    }

    /// An error that is not in Google's form.
    private static func foreignError(in root: LazyJSON) -> UpstreamFailure? {
        let isChunk = root["candidates"] != nil || root["usageMetadata"] != nil || root["promptFeedback"] != nil
        return isChunk ? nil : OpenAIErrors.hidden(in: root)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ event: JSONEventStream.Event, _ events: inout [ChatEvent]) {
        switch event {
        case .failed(let failure): fail(failure, &events)
        case .done: break
        case .json(let root):
            guard root.isObject || root.isArray else { return fail(OpenAIErrors.eventNotJSON, &events) }
            // An event may hold a list of chunks.
            for chunk in root.array ?? [root] where !isOver {
                if let failure = GeminiErrors.hidden(in: chunk) ?? Self.foreignError(in: chunk) {
                    return fail(failure, &events)
                }
                reader.read(chunk, into: &events)
            }
        }
    }
}
