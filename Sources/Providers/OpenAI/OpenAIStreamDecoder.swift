package import Chat
import HTTP
import JSON

/// A stream of OpenAI's format → hub events, at any split of the bytes (spec/wire/openai.md §4).
///
/// After `[DONE]`, an error or a `failed` event nothing more comes out.
package struct OpenAIStreamDecoder: AnswerDecoder {
    private var stream: JSONEventStream
    private var reader = OpenAIEventReader()
    private var isDone = false
    private var hasFailed = false

    /// - Parameter eventLimit: bytes of one event.
    package init(eventLimit: Int = TransportLimits.answerBytes) { stream = JSONEventStream(limit: eventLimit) }

    /// Whether there is no use in reading on.
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
        // Some vendors end without [DONE]; a finish reason and an orderly end are as good.
        if isCleanEnd, reader.isFinished { return }
        fail(stream.stray.flatMap { OpenAIErrors.hidden(in: $0) } ?? OpenAIErrors.cutStream, &events)
    }

    private mutating func take(_ event: JSONEventStream.Event, _ events: inout [ChatEvent]) {
        switch event {
        case .failed(let failure): fail(failure, &events)
        case .done:
            // An end without a beginning is no answer.
            guard reader.hasBegun else { return fail(OpenAIErrors.cutStream, &events) }
            isDone = true
        case .json(let root):
            guard root.isObject else { return fail(OpenAIErrors.eventNotJSON, &events) }
            if let failure = OpenAIErrors.hidden(in: root) { return fail(failure, &events) }
            reader.read(root, into: &events)
        }
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }
}
