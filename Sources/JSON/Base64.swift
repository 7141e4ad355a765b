/// Base64 (RFC 4648 §4), the encoding of bytes in JSON, without Foundation.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        // Write directly into the string, since images have megabytes.
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { output in
            var (index, place) = (0, 0)
            while index < bytes.count {
                let count = min(3, bytes.count - index)
                var group = UInt32(bytes[index]) << 16
                if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
                if count > 2 { group |= UInt32(bytes[index + 2]) }
                output[place] = alphabet[Int(group >> 18 & 63)]
                output[place + 1] = alphabet[Int(group >> 12 & 63)]
                output[place + 2] = count > 1 ? alphabet[Int(group >> 6 & 63)] : 0x3d
                output[place + 3] = count > 2 ? alphabet[Int(group & 63)] : 0x3d
                index += 3
                place += 4
            }
            return place
        }
    }

    /// Returns `nil` for a character outside the alphabet, or a length that no encoder produces.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var output: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        var padding = 0
        for byte in text.utf8 {
            if byte == 0x3d {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: byte) else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bits < 6 && padding <= 2 ? output : nil
    }

    /// The first bytes of a text that may have errors. It reads characters of both alphabets (RFC 4648 §4 and §5) and
    /// skips all others.
    /// - Parameter limit: how many bytes to decode.
    package static func decodeBeginning(of text: UnsafeRawBufferPointer, limit: Int) -> [UInt8] {
        var output: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for byte in text {
            guard byte != 0x3d, output.count < limit else { break }
            guard let value = value(of: byte == 0x2d ? 0x2b : byte == 0x5f ? 0x2f : byte) else { continue }
            // Bits that were written before are shifted out at the top.
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return output
    }

    /// The text in the form of RFC 4648 §4: without blanks and line feeds, in the standard alphabet, and padded. It may
    /// still have other errors.
    package static func normal(_ text: some StringProtocol) -> String {
        var text = String(text)
        if isNormal(&text) { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x09...0x0d, 0x20: continue
            case 0x2d: output.append(0x2b)
            case 0x5f: output.append(0x2f)
            default: output.append(byte)
            }
        }
        // No encoder produces a remainder of one, so such a text is not padded.
        while output.count % 4 > 1 { output.append(0x3d) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether a text consists only of whole groups of the standard alphabet.
    package static func isNormal(_ text: inout String) -> Bool {
        text.withUTF8 { bytes in
            isPlain.withUnsafeBufferPointer { isPlain in
                bytes.count % 4 == 0 && bytes.allSatisfy { isPlain[Int($0)] }
            }
        }
    }

    /// For each byte, whether it is in the standard alphabet or is `=`. A table is fast, and images have millions of
    /// bytes.
    private static let isPlain = (0...255).map { $0 == 0x3d || value(of: $0) != nil }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5a: UInt32(byte) - 0x41
        case 0x61...0x7a: UInt32(byte) - 0x61 + 26
        case 0x30...0x39: UInt32(byte) - 0x30 + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }
}
