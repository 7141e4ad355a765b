/// Bytes that were received and not consumed yet.
struct InputBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Move the rest to the front when this many bytes are consumed.
    private static let slack = 16 << 10

    var count: Int { bytes.count - start }
    var isEmpty: Bool { bytes.count == start }
    /// The bytes of memory that it holds.
    var capacity: Int { bytes.capacity }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
        start = 0
    }

    /// Drops consumed bytes, then adds new ones. Otherwise every byte of a client that always leaves part of a request
    /// here would be kept.
    mutating func append(_ more: UnsafeRawBufferPointer) {
        if isEmpty {
            removeAll()
        } else if start >= Self.slack {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Drops bytes at the front.
    /// - Returns: how many bytes were dropped.
    mutating func skip(_ length: Int) -> Int {
        let skipped = min(length, count)
        start += skipped
        return skipped
    }

    /// Moves everything to the end of `body`.
    mutating func moveAll(to body: inout [UInt8]) {
        body.append(contentsOf: bytes[start...])
        removeAll()
    }

    /// Skips empty lines before a request line, as RFC 9112 §2.2 recommends.
    mutating func dropLeadingBlankLines() {
        while count >= 2, bytes[start] == 0x0d, bytes[start + 1] == 0x0a { start += 2 }
    }

    mutating func takeHead(_ parser: HeadParser, scanned: inout Int) throws(HeadError) -> RequestHead? {
        var head: RequestHead?
        var failure: HeadError?
        bytes.withUnsafeBytes { all in
            let unread = UnsafeRawBufferPointer(rebasing: all[start...])
            do throws(HeadError) {
                guard let end = try parser.headEnd(in: unread, scanned: scanned) else {
                    scanned = unread.count
                    return
                }
                head = try parser.parse(UnsafeRawBufferPointer(rebasing: unread[..<end]))
                start += end
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return head
    }

    /// - Parameter length: at most `count`.
    mutating func take(_ length: Int) -> [UInt8] {
        defer { start += length }
        return Array(bytes[start..<(start + length)])
    }

    mutating func decode(_ decoder: inout ChunkedDecoder, into body: inout [UInt8]) throws(BodyError) {
        var failure: BodyError?
        bytes.withUnsafeBytes { all in
            do throws(BodyError) {
                start += try decoder.feed(UnsafeRawBufferPointer(rebasing: all[start...]), into: &body)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension [UInt8] {
    mutating func appendDecimal(_ value: Int) {
        if value < 10 {
            append(0x30 + UInt8(value))
            return
        }
        appendDecimal(value / 10)
        append(0x30 + UInt8(value % 10))
    }

    mutating func appendHexadecimal(_ value: Int) {
        if value >= 16 { appendHexadecimal(value >> 4) }
        let digit = UInt8(value & 15)
        append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }

    mutating func append(contentsOf text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
