extension String {
    /// Unicode scalars, which is what OpenAI's places in a text count; eight bytes at a time.
    var letterCount: Int {
        var text = self
        return text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            var (index, continuations) = (0, 0)
            while index + 8 <= raw.count {
                // Bytes that continue a letter begin with the bits 10.
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                continuations += (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
                index += 8
            }
            while index < raw.count {
                if raw[index] & 0xc0 == 0x80 { continuations += 1 }
                index += 1
            }
            return raw.count - continuations
        }
    }

    /// Whether there is nothing but white space.
    var isBlank: Bool {
        // Most texts tell by their first byte.
        if let first = utf8.first, first > 0x20, first < 0x7f { return false }
        return allSatisfy(\.isWhitespace)
    }

    /// Where a word begins, in bytes. For the names of models, which are looked at with every request: the library's own
    /// search is made for longer texts.
    func utf8Offset(of word: StaticString) -> Int? {
        var text = self
        return text.withUTF8 { bytes in
            let length = word.utf8CodeUnitCount
            guard bytes.count >= length else { return nil }
            let wanted = UnsafeBufferPointer(start: word.utf8Start, count: length)
            return (0...(bytes.count - length)).first { bytes[$0..<($0 + length)].elementsEqual(wanted) }
        }
    }
}
