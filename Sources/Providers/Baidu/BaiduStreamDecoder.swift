package import Chat
import HTTP
import JSON

/// Decodes Baidu's stream into hub events, however the bytes are split (spec/wire/baidu.md §3.4). Each event is one
/// line. An error may be a line of JSON without `data:`, which a parser of server-sent events would skip.
package struct BaiduStreamDecoder: AnswerDecoder {
    private static let limit = TransportLimits.answerBytes

    private var line: [UInt8] = []
    private var surrogates = LoneSurrogates()
    /// What is read has not been ended by the upstream, so that half a line is none.
    private var isFlushing = false
    private var reader = BaiduAnswerReader()
    private var hasFailed = false

    package var isOver: Bool { hasFailed || reader.isFinished }
    package var pending: Int { line.count }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        var rest = bytes[...]
        while !isOver, let end = rest.firstIndex(of: 0x0a) {
            line += rest[..<end]
            rest = rest[(end + 1)...]
            take(&events)
        }
        guard !isOver else { return }
        line += rest
        if line.count > Self.limit { fail(OpenAIErrors.eventTooLarge, &events) }
    }

    package mutating func flush(into events: inout [ChatEvent]) {
        isFlushing = true
        if !isOver { take(&events) }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if isCleanEnd { flush(into: &events) }
        if !isOver { fail(OpenAIErrors.cutStream, &events) }
    }

    private mutating func fail(_ failure: UpstreamFailure, _ events: inout [ChatEvent]) {
        hasFailed = true
        events.append(.failed(failure))
    }

    private mutating func take(_ events: inout [ChatEvent]) {
        defer { line.removeAll(keepingCapacity: true) }
        var content = line[...]
        while let last = content.last, last == 0x0d || last == 0x20 { content.removeLast() }
        if content.starts(with: "data:".utf8) {
            content = content.dropFirst(5)
        } else if content.first != 0x7b {
            // These are blank lines, comments and the names of events.
            return
        }
        while content.first == 0x20 { content.removeFirst() }
        guard !content.isEmpty else { return }
        guard let root = try? LazyJSON.parse(Array(content), joining: &surrogates), root.isObject else {
            return isFlushing ? () : fail(OpenAIErrors.eventNotJSON, &events)
        }
        if let failure = BaiduErrors.hidden(in: root) { return fail(failure, &events) }
        if root["result"] == nil, root["function_call"] == nil, root["usage"] == nil,
            let failure = OpenAIErrors.hidden(in: root)
        {
            return fail(failure, &events)
        }
        reader.read(root, isEnd: root["is_end"]?.bool == true, into: &events)
    }
}
