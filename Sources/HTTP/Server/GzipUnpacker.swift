import CZlib

/// Unpacks a gzip body (of one or several members) in slices, so that its owner can do something else in between.
final class GzipUnpacker {
    /// The most bytes that one step unpacks.
    static let slice = 64 << 10

    private(set) var output: [UInt8] = []
    private let limit: Int
    // It is on the heap, since zlib keeps its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var position = 0
    private var block = [UInt8](repeating: 0, count: slice)

    /// - Parameter limit: the most unpacked bytes.
    init?(limit: Int) {
        self.limit = limit
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks a slice.
    /// - Parameter packed: the whole body, the same at each step.
    /// - Returns: whether this was the end.
    /// - Throws: `.tooLarge`, or `.badEncoding` for anything that is not whole gzip data.
    func step(_ packed: [UInt8]) throws(BodyError) -> Bool {
        let (status, count) = inflateSlice(packed)
        if count > limit - output.count { throw .tooLarge }
        output.append(contentsOf: block[..<count])
        let isAtEnd = position == packed.count
        switch status {
        case Z_STREAM_END:
            if isAtEnd { return true }
            guard inflateReset(stream) == Z_OK else { throw .badEncoding }
        case Z_OK:
            if count == 0, isAtEnd { throw .badEncoding }
        default: throw .badEncoding
        }
        return false
    }

    private func inflateSlice(_ packed: [UInt8]) -> (status: Int32, count: Int) {
        packed.withUnsafeBufferPointer { input in
            block.withUnsafeMutableBufferPointer { block in
                // zlib's counters have 32 bits.
                let given = min(input.count - position, 1 << 30)
                // zlib does not write there. Its declaration only lacks `const`.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + position })
                stream.pointee.avail_in = UInt32(given)
                stream.pointee.next_out = block.baseAddress
                stream.pointee.avail_out = UInt32(block.count)
                let status = inflate(stream, Z_NO_FLUSH)
                position += given - Int(stream.pointee.avail_in)
                return (status, block.count - Int(stream.pointee.avail_out))
            }
        }
    }
}
