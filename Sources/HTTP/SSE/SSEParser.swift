/// Splits a body into server-sent events by the WHATWG rules. The body may arrive in pieces of any size.
///
/// Lines end with LF, CRLF or CR. Comments are dropped. Several `data` lines are joined with LF. An event without data
/// is ignored, and so is an unfinished event at the end of the body, unless `end` is called. The bytes of an event are
/// kept only once, in the array that its reader may take.
package struct SSEParser: Sendable {
    /// Violations of the rules that some upstreams send and that are accepted.
    package struct Quirks: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// A line feed instead of a blank line between two events of JSON.
        package static let bareLineFeeds = Quirks(rawValue: 1)
        /// Lines of JSON without `data:`, which are kept as `stray`.
        package static let bareJSON = Quirks(rawValue: 2)
    }

    /// The kind of a line whose end has not arrived.
    private enum Line {
        /// All of the line is in `partial`.
        case unknown
        /// Its value is in `data`.
        case data
        /// The part of the line that matters is in `partial`.
        case other
    }

    /// The largest capacity that a buffer keeps for further events.
    private static let keptCapacity = 64 << 10

    private var line = Line.unknown
    private var partial: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var field: [UInt8] = []
    private var endedWithCR = false
    private var isFirstLine = true
    /// Whether an event is ready in `name` and `event`.
    private var isReady = false
    private var event: [UInt8] = []
    private let quirks: Quirks
    /// How many bytes one event may have before `isOverLimit` becomes true.
    private let limit: Int

    package private(set) var isOverLimit = false
    /// The name of the event that is ready. Empty means `message`.
    package private(set) var name: [UInt8] = []
    /// Lines that may be JSON without `data:`.
    package private(set) var stray: [UInt8] = []

    package init(limit: Int = TransportLimits.answerBytes, quirks: Quirks = []) {
        self.limit = limit
        self.quirks = quirks
    }

    /// Whether everything fed so far has come out as events.
    package var isAtBoundary: Bool { partial.isEmpty && line != .data && !hasData }

    /// The number of bytes kept for an event that has not ended.
    package var pending: Int { partial.count + data.count }

    /// Feeds bytes. Calls `onEvent` with each event's name and data, which are valid during the call.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer,
        onEvent: (_ name: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer) -> Void
    ) {
        var position = 0
        while next(in: bytes, &position) {
            name.withUnsafeBytes { name in event.withUnsafeBytes { onEvent(name, $0) } }
        }
    }

    /// Reads on until an event is ready.
    /// - Parameter position: the position in the bytes. It must be 0 at the first call with them.
    /// - Returns: false once the bytes are used up.
    package mutating func next(in bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
        isReady = false
        if position == 0, endedWithCR, let first = bytes.first {
            endedWithCR = false
            if first == 0x0a { position = 1 }
        }
        while position < bytes.count, !isOverLimit, !isReady {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let end = SSELines.end(in: rest) else {
                position = bytes.count
                add(rest)
                break
            }
            position += end + 1
            if rest[end] == 0x0d {
                if position < bytes.count {
                    if bytes[position] == 0x0a { position += 1 }
                } else {
                    endedWithCR = true
                }
            }
            endLine(UnsafeRawBufferPointer(rebasing: rest[..<end]))
        }
        return isReady
    }

    /// Ends the body. Its last event may lack its line end and its blank line. Call it only if the message ended as its
    /// framing says; after a broken connection the rest is no event.
    /// - Returns: whether an event is ready. Call it again until none is.
    package mutating func end() -> Bool {
        isReady = false
        if !partial.isEmpty || line == .data { endLine(UnsafeRawBufferPointer(start: nil, count: 0)) }
        if !isReady { dispatch() }
        return isReady
    }

    /// The data of the event that is ready, without a copy.
    package mutating func takeData() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &event)
        return taken
    }

    /// Takes the array of `takeData` back, so that another event can use its memory.
    package mutating func reuse(_ array: consuming [UInt8]) {
        if array.capacity <= Self.keptCapacity { event = array }
    }

    // MARK: Lines

    /// Adds bytes of a line that has not ended.
    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        switch line {
        case .data: data.append(contentsOf: bytes)
        case .other: if partial.count < SSELines.mostOther { partial.append(contentsOf: bytes) }
        case .unknown:
            partial.append(contentsOf: bytes)
            guard partial.count >= SSELines.head else { break }
            let head = partial
            partial = []
            head.withUnsafeBytes { head in
                let start = withoutMark(head)
                line = start.starts(with: SSELines.dataField) ? .data : .other
                if line == .data {
                    begin(UnsafeRawBufferPointer(rebasing: start[SSELines.dataField.count...]))
                } else {
                    partial.append(contentsOf: start)
                }
            }
        }
        checkLimit()
    }

    /// - Parameter rest: the rest of the line, without its end.
    private mutating func endLine(_ rest: UnsafeRawBufferPointer) {
        if line == .data {
            data.append(contentsOf: rest)
        } else if partial.isEmpty {
            take(rest)
        } else {
            partial.append(contentsOf: rest)
            let whole = partial
            partial = []
            whole.withUnsafeBytes { take($0) }
        }
        line = .unknown
        checkLimit()
    }

    /// Removes the byte order mark that may begin the stream.
    private mutating func withoutMark(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard isFirstLine else { return line }
        isFirstLine = false
        guard line.starts(with: SSELines.mark) else { return line }
        return UnsafeRawBufferPointer(rebasing: line[SSELines.mark.count...])
    }

    private mutating func take(_ whole: UnsafeRawBufferPointer) {
        let line = withoutMark(whole)
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: 0x3a) ?? line.count
        let value = UnsafeRawBufferPointer(rebasing: line[min(colon + 1, line.count)...])
        switch colon {
        case 4 where line[..<4].elementsEqual("data".utf8): begin(value)
        case 5 where line[..<5].elementsEqual("event".utf8):
            // A second name belongs to the next event.
            if hasData, !field.isEmpty, quirks.contains(.bareLineFeeds) { dispatch() }
            field.removeAll(keepingCapacity: true)
            field.append(contentsOf: SSELines.value(value))
        default: if quirks.contains(.bareJSON) { keep(line) }
        }
    }

    /// Begins the value of a `data` field.
    private mutating func begin(_ raw: UnsafeRawBufferPointer) {
        let value = SSELines.value(raw)
        if hasData, quirks.contains(.bareLineFeeds), SSELines.areApart(data, value) { dispatch() }
        if hasData { data.append(0x0a) }
        hasData = true
        data.append(contentsOf: value)
    }

    /// Makes the event ready, if there is one, and begins the next.
    private mutating func dispatch() {
        if hasData {
            swap(&event, &data)
            swap(&name, &field)
            isReady = true
        }
        if data.capacity > Self.keptCapacity { data = [] } else { data.removeAll(keepingCapacity: true) }
        field.removeAll(keepingCapacity: true)
        hasData = false
    }

    private mutating func keep(_ line: UnsafeRawBufferPointer) {
        let begins = line.first == 0x7b || line.first == 0x5b
        guard begins || !stray.isEmpty, stray.count + line.count < SSELines.mostOther else { return }
        stray.append(contentsOf: line)
        stray.append(0x0a)
    }

    private mutating func checkLimit() {
        guard pending > limit else { return }
        (isOverLimit, isReady, hasData) = (true, false, false)
        (partial, data) = ([], [])
    }
}
