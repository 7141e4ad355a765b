import Glibc

/// The credentials in an `Authorization` header.
enum BearerCredentials {
    /// The key after the scheme `Bearer`, without the blanks around it. The scheme may be written in upper or lower
    /// case (RFC 9110 §11.1), and may be absent, as one-api allows.
    static func key(in header: String) -> Substring {
        // This works on UTF-8 bytes, because every request passes here. Nearly all headers have the usual form.
        if isUsual(header) { return Substring(header.utf8.dropFirst(usual.utf8CodeUnitCount)) }
        var rest = trimmed(header.utf8[...])
        // Upper case and lower case differ by the bit 0x20.
        let isScheme = zip(rest.prefix(6), "bearer".utf8).allSatisfy { $0 | 0x20 == $1 } && rest.count >= 6
        if isScheme {
            let key = rest.dropFirst(6)
            if key.first.map(isBlank) ?? true { rest = trimmed(key) }
        }
        return Substring(rest)
    }

    private static let usual: StaticString = "Bearer "

    /// Whether a header consists of the scheme, one blank, and a key without blanks around it.
    private static func isUsual(_ header: String) -> Bool {
        var text = header
        return text.withUTF8 { bytes in
            let length = usual.utf8CodeUnitCount
            guard bytes.count > length, let start = bytes.baseAddress, memcmp(start, usual.utf8Start, length) == 0
            else {
                return false
            }
            return !isBlank(bytes[length]) && !isBlank(bytes[bytes.count - 1])
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
