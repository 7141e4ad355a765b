/// Writes compact JSON into one buffer; commas are put where they belong.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reserving capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    /// Appends a string in its quotes to a buffer, without one of the writer's own.
    package static func append(_ text: String, to buffer: inout [UInt8]) {
        var writer = JSONWriter(taking: &buffer)
        writer.string(text)
        swap(&writer.bytes, &buffer)
    }

    private init(taking buffer: inout [UInt8]) { swap(&bytes, &buffer) }

    private mutating func separate() {
        if needsComma { bytes.append(0x2c) }
        needsComma = true
    }

    package mutating func beginObject() {
        separate()
        bytes.append(0x7b)
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(0x7d)
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(0x5b)
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(0x5d)
        needsComma = true
    }

    /// A name that needs no escapes.
    package mutating func key(_ name: StaticString) {
        separate()
        appendQuoted(name)
        bytes.append(0x3a)
        needsComma = false
    }

    private mutating func appendQuoted(_ text: StaticString) {
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        bytes.append(0x22)
    }

    package mutating func key(_ name: String) {
        string(name)
        bytes.append(0x3a)
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
    }

    /// Or null.
    package mutating func string(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    /// A string that needs no escapes.
    package mutating func word(_ text: StaticString) {
        separate()
        appendQuoted(text)
    }

    package mutating func int(_ value: some BinaryInteger) {
        separate()
        guard let value = Int64(exactly: value), value >= 0 else {
            bytes.append(contentsOf: String(value).utf8)
            return
        }
        // Backwards; the largest has nineteen digits.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, start) = (value, digits.count)
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: digits[start...])
        }
    }

    package mutating func double(_ value: Double) {
        separate()
        bytes.append(contentsOf: JSONNumber(value).text.utf8)
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func null() { raw("null") }

    /// Bytes that are JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    package mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let number):
            separate()
            bytes.append(contentsOf: number.text.utf8)
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
        for member in object.members {
            key(member.key)
            value(member.value)
        }
        endObject()
    }

    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        bytes.append(0x22)
        var start = 0
        while true {
            let end = Self.plainEnd(in: text, from: start)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<end]))
            guard end < text.count else { break }
            appendEscape(of: text[end])
            start = end + 1
        }
        bytes.append(0x22)
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(0x5c)
        switch byte {
        case 0x22, 0x5c: bytes.append(byte)
        case 0x0a: bytes.append(0x6e)
        case 0x0d: bytes.append(0x72)
        case 0x09: bytes.append(0x74)
        default:
            let digits: StaticString = "0123456789abcdef"
            bytes.append(contentsOf: [
                0x75, 0x30, 0x30, digits.utf8Start[Int(byte >> 4)], digits.utf8Start[Int(byte & 15)],
            ])
        }
    }

    /// The next byte that has to be escaped, else the end.
    private static func plainEnd(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        // Eight bytes at a time as long as none of them has to.
        while index + 8 <= text.count, !needsEscape(text.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < text.count, text[index] >= 0x20, text[index] != 0x22, text[index] != 0x5c { index += 1 }
        return index
    }

    /// Whether one of eight bytes is `"`, `\` or below 0x20: by borrowing into the highest bit of each.
    @inline(__always)
    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        let found =
            (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return found & 0x8080_8080_8080_8080 != 0
    }
}
