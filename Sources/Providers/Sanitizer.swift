/// The one gate through which an upstream's text reaches a client: bounded, without control and direction characters,
/// API keys masked.
/// - Parameter limit: characters (Unicode scalars) that are kept.
package func sanitized(_ text: String, limit: Int) -> String {
    var output = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        output.unicodeScalars.append(isHarmless(scalar) ? scalar : " ")
    }
    return keyPrefixes.reduce(output) { maskKeys($0, prefix: $1) }
}

/// How the keys of well-known vendors begin, and what stands before one in a header.
private let keyPrefixes = ["sk-", "gsk_", "xai-", "AIza", "sess-", "Bearer "]

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0a: true
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: false
    default: true
    }
}

/// Replaces what follows `prefix` wherever that looks like a key.
private func maskKeys(_ text: String, prefix: String) -> String {
    guard text.contains(prefix) else { return text }
    var output = ""
    var rest = text[...]
    while let range = rest.firstRange(of: prefix) {
        let isWordStart = rest[..<range.lowerBound].last.map { !$0.isLetter && !$0.isNumber } ?? true
        output += rest[..<range.upperBound]
        let tail = rest[range.upperBound...]
        let key = tail.prefix { $0.isLetter || $0.isNumber || "-_*.".contains($0) }
        // "Bearer authentication" is no key; what has digits is.
        let isKey = isWordStart && key.count >= 8 && (prefix.last != " " || key.contains { $0.isNumber })
        output += isKey ? "***" : key
        // A sentence's full stop is no part of the key.
        if isKey, key.last == "." { output += "." }
        rest = tail[key.endIndex...]
    }
    return output + rest
}
