extension String {
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
