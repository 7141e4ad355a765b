/// What an `Authorization` header holds.
enum BearerCredentials {
    /// The key behind the scheme `Bearer`, which may be written in any letter case (RFC 9110 §11.1) and may be absent, as
    /// one-api allows; without the blanks around it.
    static func key(in header: String) -> Substring {
        // On UTF-8, since every request comes through here.
        var rest = trimmed(header.utf8[...])
        // 0x20 is what tells the letter cases apart.
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
