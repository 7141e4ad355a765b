import CZlib

/// gzip through zlib, with a limit on what comes out.
package enum Gzip {
    /// Unpacks a whole gzip body (several members too).
    /// - Throws: `.tooLarge` above `limit` bytes, `.badEncoding` for anything that is not whole gzip data.
    package static func unpack(_ packed: [UInt8], limit: Int) throws(BodyError) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .badEncoding
        }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var input = packed
        let failure: BodyError? = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(truncatingIfNeeded: input.count)
            return inflateAll(&stream, into: &output, limit: limit)
        }
        if let failure { throw failure }
        return output
    }

    private static func inflateAll(_ stream: inout z_stream, into output: inout [UInt8], limit: Int) -> BodyError? {
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let (status, count) = block.withUnsafeMutableBufferPointer { block in
                stream.next_out = block.baseAddress
                stream.avail_out = UInt32(block.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                return (status, block.count - Int(stream.avail_out))
            }
            output.append(contentsOf: block[..<count])
            if output.count > limit { return .tooLarge }
            switch status {
            case Z_STREAM_END:
                if stream.avail_in == 0 { return nil }
                guard inflateReset(&stream) == Z_OK else { return .badEncoding }
            case Z_OK:
                if count == 0, stream.avail_in == 0 { return .badEncoding }
            default:
                return .badEncoding
            }
        }
    }

    /// Packs a body; `nil` if zlib fails.
    package static func pack(_ plain: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, 5, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = plain
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(plain.count))))
        let isDone = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(truncatingIfNeeded: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(truncatingIfNeeded: output.count)
                return deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
        }
        guard isDone else { return nil }
        output.removeLast(Int(stream.avail_out))
        return output
    }
}
