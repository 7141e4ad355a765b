package import Chat
import HTTP
import JSON

/// Decodes DashScope's stream into hub events, however the bytes are split (spec/wire/ali.md §2.5). The stream ends
/// with a finish reason and the end of the body, whose last event may lack its blank line. Errors are events with a
/// code.
package struct AliStreamDecoder: AnswerDecoder {
    private var splitter = SSEParser()
    private var reader = AliAnswerReader()
    private var hasFailed = false
    /// The provider's moderation stopped the answer.
    private var isWithheld = false
    /// The upstream has not ended the bytes read so far. Half an event then means that the stream was cut, and not that
    /// it is invalid.
    private var isFlushing = false

    package var isOver: Bool { hasFailed || isWithheld }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        // The reader is taken out while it runs, because its callback changes the rest of this value.
        var splitter = SSEParser()
        swap(&splitter, &self.splitter)
        bytes.withUnsafeBytes { buffer in
            splitter.feed(buffer) { _, data in take(data, &events) }
        }
        self.splitter = splitter
        if splitter.isOverLimit, !isOver { fail(OpenAIErrors.eventTooLarge, &events) }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if isCleanEnd, !isOver, !splitter.isAtBoundary {
            isFlushing = true
            feed([0x0a, 0x0a], into: &events)
        }
        guard !isOver else { return }
        if isCleanEnd, reader.isFinished { return reader.finish(into: &events) }
        fail(OpenAIErrors.cutStream, &events)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ events: inout [ChatEvent]) {
        guard !isOver else { return }
        guard let root = try? LazyJSON.parse(data), root.isObject else {
            return fail(isFlushing ? OpenAIErrors.cutStream : OpenAIErrors.eventNotJSON, &events)
        }
        if let failure = AliErrors.hidden(in: root) {
            guard reader.hasContent, failure.code == .text(AliErrors.contentFilter) else {
                return fail(failure, &events)
            }
            isWithheld = true
            return reader.withhold(into: &events)
        }
        reader.read(root, into: &events)
    }
}
