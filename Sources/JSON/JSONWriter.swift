/// Writes compact JSON and adds the commas.
package struct JSONWriter: ~Copyable {
    private var start: UnsafeMutableRawPointer
    private var count = 0
    private var capacity: Int
    private var needsComma = false

    /// - Parameter capacity: in bytes. The buffer grows as needed.
    package init(reserving capacity: Int = 768) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 1)
    }

    deinit { start.deallocate() }

    /// Everything that was written.
    package consuming func finish() -> [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count)) }

    package mutating func beginObject() {
        separate()
        append(0x7b)
        needsComma = false
    }

    package mutating func endObject() {
        append(0x7d)
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        append(0x5b)
        needsComma = false
    }

    package mutating func endArray() {
        append(0x5d)
        needsComma = true
    }

    /// Writes a name that needs no escapes.
    package mutating func key(_ name: StaticString) {
        word(name)
        append(0x3a)
        needsComma = false
    }

    package mutating func key(text name: String) {
        string(name)
        append(0x3a)
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { appendQuoted(UnsafeRawBufferPointer($0)) }
    }

    /// Writes null for `nil`.
    package mutating func string(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    /// Writes a string that needs no escapes.
    package mutating func word(_ text: StaticString) {
        separate()
        reserve(text.utf8CodeUnitCount + 2)
        appendReserved(0x22)
        appendReserved(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        appendReserved(0x22)
    }

    package mutating func int(_ value: Int) { int(Int64(value)) }

    package mutating func int(_ value: Int64) {
        separate()
        guard value >= 0 else { return append(String(value)) }
        // Digits are written backwards. The largest number has nineteen.
        reserve(19)
        var (rest, length) = (value, 1)
        while rest >= 10 { (rest, length) = (rest / 10, length + 1) }
        (rest, count) = (value, count + length)
        for place in 1...length {
            start.storeBytes(
                of: 0x30 + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: count - place, as: UInt8.self)
            rest /= 10
        }
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func null() { raw("null") }

    /// Writes bytes that are JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        json.withUnsafeBytes { append($0) }
    }

    package mutating func raw(_ json: StaticString) {
        separate()
        append(UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    package mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let number):
            separate()
            append(number.text)
        case .string(let text): string(text)
        case .array(let items):
            beginArray()
            for item in items { self.value(item) }
            endArray()
        case .object(let object): self.object(object)
        }
    }

    package mutating func object(_ object: JSONObject) {
        beginObject()
        members(of: object)
        endObject()
    }

    /// Writes the members of another object into the current one.
    package mutating func members(of object: JSONObject) {
        for member in object.members {
            key(text: member.key)
            value(member.value)
        }
    }

    // MARK: Bytes

    private mutating func separate() {
        if needsComma { append(0x2c) }
        needsComma = true
    }

    private mutating func append(_ byte: UInt8) {
        reserve(1)
        appendReserved(byte)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        appendReserved(bytes)
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    private mutating func appendQuoted(_ text: UnsafeRawBufferPointer) {
        // Reserve a whole word after the text.
        reserve(text.count + 10)
        appendReserved(0x22)
        let first = count
        appendReserved(text)
        // Check for escapes here, where all of it can be read eight bytes at a time.
        if JSONEscapes.isPlain(UnsafeRawBufferPointer(start: start + first, count: text.count)) {
            return appendReserved(0x22)
        }
        count = first
        JSONEscapes.forEachPiece(of: text) { append($0) }
        append(0x22)
    }

    private mutating func appendReserved(_ byte: UInt8) {
        start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private mutating func appendReserved(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(to: count + more) }
    }

    @inline(never)
    private mutating func grow(to needed: Int) {
        capacity = max(capacity * 2, needed)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
    }
}

/// Writes the bytes of strings.
package enum JSONEscapes {
    /// Appends a string with quotes.
    package static func append(_ text: String, to buffer: inout [UInt8]) {
        var text = text
        buffer.append(0x22)
        text.withUTF8 { bytes in
            forEachPiece(of: UnsafeRawBufferPointer(bytes)) { buffer.append(contentsOf: $0) }
        }
        buffer.append(0x22)
    }

    /// Whether nothing has to be escaped.
    /// - Parameter text: seven more bytes after it must be readable.
    @inline(__always)
    static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let base = text.baseAddress else { return true }
        var index = 0
        while index < text.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = marks(word)
            if found != 0 { return index + found.trailingZeroBitCount / 8 >= text.count }
            index += 8
        }
        return true
    }

    /// Visits the text between the quotes in pieces: unchanged bytes and escapes.
    static func forEachPiece(of text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        while true {
            let end = plainEnd(in: text, from: start)
            body(UnsafeRawBufferPointer(rebasing: text[start..<end]))
            guard end < text.count else { return }
            withUnsafeBytes(of: escape(of: text[end])) { body(UnsafeRawBufferPointer(rebasing: $0.prefix { $0 != 0 })) }
            start = end + 1
        }
    }

    private typealias Escape = (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)

    /// The text ends at the first zero byte.
    private static func escape(of byte: UInt8) -> Escape {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
        return switch byte {
        case 0x22, 0x5c: (0x5c, byte, 0, 0, 0, 0)
        case 0x0a: (0x5c, 0x6e, 0, 0, 0, 0)
        case 0x0d: (0x5c, 0x72, 0, 0, 0, 0)
        case 0x09: (0x5c, 0x74, 0, 0, 0, 0)
        default: (0x5c, 0x75, 0x30, 0x30, digit(byte >> 4), digit(byte & 15))
        }
    }

    /// The index of the next byte that has to be escaped, or else the end.
    private static func plainEnd(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        ByteSearch.first(
            in: text, from: start, of: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c },
            marks: marks)
    }

    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        ByteSearch.marks(below: 0x20, in: word) | ByteSearch.marks(of: 0x22, in: word)
            | ByteSearch.marks(of: 0x5c, in: word)
    }
}
