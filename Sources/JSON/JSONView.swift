import CSimdJSON
import Glibc

/// A value in a parsed document: two words without an allocation. `JSONParser.parse` says how long it is valid.
package struct JSONView {
    package enum Kind: Sendable { case null, bool, number, string, array, object }

    let element: oneapi_json_element

    package var kind: Kind {
        switch rawKind {
        case ONEAPI_JSON_BOOL.rawValue: .bool
        case ONEAPI_JSON_INT.rawValue, ONEAPI_JSON_UINT.rawValue, ONEAPI_JSON_DOUBLE.rawValue: .number
        case ONEAPI_JSON_STRING.rawValue: .string
        case ONEAPI_JSON_ARRAY.rawValue: .array
        case ONEAPI_JSON_OBJECT.rawValue: .object
        default: .null
        }
    }

    private var rawKind: UInt32 { UInt32(oneapi_json_kind_of(element)) }

    package var isNull: Bool { kind == .null }
    package var isObject: Bool { kind == .object }
    package var isArray: Bool { kind == .array }

    package var bool: Bool? { kind == .bool ? oneapi_json_bool(element) : nil }

    /// The value of a number that is written as an integer and fits in 64 bits.
    package var int: Int64? { rawKind == ONEAPI_JSON_INT.rawValue ? oneapi_json_int(element) : nil }

    package var double: Double? {
        switch rawKind {
        case ONEAPI_JSON_INT.rawValue: Double(oneapi_json_int(element))
        case ONEAPI_JSON_UINT.rawValue: Double(oneapi_json_uint(element))
        case ONEAPI_JSON_DOUBLE.rawValue: oneapi_json_double(element)
        default: nil
        }
    }

    package var string: String? {
        withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    /// Runs `body` on a string's unescaped bytes. Returns `nil` for other kinds of values.
    package func withUTF8<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        guard rawKind == ONEAPI_JSON_STRING.rawValue else { return nil }
        var length = 0
        guard let text = oneapi_json_string(element, &length) else { return nil }
        return body(UnsafeRawBufferPointer(start: text, count: length))
    }

    package func equals(_ text: StaticString) -> Bool {
        withUTF8 { $0.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }
            ?? false
    }

    /// The first member with this name; `nil` if it is absent or this is no object.
    package subscript(_ key: StaticString) -> JSONView? {
        var found = oneapi_json_element()
        let isThere = key.utf8Start.withMemoryRebound(to: CChar.self, capacity: key.utf8CodeUnitCount) {
            oneapi_json_find(element, $0, key.utf8CodeUnitCount, &found)
        }
        return isThere ? JSONView(element: found) : nil
    }

    package var arrayCount: Int { oneapi_json_count(element) }

    /// Visits an array's elements. Does nothing for other kinds of values.
    package func forEachElement<E: Error>(_ body: (JSONView) throws(E) -> Void) throws(E) {
        var walk = oneapi_json_walk_array(element)
        var value = oneapi_json_element()
        while oneapi_json_next_element(&walk, &value) { try body(JSONView(element: value)) }
    }

    /// Visits an object's members, including repeated ones, with their unescaped names.
    package func forEachMember<E: Error>(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: JSONView) throws(E) -> Void
    ) throws(E) {
        var walk = oneapi_json_walk_object(element)
        var value = oneapi_json_element()
        var key: UnsafePointer<CChar>?
        var length = 0
        while oneapi_json_next_member(&walk, &key, &length, &value) {
            try body(UnsafeRawBufferPointer(start: key, count: length), JSONView(element: value))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes equal those of a text.
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let base = baseAddress else { return count == text.utf8CodeUnitCount }
        return memcmp(base, text.utf8Start, count) == 0
    }
}
