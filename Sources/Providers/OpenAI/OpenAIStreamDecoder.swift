package import Chat
import HTTP
import JSON

/// A stream of OpenAI's format → hub events, at any split of the bytes (spec/wire/openai.md §4).
///
/// After `[DONE]`, an error or a `failed` event nothing more comes out.
package struct OpenAIStreamDecoder: AnswerDecoder {
    private var splitter: SSEParser
    private var reader = OpenAIEventReader()
    private var isDone = false
    private var hasFailed = false

    /// - Parameter eventLimit: bytes of one event.
    package init(eventLimit: Int = 4 << 20) { splitter = SSEParser(limit: eventLimit) }

    /// Whether there is no use in reading on.
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
        guard !isOver else { return }
        // Some vendors end without [DONE]; a finish reason and an orderly end are as good.
        if isCleanEnd, reader.isFinished { return }
        fail(OpenAIErrors.cutStream, &events)
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ events: inout [ChatEvent]) {
        guard !isOver else { return }
        if data.starts(with: "[DONE]".utf8) {
            // An end without a beginning is no answer.
            guard reader.hasBegun else { return fail(OpenAIErrors.cutStream, &events) }
            isDone = true
            return
        }
        let root: LazyJSON
        do throws(JSONError) { root = try LazyJSON.parse(data) } catch {
            return fail(OpenAIErrors.eventNotJSON, &events)
        }
        guard root.isObject else { return fail(OpenAIErrors.eventNotJSON, &events) }
        if let failure = OpenAIErrors.hidden(in: root) { return fail(failure, &events) }
        reader.read(root, into: &events)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }
}
