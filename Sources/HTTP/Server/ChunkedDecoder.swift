/// Decodes chunked transfer coding (RFC 9112 §7.1) at any split of the bytes.
///
/// States: `size` (hex digits), `extension` (skipped up to CR), `sizeLF`, `data`, `dataCR`, `dataLF`, `trailer`
/// (lines skipped), `trailerLF`, `done`.
package struct ChunkedDecoder {
    private enum State { case size, ext, sizeLF, data, dataCR, dataLF, trailerStart, trailer, trailerLF, endLF, done }

    private var state = State.size
    private var remaining = 0
    private var digits = 0
    private var skipped = 0

    package init() {}

    package var isDone: Bool { state == .done }

    /// Consumes bytes up to the end of the body and appends the content.
    /// - Returns: how many bytes belong to this body.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(BodyError) -> Int {
        var index = 0
        while index < bytes.count, state != .done {
            if state == .data {
                let count = min(remaining, bytes.count - index)
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[index..<(index + count)]))
                remaining -= count
                index += count
                if remaining == 0 { state = .dataCR }
                continue
            }
            try step(bytes[index])
            index += 1
        }
        return index
    }

    private mutating func step(_ byte: UInt8) throws(BodyError) {
        switch state {
        case .size: try sizeDigit(byte)
        case .ext:
            skipped += 1
            if byte == 0x0d { state = .sizeLF } else if byte == 0x0a || byte == 0 || skipped > 1024 { throw .malformed }
        case .sizeLF:
            guard byte == 0x0a else { throw .malformed }
            state = remaining == 0 ? .trailerStart : .data
        case .dataCR:
            guard byte == 0x0d else { throw .malformed }
            state = .dataLF
        case .dataLF:
            guard byte == 0x0a else { throw .malformed }
            state = .size
            digits = 0
        case .trailerStart:
            state = byte == 0x0d ? .endLF : .trailer
            if byte == 0x0a || byte == 0 { throw .malformed }
        case .trailer:
            skipped += 1
            if byte == 0x0d {
                state = .trailerLF
            } else if byte == 0x0a || byte == 0 || skipped > 8192 {
                throw .malformed
            }
        case .trailerLF:
            guard byte == 0x0a else { throw .malformed }
            state = .trailerStart
        case .endLF:
            guard byte == 0x0a else { throw .malformed }
            state = .done
        case .data, .done: break
        }
    }

    private mutating func sizeDigit(_ byte: UInt8) throws(BodyError) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case 0x41...0x46: digit = byte - 0x41 + 10
        case 0x61...0x66: digit = byte - 0x61 + 10
        case 0x0d where digits > 0:
            state = .sizeLF
            return
        case 0x3b where digits > 0:
            state = .ext
            return
        default: throw .malformed
        }
        // Fifteen hex digits fit in Int and are far above any limit.
        guard digits < 15 else { throw .malformed }
        if digits == 0 { remaining = 0 }
        digits += 1
        remaining = remaining << 4 | Int(digit)
    }
}
