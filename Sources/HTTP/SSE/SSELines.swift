import Glibc

/// What the lines of server-sent events are made of.
enum SSELines {
    static let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    static let dataField = Array("data:".utf8)
    /// Bytes that show which field a line has, and what its value begins with.
    static let head = 64
    /// Longer lines, other than of data, mean nothing.
    static let mostOther = 64 << 10

    /// Where the first LF or CR is.
    static func end(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        func first(_ byte: Int32, before end: Int) -> Int? {
            memchr(base, byte, end).map { base.distance(to: UnsafeRawPointer($0)) }
        }
        let feed = first(0x0a, before: bytes.count)
        return first(0x0d, before: feed ?? bytes.count) ?? feed
    }

    /// A field's value without the blank behind the colon.
    static func value(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        raw.first == 0x20 ? UnsafeRawBufferPointer(rebasing: raw[1...]) : raw
    }

    /// Whether two lines of data belong to two events: one ends an object or an array, the other begins one. Inside of one
    /// JSON a comma would stand between them. `[DONE]` begins as an array does.
    static func areApart(_ data: [UInt8], _ line: UnsafeRawBufferPointer) -> Bool {
        guard let last = data.last(where: { $0 > 0x20 }), last == 0x7d || last == 0x5d else { return false }
        guard let first = line.first(where: { $0 > 0x20 }) else { return false }
        return first == 0x7b || first == 0x5b
    }
}
