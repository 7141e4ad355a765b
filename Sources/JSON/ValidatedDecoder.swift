/// Builds a `JSON` from bytes that simdjson has accepted. It need not look for errors, only stay within the bytes.
struct ValidatedDecoder {
    /// The capacity that an object gets when it has a second member; most objects need no more.
    private static let usualCount = 4

    private let bytes: UnsafeRawBufferPointer
    private var index: Int

    /// - Parameter start: where the value begins.
    init(bytes: UnsafeRawBufferPointer, from start: Int = 0) { (self.bytes, index) = (bytes, start) }

    private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    }

    mutating func value() -> JSON {
        skipSpace()
        switch current {
        case 0x7b: return object()
        case 0x5b: return array()
        case 0x22: return .string(string())
        case 0x74:
            index += 4
            return .bool(true)
        case 0x66:
            index += 5
            return .bool(false)
        case 0x6e:
            index += 4
            return .null
        default: return number()
        }
    }

    private mutating func object() -> JSON {
        index += 1
        skipSpace()
        var object = JSONObject()
        while index < bytes.count, current != 0x7d {
            let key = string()
            skipSpace()
            index += 1
            // Reserve capacity at once, but not for each of a million objects with one member.
            if object.members.count == 1 { object.members.reserveCapacity(Self.usualCount) }
            object.append(key, value())
            skipSpace()
            if current == 0x2c { index += 1 }
            skipSpace()
        }
        index += 1
        return .object(object)
    }

    private mutating func array() -> JSON {
        var items: [JSON] = []
        index += 1
        skipSpace()
        while index < bytes.count, current != 0x5d {
            items.append(value())
            skipSpace()
            if current == 0x2c { index += 1 }
            skipSpace()
        }
        index += 1
        return .array(items)
    }

    private mutating func number() -> JSON {
        let start = index
        while index < bytes.count, isNumberByte(bytes[index]) { index += 1 }
        if index == start { index += 1 }
        return .number(JSONNumber(text: String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)))
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte == 0x2d || byte == 0x2b || byte == 0x2e || byte | 0x20 == 0x65
    }

    mutating func string() -> String {
        let start = min(index + 1, bytes.count)
        let end = JSONSpans.quoteOrBackslash(in: bytes, from: start)
        if end < bytes.count, bytes[end] == 0x22 {
            index = end + 1
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
        }
        index = JSONSpans.stringEnd(in: bytes, from: index)
        return unescaped(UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, index - 1)]))
    }
}

/// Resolves the escapes in the text between a string's quotes.
func unescaped(_ inside: UnsafeRawBufferPointer) -> String {
    guard inside.contains(0x5c) else { return String(decoding: inside, as: UTF8.self) }
    var output: [UInt8] = []
    output.reserveCapacity(inside.count)
    var index = 0
    while index < inside.count {
        guard inside[index] == 0x5c, index + 1 < inside.count else {
            let end = max(JSONSpans.quoteOrBackslash(in: inside, from: index), index + 1)
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: inside[index..<end]))
            index = end
            continue
        }
        index += 2
        switch inside[index - 1] {
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0c)
        case 0x6e: output.append(0x0a)
        case 0x72: output.append(0x0d)
        case 0x74: output.append(0x09)
        case 0x75:
            var scalar = hexadecimal(inside, at: index)
            index += 4
            if scalar & 0xfc00 == 0xd800, index + 6 <= inside.count, inside[index] == 0x5c, inside[index + 1] == 0x75 {
                let low = hexadecimal(inside, at: index + 2)
                if low & 0xfc00 == 0xdc00 {
                    scalar = 0x10000 + (scalar & 0x3ff) << 10 + (low & 0x3ff)
                    index += 6
                }
            }
            output.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{fffd}")).utf8)
        case let other: output.append(other)
        }
    }
    return String(decoding: output, as: UTF8.self)
}

private func hexadecimal(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32 {
    guard start + 4 <= bytes.count else { return 0xfffd }
    return UInt32(String(decoding: bytes[start..<(start + 4)], as: UTF8.self), radix: 16) ?? 0xfffd
}
