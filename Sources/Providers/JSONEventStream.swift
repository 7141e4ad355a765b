import Chat
import HTTP
import JSON

/// An upstream's stream as events of JSON, at any division of the bytes.
struct JSONEventStream: Sendable {
    enum Event {
        case json(LazyJSON)
        /// `[DONE]`.
        case done
        case failed(UpstreamFailure)
    }

    private var parser: SSEParser
    private var surrogates = LoneSurrogates()
    private var hasFailed = false

    /// - Parameter limit: bytes of one event.
    init(limit: Int = TransportLimits.answerBytes) {
        parser = SSEParser(limit: limit, quirks: [.bareLineFeeds, .bareJSON])
    }

    /// Bytes that are kept of an event that has not ended.
    var pending: Int { parser.pending }
    /// JSON that came in lines without `data:`, as some servers tell errors.
    var stray: LazyJSON? { parser.stray.isEmpty ? nil : try? LazyJSON.parse(parser.stray) }

    /// Reads on until an event is complete.
    /// - Parameter position: in the bytes; 0 for the first call with them.
    /// - Returns: `nil` once the bytes are used up.
    mutating func next(in bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Event? {
        guard !hasFailed else { return nil }
        if parser.next(in: bytes, &position) {
            if let event = read() { return event }
            hasFailed = true
            return .failed(OpenAIErrors.eventNotJSON)
        }
        guard parser.isOverLimit else { return nil }
        hasFailed = true
        return .failed(OpenAIErrors.eventTooLarge)
    }

    /// The event at the end of a message that ended as it was framed; to be called again until there is none. Half an event
    /// is none.
    mutating func end() -> Event? { !hasFailed && parser.end() ? read() : nil }

    private mutating func read() -> Event? {
        let data = parser.takeData()
        if data.starts(with: "[DONE]".utf8) { return .done }
        return (try? LazyJSON.parse(data, joining: &surrogates)).map { .json($0) }
    }
}
