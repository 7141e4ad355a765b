/// Repairs lone halves of surrogate pairs in a JSON text.
///
/// An upstream that divides an answer between two UTF-16 code units writes a Unicode scalar as `"\ud83d"` in one event
/// and `"\ude00"` in the next. Neither half is a scalar, so most parsers, such as simdjson, refuse both documents.
package struct LoneSurrogates: Sendable {
    /// The escape of a first half, which ended a string of an earlier document and waits for its second half.
    private var kept: [UInt8] = []

    private static let unknown = Array(#"\ufffd"#.utf8)
    private static let length = 6

    package init() {}

    /// The document with U+FFFD in place of each lone half.
    /// - Returns: `nil` if there is no lone half.
    package static func replaced(in text: [UInt8]) -> [UInt8]? {
        var surrogates = LoneSurrogates()
        return surrogates.mended(text, keepsBack: false)
    }

    /// Repairs the next document of a stream. A first half at the end of a string moves to the string of a later
    /// document that begins with a second half. Any other lone half becomes U+FFFD.
    /// - Returns: `nil` if there is no lone half.
    package mutating func joined(_ text: [UInt8]) -> [UInt8]? { mended(text, keepsBack: true) }

    private mutating func mended(_ text: [UInt8], keepsBack: Bool) -> [UInt8]? {
        var output: [UInt8] = []
        // How many bytes of the text are already in the output.
        var taken = 0
        text.withUnsafeBytes { bytes in
            var index = 0
            var start: Int?
            while index < bytes.count {
                index = JSONSpans.quoteOrBackslash(in: bytes, from: index)
                guard index < bytes.count else { break }
                if bytes[index] == 0x22 {
                    index += 1
                    start = start == nil ? index : nil
                    continue
                }
                guard let half = Self.surrogate(bytes, index) else {
                    index += 2
                    continue
                }
                let end = index + Self.length
                if half < 0xdc00, let other = Self.surrogate(bytes, end), other >= 0xdc00 {
                    index = end + Self.length
                    continue
                }
                let escape = Array(bytes[index..<end])
                let endsString = end < bytes.count && bytes[end] == 0x22
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[taken..<index]))
                if half < 0xdc00, keepsBack, endsString, kept.isEmpty {
                    kept = escape
                } else if half >= 0xdc00, index == start, !kept.isEmpty {
                    output += kept + escape
                    kept = []
                } else {
                    output += Self.unknown
                }
                (index, taken) = (end, end)
            }
        }
        guard taken > 0 else { return nil }
        output += text[taken...]
        return output
    }

    /// The half of a surrogate pair whose escape begins at an index; `nil` if there is none.
    private static func surrogate(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt16? {
        guard index + length <= bytes.count, bytes[index] == 0x5c, bytes[index + 1] == 0x75 else { return nil }
        let digits = String(decoding: bytes[(index + 2)..<(index + length)], as: UTF8.self)
        guard let unit = UInt16(digits, radix: 16), unit & 0xf800 == 0xd800 else { return nil }
        return unit
    }
}
