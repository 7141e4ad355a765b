import JSON

/// A data address (RFC 2397) as clients write it: with parameters beside the type, blanks and line feeds anywhere, escapes
/// with `%`, and words in any case.
struct DataAddress {
    /// As the client calls it; empty where it does not say.
    let type: String
    /// In base64.
    let data: String

    /// Bytes before the comma; a longer head is none.
    private static let longestHead = 1024

    /// `nil` for other addresses.
    init?(_ address: String) {
        let address = Self.trimmed(address)
        guard address.utf8.prefix(5).map({ $0 | 0x20 }).elementsEqual("data:".utf8),
            let comma = address.utf8.prefix(Self.longestHead).firstIndex(of: 0x2c)
        else { return nil }
        let head = address[..<comma].dropFirst(5).split(separator: ";", omittingEmptySubsequences: false).map {
            String(Self.trimmed($0)).lowercased()
        }
        let type = head.first ?? ""
        let body = address[comma...].dropFirst()
        self.type = type
        if head.dropFirst().contains("base64") {
            var plain = String(body)
            data = Base64.isNormal(&plain) ? plain : String(decoding: Self.unescaped(body), as: UTF8.self)
        } else if !type.hasPrefix("text/"), MediaType.of(base64: body) != nil {
            // The client forgot the word.
            data = String(body)
        } else {
            data = Base64.encode(Self.unescaped(body))
        }
    }

    /// What may be base64 that nobody put a head before: it has no colon, which every address has near its beginning.
    static func bare(_ text: String) -> Substring? {
        let text = trimmed(text)
        guard text.utf8.count >= 8, !text.utf8.prefix(64).contains(0x3a) else { return nil }
        return text
    }

    /// Without blanks and line feeds at both ends.
    static func trimmed(_ text: some StringProtocol) -> Substring {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        var rest = Substring(text)
        while let first = rest.utf8.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.utf8.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    private static func unescaped(_ text: Substring) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                output.append(value)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return output
    }
}
