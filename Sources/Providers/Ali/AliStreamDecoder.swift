package import Chat
import JSON

/// Decodes DashScope's stream into hub events, however the bytes are split (spec/wire/ali.md §2.5). The stream ends
/// with a finish reason and the end of the body, whose last event may lack its blank line. Errors are events with a
/// code.
package struct AliStreamDecoder: AnswerDecoder {
    private var stream = JSONEventStream()
    private var reader = AliAnswerReader()
    private var hasFailed = false
    /// The provider's moderation stopped the answer.
    private var isWithheld = false

    package var isOver: Bool { hasFailed || isWithheld }
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
        if isCleanEnd, reader.isFinished { return reader.finish(into: &events) }
        fail(stream.stray.flatMap { AliErrors.hidden(in: $0) } ?? OpenAIErrors.cutStream, &events)
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
        if let failure = AliErrors.hidden(in: root) {
            guard reader.hasContent, failure.code == .text(AliErrors.contentFilter) else {
                return fail(failure, &events)
            }
            isWithheld = true
            return reader.withhold(into: &events)
        }
        if root["output"] == nil, root["usage"] == nil, let failure = OpenAIErrors.hidden(in: root) {
            return fail(failure, &events)
        }
        reader.read(root, into: &events)
    }
}
