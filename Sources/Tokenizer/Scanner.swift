import CVocabulary

/// Character classes as the split patterns distinguish them.
enum CharacterClass {
    static let other: UInt8 = 0
    static let upper: UInt8 = 1
    static let lower: UInt8 = 2
    static let letter: UInt8 = 3
    static let mark: UInt8 = 4
    static let number: UInt8 = 5
    static let space: UInt8 = 6
    static let newline: UInt8 = 7

    /// Page numbers, then pages (Scripts/vocabulary).
    nonisolated(unsafe) static let pages: UnsafePointer<UInt16> = {
        // These are constant bytes of the executable, so sharing them is safe.
        var length = 0
        guard let base = oneapi_unicode_classes(&length), length > 0x1100 * 2 else {
            fatalError("the embedded Unicode classes are missing")
        }
        return base.assumingMemoryBound(to: UInt16.self)
    }()
}

/// Walks over UTF-8 and finds the next piece of a split pattern. The patterns are tiktoken's; each alternative is
/// written out here, and none needs to look further than one character behind a run.
struct Scanner {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    private let pages = CharacterClass.pages

    init(bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Class and length of the character at an index; (`other`, 1) for a byte that is not UTF-8.
    @inline(__always)
    private func character(at index: Int) -> (kind: UInt8, length: Int) {
        let first = bytes[index]
        if first < 0x80 { return (kind(UInt32(first)), 1) }
        if first < 0xc2 { return (CharacterClass.other, 1) }
        if first < 0xe0, index + 1 < count {
            return (kind(UInt32(first & 0x1f) << 6 | UInt32(bytes[index + 1] & 0x3f)), 2)
        }
        if first < 0xf0, index + 2 < count {
            let high = UInt32(first & 0x0f) << 12 | UInt32(bytes[index + 1] & 0x3f) << 6
            return (kind(high | UInt32(bytes[index + 2] & 0x3f)), 3)
        }
        if first < 0xf5, index + 3 < count {
            let high = UInt32(first & 0x07) << 18 | UInt32(bytes[index + 1] & 0x3f) << 12
            return (kind(high | UInt32(bytes[index + 2] & 0x3f) << 6 | UInt32(bytes[index + 3] & 0x3f)), 4)
        }
        return (CharacterClass.other, 1)
    }

    @inline(__always)
    private func kind(_ scalar: UInt32) -> UInt8 {
        guard scalar < 0x110000 else { return CharacterClass.other }
        let page = Int(pages[Int(scalar >> 8)])
        let base = UnsafeRawPointer(pages + 0x1100).assumingMemoryBound(to: UInt8.self)
        return base[page << 8 | Int(scalar & 0xff)]
    }

    @inline(__always) private func isLetter(_ kind: UInt8) -> Bool { kind &- 1 < 3 }
    @inline(__always) private func isSpace(_ kind: UInt8) -> Bool { kind >= CharacterClass.space }
    /// `[^\s\p{L}\p{N}]`
    @inline(__always) private func isSymbol(_ kind: UInt8) -> Bool {
        kind == CharacterClass.other || kind == CharacterClass.mark
    }

    // MARK: cl100k

    /// End of the piece at `start`:
    /// `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|
    /// ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`
    func cl100k(_ start: Int) -> Int {
        let first = character(at: start)
        if bytes[start] == 0x27, let end = contraction(start) { return end }
        if isLetter(first.kind) { return letters(start + first.length) }
        let next = start + first.length
        if first.kind != CharacterClass.newline, first.kind != CharacterClass.number, next < count {
            let second = character(at: next)
            if isLetter(second.kind) { return letters(next + second.length) }
        }
        if first.kind == CharacterClass.number { return numbers(start) }
        if let end = symbols(start, first, trailing: 0x0a) { return end }
        return space(start, newlineFirst: false)
    }

    private func letters(_ start: Int) -> Int {
        var index = start
        while index < count {
            let next = character(at: index)
            if !isLetter(next.kind) { break }
            index += next.length
        }
        return index
    }

    private func numbers(_ start: Int) -> Int {
        var index = start
        for _ in 0..<3 where index < count {
            let next = character(at: index)
            if next.kind != CharacterClass.number { break }
            index += next.length
        }
        return index
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, with `/` among the trailing characters for o200k.
    private func symbols(_ start: Int, _ first: (kind: UInt8, length: Int), trailing: UInt8) -> Int? {
        var index = start
        if bytes[start] == 0x20 { index += 1 }
        let body = index
        while index < count {
            let next = character(at: index)
            if !isSymbol(next.kind) { break }
            index += next.length
        }
        if index == body { return nil }
        while index < count, bytes[index] == 0x0a || bytes[index] == 0x0d || bytes[index] == trailing { index += 1 }
        return index
    }

    /// The end of white space: the last line end in the run; else the end of the text, or the run without its last
    /// character.
    /// - Parameter newlineFirst: whether a line end counts even if the run ends the text (o200k).
    private func space(_ start: Int, newlineFirst: Bool) -> Int {
        var index = start
        var afterNewline: Int?
        var last = start
        while index < count {
            let next = character(at: index)
            if !isSpace(next.kind) { break }
            last = index
            index += next.length
            if next.kind == CharacterClass.newline { afterNewline = index }
        }
        if index == count, !newlineFirst { return index }
        if let afterNewline { return afterNewline }
        if index == count || last == start { return index }
        return last
    }

    /// `'(?i:s|d|m|t|ll|ve|re)`. Case folding also treats U+017F as an s.
    private func contraction(_ start: Int) -> Int? {
        guard start + 1 < count else { return nil }
        let first = bytes[start + 1] | 0x20
        switch first {
        case 0x73, 0x64, 0x6d, 0x74: if bytes[start + 1] >= 0x41 { return start + 2 }
        default: break
        }
        guard start + 2 < count else { return nil }
        if bytes[start + 1] == 0xc5, bytes[start + 2] == 0xbf { return start + 3 }
        let second = bytes[start + 2] | 0x20
        guard bytes[start + 1] >= 0x41, bytes[start + 2] >= 0x41 else { return nil }
        switch (first, second) {
        case (0x6c, 0x6c), (0x76, 0x65), (0x72, 0x65): return start + 3
        default: return nil
        }
    }

    // MARK: o200k

    /// End of the piece at `start`: a word that may begin with capitals and end with a contraction, a number, symbols,
    /// or white space.
    func o200k(_ start: Int) -> Int {
        let first = character(at: start)
        if let end = word(start, first) { return suffix(end) }
        if first.kind == CharacterClass.number { return numbers(start) }
        if let end = symbols(start, first, trailing: 0x2f) { return end }
        return space(start, newlineFirst: true)
    }

    private func suffix(_ end: Int) -> Int {
        guard end < count, bytes[end] == 0x27 else { return end }
        return contraction(end) ?? end
    }

    /// `[^\r\n\p{L}\p{N}]?U*L+` or else `[^\r\n\p{L}\p{N}]?U+L*`. U is upper case, L is lower case, and both include
    /// other letters and marks.
    private func word(_ start: Int, _ first: (kind: UInt8, length: Int)) -> Int? {
        let mayPrefix =
            !isLetter(first.kind) && first.kind != CharacterClass.newline && first.kind != CharacterClass.number
        if mayPrefix, let end = lowerWord(start + first.length) { return end }
        if let end = lowerWord(start) { return end }
        if mayPrefix, let end = upperRun(start + first.length) { return end }
        return upperRun(start)
    }

    private func lowerWord(_ start: Int) -> Int? {
        var index = start
        // The last place inside the run of U where `L+` can begin: its last character that belongs to both classes.
        var fallback: Int?
        while index < count {
            let next = character(at: index)
            if next.kind == CharacterClass.lower { return lowerRun(index) }
            guard
                next.kind == CharacterClass.upper || next.kind == CharacterClass.letter
                    || next.kind == CharacterClass.mark
            else { break }
            index += next.length
            if next.kind != CharacterClass.upper { fallback = index }
        }
        return fallback
    }

    private func lowerRun(_ start: Int) -> Int {
        var index = start
        while index < count {
            let next = character(at: index)
            guard next.kind >= CharacterClass.lower, next.kind <= CharacterClass.mark else { break }
            index += next.length
        }
        return index
    }

    private func upperRun(_ start: Int) -> Int? {
        var index = start
        while index < count {
            let next = character(at: index)
            guard
                next.kind == CharacterClass.upper || next.kind == CharacterClass.letter
                    || next.kind == CharacterClass.mark
            else { break }
            index += next.length
        }
        return index > start ? index : nil
    }
}
