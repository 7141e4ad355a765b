/// Writes JSON in the layout of a provider: compact, or indented as its servers send it.
struct Document {
    private(set) var bytes: [UInt8] = []
    private let indent: Int
    private let isSpaced: Bool
    private var level = 0
    private var isFirst = true
    private var afterKey = false

    /// - Parameters:
    ///   - indent: the number of spaces of a level; 0 writes compact JSON.
    ///   - isSpaced: puts a space behind each colon. Indented JSON always has one.
    init(indent: Int = 0, isSpaced: Bool = false, reserving capacity: Int = 512) {
        self.indent = indent
        self.isSpaced = isSpaced || indent > 0
        bytes.reserveCapacity(capacity)
    }

    private mutating func separate() {
        if afterKey {
            afterKey = false
            return
        }
        if level == 0 { return }
        if !isFirst { bytes.append(0x2c) }
        isFirst = false
        newLine()
    }

    private mutating func newLine() {
        guard indent > 0 else { return }
        bytes.append(0x0a)
        for _ in 0..<(indent * level) { bytes.append(0x20) }
    }

    mutating func object(_ body: (inout Document) -> Void) { container(0x7b, 0x7d, body) }
    mutating func array(_ body: (inout Document) -> Void) { container(0x5b, 0x5d, body) }

    private mutating func container(_ open: UInt8, _ close: UInt8, _ body: (inout Document) -> Void) {
        separate()
        bytes.append(open)
        level += 1
        isFirst = true
        body(&self)
        level -= 1
        if !isFirst { newLine() }
        isFirst = false
        bytes.append(close)
    }

    mutating func key(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        append(name)
        bytes.append(0x22)
        endKey()
    }

    mutating func key(_ name: String) {
        separate()
        appendQuoted(name)
        endKey()
    }

    private mutating func endKey() {
        bytes.append(0x3a)
        if isSpaced { bytes.append(0x20) }
        afterKey = true
    }

    mutating func string(_ text: String) {
        separate()
        appendQuoted(text)
    }

    mutating func int(_ value: Int) { raw(String(value)) }
    mutating func null() { raw("null") }
    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    /// Writes text that is JSON already.
    mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.appendJSON(text)
    }
}

extension Document {
    mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    mutating func array(_ name: StaticString, _ body: (inout Document) -> Void) {
        key(name)
        array(body)
    }

    mutating func object(_ name: StaticString, _ body: (inout Document) -> Void) {
        key(name)
        object(body)
    }
}

extension [UInt8] {
    /// Appends a string literal, quoted and escaped. Characters beyond ASCII are not escaped.
    mutating func appendJSON(_ text: String) {
        append(0x22)
        var text = text
        text.withUTF8 { utf8 in
            let isPlain = utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }
            if isPlain { return append(contentsOf: utf8) }
            for byte in utf8 { appendEscaped(byte) }
        }
        append(0x22)
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22, 0x5c:
            append(0x5c)
            append(byte)
        case 0x0a: append(contentsOf: [0x5c, 0x6e])
        case 0x0d: append(contentsOf: [0x5c, 0x72])
        case 0x09: append(contentsOf: [0x5c, 0x74])
        case 0..<0x20:
            let digit = byte & 15
            append(contentsOf: [0x5c, 0x75, 0x30, 0x30, 0x30 + (byte >> 4), digit < 10 ? 0x30 + digit : 0x57 + digit])
        default: append(byte)
        }
    }
}
