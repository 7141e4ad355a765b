import Glibc

/// Constants and helpers for the lines of server-sent events.
enum SSELines {
    static let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    static let dataField = Array("data:".utf8)
    /// This many bytes of a line are enough to show its field and how its value begins.
    static let head = 64
    /// Lines other than `data` are kept up to about this many bytes. No meaningful line is longer.
    static let mostOther = 64 << 10

    /// The index of the first LF or CR.
    static func end(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        func first(_ byte: Int32, before end: Int) -> Int? {
            memchr(base, byte, end).map { base.distance(to: UnsafeRawPointer($0)) }
        }
        let feed = first(0x0a, before: bytes.count)
        return first(0x0d, before: feed ?? bytes.count) ?? feed
    }

    /// A field's value without the blank after the colon.
    static func value(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        raw.first == 0x20 ? UnsafeRawBufferPointer(rebasing: raw[1...]) : raw
    }

    /// Whether two lines of data belong to two events: one ends an object or an array, and the other begins one. Within
    /// one document a comma would be between them. `[DONE]` begins like an array.
    static func areApart(_ data: [UInt8], _ line: UnsafeRawBufferPointer) -> Bool {
        guard let last = data.last(where: { $0 > 0x20 }), last == 0x7d || last == 0x5d else { return false }
        guard let first = line.first(where: { $0 > 0x20 }) else { return false }
        return first == 0x7b || first == 0x5b
    }
}
