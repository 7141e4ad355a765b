/// Writes compact JSON into one buffer; commas are put where they belong.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reserving capacity: Int = 256) { bytes.reserveCapacity(capacity) }

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

    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3a)
        needsComma = false
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

    package mutating func string(utf8 text: UnsafeRawBufferPointer) {
        separate()
        appendEscaped(text)
    }

    package mutating func int(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
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
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    private mutating func appendEscaped(_ text: UnsafeRawBufferPointer) {
        bytes.append(0x22)
        var plainStart = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5c else { continue }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plainStart..<index]))
            plainStart = index + 1
            switch byte {
            case 0x22, 0x5c:
                bytes.append(0x5c)
                bytes.append(byte)
            case 0x0a: bytes.append(contentsOf: [0x5c, 0x6e])
            case 0x0d: bytes.append(contentsOf: [0x5c, 0x72])
            case 0x09: bytes.append(contentsOf: [0x5c, 0x74])
            default:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: [0x5c, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plainStart...]))
        bytes.append(0x22)
    }
}
