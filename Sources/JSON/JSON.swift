/// A JSON value that keeps everything: the text of numbers, and the order and repetition of keys.
///
/// JSON's null is `.null` and never the literal `nil`. Otherwise `nil` for a missing optional JSON could become a null.
package enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// Reads a whole document after simdjson has validated it.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        if let error = bytes.withUnsafeBytes(JSONParser.error) { throw error }
        return bytes.withUnsafeBytes { buffer in
            var decoder = ValidatedDecoder(bytes: buffer)
            return decoder.value()
        }
    }

    package subscript(_ key: String) -> JSON? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    package subscript(_ index: Int) -> JSON? {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    package var isNull: Bool { if case .null = self { true } else { false } }
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var int: Int64? { if case .number(let number) = self { number.int } else { nil } }
    package var double: Double? { if case .number(let number) = self { number.double } else { nil } }
    package var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// The value as compact JSON.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.finish()
    }

    /// The value as indented JSON, in the form that OpenAI's servers send.
    package func encodedPretty(indent: Int = 2) -> [UInt8] {
        var output: [UInt8] = []
        appendPretty(to: &output, indent: indent, level: 0)
        return output
    }

    private func appendPretty(to output: inout [UInt8], indent: Int, level: Int) {
        func newLine(_ level: Int) {
            output.append(0x0a)
            output.append(contentsOf: repeatElement(0x20, count: indent * level))
        }
        switch self {
        case .array(let items) where !items.isEmpty:
            output.append(0x5b)
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(0x2c) }
                newLine(level + 1)
                item.appendPretty(to: &output, indent: indent, level: level + 1)
            }
            newLine(level)
            output.append(0x5d)
        case .object(let object) where !object.members.isEmpty:
            output.append(0x7b)
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(0x2c) }
                newLine(level + 1)
                output.append(contentsOf: JSON.string(member.key).encoded())
                output.append(0x3a)
                output.append(0x20)
                member.value.appendPretty(to: &output, indent: indent, level: level + 1)
            }
            newLine(level)
            output.append(0x7d)
        default: output.append(contentsOf: encoded())
        }
    }
}

/// A number with its original text.
package struct JSONNumber: Sendable, Equatable {
    package let text: String

    package init(text: String) { self.text = text }
    package init(_ value: Int64) { text = String(value) }
    package init(_ value: Double) {
        // JSON has no infinities. A zero hides the caller's error, but broken output would be worse.
        text =
            value.isFinite ? (value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)") : "0"
    }

    package var int: Int64? { Int64(text) }
    package var double: Double { Double(text) ?? 0 }
}

/// Members in order. A key may occur twice; the last one counts.
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSON
    }

    package var members: [Member] = []

    package init() {}

    /// - Parameter capacity: how many members to reserve memory for.
    package init(capacity: Int) { members.reserveCapacity(capacity) }

    @inline(__always)
    package init(dictionaryLiteral elements: (String, JSON)...) {
        members.reserveCapacity(elements.count)
        for (key, value) in elements { append(key, value) }
    }

    /// Reading returns the last member with this name. Assigning replaces it or appends one; `nil` removes all.
    package subscript(_ key: String) -> JSON? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else {
                members.removeAll { $0.key == key }
                return
            }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }

    @inline(__always)
    package mutating func append(_ key: String, _ value: JSON) {
        members.append(Member(key: key, value: value))
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    package init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    @inline(__always)
    package init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject(capacity: elements.count)
        for (key, value) in elements { object.append(key, value) }
        self = .object(object)
    }

    package static func int(_ value: some BinaryInteger) -> JSON { .number(JSONNumber(Int64(clamping: value))) }
    package static func double(_ value: Double) -> JSON { .number(JSONNumber(value)) }
}
