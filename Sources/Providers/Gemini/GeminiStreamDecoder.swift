package import Chat
import JSON

/// Gemini's stream (`alt=sse`) → hub events, at any split of the bytes (spec/wire/gemini.md §7). Nothing marks its end but
/// a finish reason and the end of the body. An error may come as bare lines of JSON without `data:`, which no reader of
/// server-sent events would show.
package struct GeminiStreamDecoder: AnswerDecoder {
    private static let limit = 4 << 20
    private static let strayLimit = 64 << 10

    /// Of a line that has not ended yet.
    private var partial: [UInt8] = []
    /// Of an event that has not ended yet.
    private var data: [UInt8] = []
    /// Lines outside of events that may be an error.
    private var stray: [UInt8] = []
    private var reader = GeminiAnswerReader()
    private var hasFailed = false

    package var isOver: Bool { hasFailed }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        var rest = bytes[...]
        while !isOver, let end = rest.firstIndex(of: 0x0a) {
            if partial.isEmpty {
                take(rest[..<end], &events)
            } else {
                partial += rest[..<end]
                let line = partial
                partial.removeAll(keepingCapacity: true)
                take(line[...], &events)
            }
            rest = rest[(end + 1)...]
        }
        guard !isOver else { return }
        partial += rest
        if partial.count + data.count > Self.limit { fail(OpenAIErrors.eventTooLarge, &events) }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if isCleanEnd, !isOver {
            // The last line may lack its end.
            take(partial[...], &events)
            flush(&events)
        }
        guard !isOver else { return }
        if !stray.isEmpty, let root = try? LazyJSON.parse(stray), let failure = GeminiErrors.hidden(in: root) {
            return fail(failure, &events)
        }
        if isCleanEnd, reader.isFinished { return reader.finish(into: &events) }
        fail(OpenAIErrors.cutStream, &events)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ events: inout [ChatEvent]) {
        var line = line
        if line.last == 0x0d { line.removeLast() }
        if line.isEmpty { return flush(&events) }
        if line.starts(with: "data:".utf8) {
            line = line.dropFirst(5)
            if line.first == 0x20 { line = line.dropFirst() }
            if !data.isEmpty { data.append(0x0a) }
            data += line
        } else if !stray.isEmpty || line.first == 0x7b || line.first == 0x5b, stray.count + line.count < Self.strayLimit
        {
            stray += line
            stray.append(0x0a)
        }
    }

    private mutating func flush(_ events: inout [ChatEvent]) {
        guard !data.isEmpty, !isOver else { return }
        defer { data.removeAll(keepingCapacity: true) }
        guard let root = try? LazyJSON.parse(data), root.isObject || root.isArray else {
            return fail(OpenAIErrors.eventNotJSON, &events)
        }
        if let failure = GeminiErrors.hidden(in: root) { return fail(failure, &events) }
        reader.read(root, into: &events)
    }
}
