import Glibc

/// Splits a body into server-sent events by the WHATWG rules, at any division of the bytes.
///
/// Lines end with LF, CRLF or CR; comments are dropped; several `data` lines join with LF; an event without data is
/// none. An unfinished event at the end of the body is no event (`isAtBoundary` tells).
package struct SSEParser: Sendable {
    /// Bytes of a line that has not ended yet.
    private var partial: [UInt8] = []
    private var data: [UInt8] = []
    private var name: [UInt8] = []
    private var hasData = false
    private var endedWithCR = false
    private var isFirstLine = true
    /// Bytes that one event may have before `isOverLimit` turns true.
    private let limit: Int
    package private(set) var isOverLimit = false

    package init(limit: Int = 4 << 20) { self.limit = limit }

    /// Whether everything fed so far has come out as events.
    package var isAtBoundary: Bool { partial.isEmpty && !hasData }

    /// Feeds bytes; calls `onEvent` with each event's name (empty: `message`) and data, valid during the call.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer,
        onEvent: (_ name: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        if endedWithCR, let first = bytes.first {
            endedWithCR = false
            if first == 0x0a { start = 1 }
        }
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            guard let end = rest.firstIndex(where: { $0 == 0x0a || $0 == 0x0d }) else {
                partial.append(contentsOf: rest)
                if partial.count + data.count > limit { isOverLimit = true }
                return
            }
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            if partial.isEmpty {
                take(line, onEvent)
            } else {
                partial.append(contentsOf: line)
                let whole = partial
                partial.removeAll(keepingCapacity: true)
                whole.withUnsafeBytes { take($0, onEvent) }
            }
            start += end + 1
            if rest[end] == 0x0d {
                if start < bytes.count {
                    if bytes[start] == 0x0a { start += 1 }
                } else {
                    endedWithCR = true
                }
            }
        }
    }

    private mutating func take(
        _ line: UnsafeRawBufferPointer,
        _ onEvent: (_ name: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer) -> Void
    ) {
        var line = line
        if isFirstLine {
            isFirstLine = false
            // A byte order mark may open the stream.
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line = UnsafeRawBufferPointer(rebasing: line[3...]) }
        }
        if line.isEmpty {
            if hasData {
                name.withUnsafeBytes { name in data.withUnsafeBytes { onEvent(name, $0) } }
            }
            data.removeAll(keepingCapacity: true)
            name.removeAll(keepingCapacity: true)
            hasData = false
            return
        }
        let colon = line.firstIndex(of: 0x3a) ?? line.count
        var value = UnsafeRawBufferPointer(rebasing: line[min(colon + 1, line.count)...])
        if value.first == 0x20 { value = UnsafeRawBufferPointer(rebasing: value[1...]) }
        switch colon {
        case 4 where line[..<4].elementsEqual("data".utf8):
            if hasData { data.append(0x0a) }
            hasData = true
            data.append(contentsOf: value)
            if data.count > limit { isOverLimit = true }
        case 5 where line[..<5].elementsEqual("event".utf8):
            name.removeAll(keepingCapacity: true)
            name.append(contentsOf: value)
        default:
            break
        }
    }
}
