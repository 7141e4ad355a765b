import Chat
import JSON

/// Version 3's stream, whose events have a `meta` line that no reader of server-sent events knows.
struct ZhipuLegacyDecoder {
    private static let limit = 4 << 20

    private var line: [UInt8] = []
    private var event = ""
    private var data: [String] = []
    /// Bytes of the event's lines so far.
    private var size = 0
    private var meta: LazyJSON?
    /// Whether each line of the event so far has a blank behind its colon, as some servers write.
    private var isSpaced = true
    private var hasStarted = false
    private var isDone = false
    private var hasFailed = false

    var isOver: Bool { isDone || hasFailed }

    mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        for byte in bytes {
            if isOver { return }
            if byte == 0x0a {
                if line.last == 0x0d { line.removeLast() }
                takeLine(&events)
                line.removeAll(keepingCapacity: true)
            } else if line.count + size < Self.limit {
                line.append(byte)
            } else {
                fail(OpenAIErrors.eventTooLarge, &events)
            }
        }
    }

    /// Bytes of the event so far.
    var pending: Int { line.count + size }

    mutating func flush(into events: inout [ChatEvent]) {
        if !isOver, !line.isEmpty { takeLine(&events) }
        line = []
        if !isOver { take("", &events) }
    }

    mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if isCleanEnd { flush(into: &events) }
        if !isOver { fail(OpenAIErrors.cutStream, &events) }
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func takeLine(_ events: inout [ChatEvent]) {
        guard let text = String(validating: line, as: UTF8.self) else {
            return fail(OpenAIErrors.eventNotText, &events)
        }
        take(text, &events)
    }

    private mutating func take(_ line: String, _ events: inout [ChatEvent]) {
        if line.isEmpty { return dispatch(&events) }
        // By bytes: a piece may begin with a mark that joins the colon, or a blank, to one letter.
        guard let colon = line.utf8.firstIndex(of: 0x3a) else { return }
        let value = String(line[line.utf8.index(after: colon)...])
        if let first = value.utf8.first, first != 0x20 { isSpaced = false }
        switch line[..<colon] {
        case "event": event = String(value.unicodeScalars.filter { $0 != " " })
        case "data":
            data.append(value)
            // Each line counts, an empty one too.
            size += value.utf8.count + 1
            if size > Self.limit { fail(OpenAIErrors.eventTooLarge, &events) }
        case "meta": meta = try? LazyJSON.parse(Array(value.utf8))
        default: break
        }
    }

    private mutating func dispatch(_ events: inout [ChatEvent]) {
        defer { (event, data, size, meta, isSpaced) = ("", [], 0, nil, true) }
        guard !event.isEmpty else { return }
        // Blanks before the words are text, but for the one that a spaced server writes.
        let text = (isSpaced ? data.map { String(Substring($0.utf8.dropFirst())) } : data).joined(separator: "\n")
        if event == "error" {
            // Version 4 and gateways in front of it tell errors in JSON.
            if let root = try? LazyJSON.parse(Array(text.utf8)), let failure = ZhipuErrors.hidden(in: root) {
                return fail(failure, &events)
            }
            return fail(ZhipuErrors.failure(code: "", message: text, status: 200), &events)
        }
        if !hasStarted {
            hasStarted = true
            events.append(.started(AnswerHead(id: meta?["task_id"]?.string ?? "", model: "", created: 0)))
            events.append(.choiceStarted(0))
        }
        if !text.isEmpty { events.append(.textDelta(0, text)) }
        guard event == "finish" || event == "interrupted" else { return }
        if let usage = ZhipuLegacyAnswer.usage(meta?["usage"]) { events.append(usage) }
        events.append(.finished(0, event == "finish" ? .stop : .contentFilter))
        isDone = true
    }
}
