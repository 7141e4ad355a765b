/// A value in the text of a document that simdjson has accepted. Only its position is known in advance. It is read when
/// somebody asks for it, so unused values cost almost nothing. It retains the document and may be stored.
package struct LazyJSON: Sendable {
    private let document: JSONOutline
    /// Its index in the document's positions.
    private let place: Int

    private init(_ document: JSONOutline, _ place: Int) { (self.document, self.place) = (document, place) }

    package static let null = LazyJSON(JSONOutline(Array("null".utf8)), 0)

    /// The value of a whole document from an upstream. Lone halves of surrogate pairs become U+FFFD, since an answer
    /// that was paid for must not fail because of one.
    package static func parse(_ text: [UInt8]) throws(JSONError) -> LazyJSON {
        if let error = text.withUnsafeBytes(JSONParser.error) {
            return try parse(LoneSurrogates.replaced(in: text), orElse: error)
        }
        return LazyJSON(JSONOutline(text), 0)
    }

    /// The value of the next document of a stream, whose strings may divide a surrogate pair.
    package static func parse(_ text: [UInt8], joining surrogates: inout LoneSurrogates) throws(JSONError) -> LazyJSON {
        if let error = text.withUnsafeBytes(JSONParser.error) {
            return try parse(surrogates.joined(text), orElse: error)
        }
        return LazyJSON(JSONOutline(text), 0)
    }

    private static func parse(_ mended: [UInt8]?, orElse error: JSONError) throws(JSONError) -> LazyJSON {
        guard let mended else { throw error }
        if let error = mended.withUnsafeBytes(JSONParser.error) { throw error }
        return LazyJSON(JSONOutline(mended), 0)
    }

    package static func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> LazyJSON {
        try parse(Array(text))
    }

    private var text: [UInt8] { document.text }
    private var start: Int { document.start(of: place) }

    /// The value with everything in it.
    package var json: JSON {
        text.withUnsafeBytes { bytes in
            var decoder = ValidatedDecoder(bytes: bytes, from: start)
            return decoder.value()
        }
    }

    private var first: UInt8 { document.byte(at: place) }

    package var isNull: Bool { first == 0x6e }
    package var isObject: Bool { first == 0x7b }
    package var isArray: Bool { first == 0x5b }
    package var bool: Bool? { first == 0x74 ? true : first == 0x66 ? false : nil }

    package var string: String? {
        guard first == 0x22 else { return nil }
        return text.withUnsafeBytes { bytes in
            var decoder = ValidatedDecoder(bytes: bytes, from: start)
            return decoder.string()
        }
    }

    /// The value of a number that is written as an integer and fits in 64 bits.
    package var int: Int64? {
        guard isNumber else { return nil }
        return text.withUnsafeBytes { bytes in
            let isNegative = bytes[start] == 0x2d
            var value: Int64 = 0
            for byte in bytes[(isNegative ? start + 1 : start)...] {
                guard byte &- 0x30 < 10 else {
                    // It has a fraction or an exponent.
                    return byte == 0x2e || byte | 0x20 == 0x65 ? nil : value
                }
                let (product, isOver) = value.multipliedReportingOverflow(by: 10)
                let digit = Int64(byte &- 0x30)
                let (sum, isFar) = product.addingReportingOverflow(isNegative ? -digit : digit)
                if isOver || isFar { return nil }
                value = sum
            }
            return value
        }
    }

    package var double: Double? {
        guard isNumber else { return nil }
        return text.withUnsafeBytes { bytes in
            let end = JSONSpans.valueEnd(in: bytes, from: start)
            return Double(String(decoding: bytes[start..<end], as: UTF8.self))
        }
    }

    private var isNumber: Bool { first == 0x2d || first &- 0x30 < 10 }

    /// The elements of an array.
    package var array: [LazyJSON]? {
        guard isArray else { return nil }
        var items: [LazyJSON] = []
        var next = place + 1
        let end = document.next(to: place)
        while next < end {
            items.append(LazyJSON(document, next))
            next = document.next(to: next)
        }
        return items
    }

    package subscript(_ index: Int) -> LazyJSON? {
        guard isArray, index >= 0 else { return nil }
        var (next, left) = (place + 1, index)
        let end = document.next(to: place)
        while next < end {
            if left == 0 { return LazyJSON(document, next) }
            left -= 1
            next = document.next(to: next)
        }
        return nil
    }

    /// The last member with this name.
    package subscript(_ key: StaticString) -> LazyJSON? {
        guard isObject else { return nil }
        return document.last(member: key, of: place).map { LazyJSON(document, $0) }
    }

    /// An object's members, including repeated ones; none for other kinds of values.
    package func forEachMember(_ body: (LazyJSONKey, LazyJSON) -> Void) {
        guard isObject else { return }
        var next = place + 1
        let end = document.next(to: place)
        while next < end {
            body(LazyJSONKey(document: document, place: next), LazyJSON(document, next + 1))
            next = document.next(to: next + 1)
        }
    }
}

