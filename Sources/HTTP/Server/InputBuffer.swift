import Glibc

/// Bytes received and not consumed yet.
struct InputBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    private static let step = 16 << 10

    var count: Int { bytes.count - start }
    var isEmpty: Bool { bytes.count == start }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 256 << 10)
        start = 0
    }

    /// Reads once from a descriptor.
    /// - Returns: whether the kernel's buffer is drained (a short read); `nil` at the end of the stream (`errno` 0) or
    ///   on an error (`errno`).
    mutating func fill(from descriptor: Int32) -> Bool? {
        if start == bytes.count { removeAll() }
        let old = bytes.count
        var received = 0
        let room = Self.step
        withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { block in
            received = read(descriptor, block.baseAddress, room)
            if received > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<received])) }
        }
        if received > 0 { return bytes.count - old < room }
        if received == 0 { errno = 0 }
        return nil
    }

    /// Robustness before a request line (RFC 9112 §2.2).
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

    mutating func take(_ length: Int) -> [UInt8] {
        defer { start += length }
        if start == 0, length == bytes.count {
            defer { bytes = [] }
            let whole = bytes
            start = -length
            return whole
        }
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
