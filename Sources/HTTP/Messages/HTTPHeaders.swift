/// Header fields in order. Names are compared without case (RFC 9110 §5).
///
/// All names and values lie in one byte array, so parsing a head needs two allocations. A field becomes a `String` only
/// when somebody asks for it.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    private struct Field: Equatable {
        var name: Range<Int>
        var value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var fields: [Field] = []

    package init() {}

    package init(_ pairs: [(String, String)]) {
        // Reserve memory for a few more fields, which are often added.
        var size = 128
        for (name, value) in pairs { size += name.utf8.count + value.utf8.count }
        reserve(fields: pairs.count + 2, bytes: size)
        for (name, value) in pairs { add(name, value) }
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements)
    }

    package var isEmpty: Bool { fields.isEmpty }
    package var count: Int { fields.count }

    /// The first value of a field.
    package subscript(_ name: String) -> String? {
        guard let index = firstIndex(of: name) else { return nil }
        return text(fields[index].value)
    }

    /// All values of a field, in order.
    package func values(_ name: String) -> [String] {
        fields.indices.filter { matches($0, name) }.map { text(fields[$0].value) }
    }

    package mutating func add(_ name: String, _ value: String) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let middle = bytes.count
        bytes.append(contentsOf: value.utf8)
        fields.append(Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// Adds a field from raw bytes (field values are not always UTF-8).
    package mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        fields.append(Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// Replaces all fields with this name by one.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    package mutating func remove(_ name: String) {
        let kept = fields.indices.filter { !matches($0, name) }
        if kept.count != fields.count { fields = kept.map { fields[$0] } }
    }

    package func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        for field in fields { body(text(field.name), text(field.value)) }
    }

    /// Whether a field exists. It makes no `String`.
    package func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    /// Runs `body` on the first value's bytes.
    package func withValue<R>(of name: String, _ body: (UnsafeRawBufferPointer) -> R) -> R? {
        guard let index = firstIndex(of: name) else { return nil }
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[fields[index].value])) }
    }

    /// Appends each field as `name: value CRLF`.
    package func serialize(into output: inout [UInt8]) {
        bytes.withUnsafeBytes { all in
            for field in fields {
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[field.name]))
                output.append(0x3a)
                output.append(0x20)
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[field.value]))
                output.append(0x0d)
                output.append(0x0a)
            }
        }
    }

    /// Reserves memory, so that adding fields one by one allocates only once.
    package mutating func reserve(fields count: Int, bytes size: Int) {
        fields.reserveCapacity(count)
        bytes.reserveCapacity(size)
    }

    func firstIndex(of name: String) -> Int? {
        for index in fields.indices where matches(index, name) { return index }
        return nil
    }

    /// The number of fields with this name.
    func occurrences(_ name: String) -> Int {
        var total = 0
        for index in fields.indices where matches(index, name) { total += 1 }
        return total
    }

    private func matches(_ index: Int, _ name: String) -> Bool {
        let range = fields[index].name
        var name = name
        return name.withUTF8 { wanted in
            guard wanted.count == range.count else { return false }
            var position = range.lowerBound
            for byte in wanted {
                if lowercased(bytes[position]) != lowercased(byte) { return false }
                position += 1
            }
            return true
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

extension HTTPHeaders {
    /// Whether both have the same bytes. It is cheaper than `==`, which ignores the case of names.
    func isIdentical(to other: HTTPHeaders) -> Bool { bytes == other.bytes && fields == other.fields }
}

extension HTTPHeaders {
    /// The name of the first field that must not be written, because its name is not a token or its value has a control
    /// character. A line end in a value would begin another line of the message's head (RFC 9110 §5.5).
    package var unwritable: String? {
        for field in fields {
            let isName = !field.name.isEmpty && bytes[field.name].allSatisfy(Self.isTokenByte)
            if !isName || bytes[field.value].contains(where: Self.isControl) { return text(field.name) }
        }
        return nil
    }

    /// Whether a header may have this name.
    package static func isName(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy(isTokenByte) }

    /// Whether a header may have this value.
    package static func isValue(_ value: String) -> Bool { !value.utf8.contains(where: isControl) }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 || byte == 0x7f }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension HTTPHeaders: Equatable {
    package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left.fields, right.fields).allSatisfy { one, other in
            left.text(one.name).lowercased() == right.text(other.name).lowercased()
                && left.bytes[one.value] == right.bytes[other.value]
        }
    }
}

@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

extension HTTPHeaders {
    /// Runs `body` on each field as `name: value` without a line end. It makes one `String` for each field.
    func forEachLine(_ body: (String) -> Void) {
        forEach { name, value in body(value.isEmpty ? name + ";" : name + ": " + value) }
    }
}