/// The name of a member.
package struct LazyJSONKey {
    fileprivate let document: JSONOutline
    fileprivate let place: Int

    package var string: String {
        document.text.withUnsafeBytes { bytes in
            var decoder = ValidatedDecoder(bytes: bytes, from: document.start(of: place))
            return decoder.string()
        }
    }

    /// For `switch`: whether the name equals an ASCII text, with or without escapes.
    package static func ~= (name: StaticString, key: LazyJSONKey) -> Bool { key.document.isKey(key.place, name) }
}

/// A document and the positions of its values in order. Each key comes before its value.
private final class JSONOutline: Sendable {
    private struct Place: Sendable {
        /// The index of the first byte.
        var start: UInt32
        /// The index of the position after this value and everything in it.
        var next: UInt32
        /// The length of a key without its quotes; `escaped` if it has escapes. 0 for values.
        var length: UInt32 = 0
    }

    let text: [UInt8]
    private let places: [Place]

    init(_ text: [UInt8]) {
        self.text = text
        places = text.withUnsafeBytes { bytes in
            var finder = PlaceFinder(bytes: bytes)
            finder.value()
            return finder.places
        }
    }

    func start(of place: Int) -> Int { Int(places[place].start) }
    func next(to place: Int) -> Int { Int(places[place].next) }
    func byte(at place: Int) -> UInt8 { text[Int(places[place].start)] }

    func last(member name: StaticString, of object: Int) -> Int? {
        places.withUnsafeBufferPointer { places in
            text.withUnsafeBytes { bytes in
                var found: Int?
                var place = object + 1
                let end = Int(places[object].next)
                while place < end {
                    if Self.isKey(places[place], name, in: bytes) { found = place + 1 }
                    place = Int(places[place + 1].next)
                }
                return found
            }
        }
    }

    func isKey(_ place: Int, _ name: StaticString) -> Bool {
        text.withUnsafeBytes { Self.isKey(places[place], name, in: $0) }
    }

    @inline(__always)
    private static func isKey(_ key: Place, _ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        let start = Int(key.start)
        guard key.length == escaped else {
            let end = start + 1 + Int(key.length)
            return key.length == name.utf8CodeUnitCount
                && UnsafeRawBufferPointer(rebasing: bytes[(start + 1)..<end]).equals(name)
        }
        let end = JSONSpans.stringEnd(in: bytes, from: start) - 1
        return JSONSpans.key(UnsafeRawBufferPointer(rebasing: bytes[(start + 1)..<end]), is: name)
    }

    /// Replaces the length of a key that has escapes.
    private static let escaped = UInt32.max

    /// Reads through a document once and notes the positions.
    private struct PlaceFinder {
        let bytes: UnsafeRawBufferPointer
        var places: [Place] = []
        private var index = 0

        init(bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
            places.reserveCapacity(16 + bytes.count / 8)
        }

        private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

        mutating func value() {
            index = JSONSpans.skipSpace(bytes, index)
            let place = places.count
            places.append(Place(start: UInt32(truncatingIfNeeded: index), next: 0))
            switch current {
            case 0x7b: members(until: 0x7d, areNamed: true)
            case 0x5b: members(until: 0x5d, areNamed: false)
            default: index = JSONSpans.valueEnd(in: bytes, from: index)
            }
            places[place].next = UInt32(truncatingIfNeeded: places.count)
        }

        private mutating func members(until end: UInt8, areNamed: Bool) {
            index = JSONSpans.skipSpace(bytes, index + 1)
            while index < bytes.count, current != end {
                if areNamed { key() }
                value()
                index = JSONSpans.skipSpace(bytes, index)
                if current == 0x2c { index = JSONSpans.skipSpace(bytes, index + 1) }
            }
            index += 1
        }

        private mutating func key() {
            let start = index
            index = JSONSpans.quoteOrBackslash(in: bytes, from: start + 1)
            var key = Place(
                start: UInt32(truncatingIfNeeded: start), next: UInt32(truncatingIfNeeded: places.count + 1))
            if current == 0x22 {
                key.length = UInt32(truncatingIfNeeded: index - start - 1)
                index += 1
            } else {
                key.length = escaped
                index = JSONSpans.stringEnd(in: bytes, from: start)
            }
            places.append(key)
            // Skip the colon.
            index = JSONSpans.skipSpace(bytes, index) + 1
        }
    }
}
