/// What an `Authorization` header holds.
enum BearerCredentials {
    /// The key behind the scheme `Bearer`, without the blanks around it. The scheme may be written in upper or lower case
    /// (RFC 9110 §11.1), and may be absent, as one-api allows.
    static func key(in header: String) -> Substring {
        // This works on UTF-8 bytes, because every request passes here. Nearly all are spelled like this.
        let usual = "Bearer "
        if header.utf8.starts(with: usual.utf8), header.utf8.last.map(isBlank) == false {
            let key = header.utf8.dropFirst(usual.utf8.count)
            if key.first.map(isBlank) == false { return Substring(key) }
        }
        var rest = trimmed(header.utf8[...])
        // Upper case and lower case differ by the bit 0x20.
        let isScheme = zip(rest.prefix(6), "bearer".utf8).allSatisfy { $0 | 0x20 == $1 } && rest.count >= 6
        if isScheme {
            let key = rest.dropFirst(6)
            if key.first.map(isBlank) ?? true { rest = trimmed(key) }
        }
        return Substring(rest)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
