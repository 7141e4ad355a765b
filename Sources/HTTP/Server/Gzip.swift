import CZlib

/// gzip by zlib, with a limit on the unpacked size.
package enum Gzip {
    /// Unpacks a whole gzip body, which may have several members.
    /// - Throws: `.tooLarge` above `limit` bytes, `.badEncoding` for anything that is not whole gzip data.
    package static func unpack(_ packed: [UInt8], limit: Int) throws(BodyError) -> [UInt8] {
        guard let unpacker = GzipUnpacker(limit: limit) else { throw .badEncoding }
        while try !unpacker.step(packed) {}
        return unpacker.output
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
