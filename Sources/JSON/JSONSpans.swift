/// The position of an object's member in the bytes.
package struct JSONMember {
    /// The key with its quotes.
    package let keyRange: Range<Int>
    package let valueRange: Range<Int>

    /// From the key's first quote to the end of the value.
    package var range: Range<Int> { keyRange.lowerBound..<valueRange.upperBound }
}

/// Replaces a range of bytes.
package struct JSONEdit {
    package let range: Range<Int>
    package let replacement: [UInt8]

    package init(_ range: Range<Int>, _ replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }
}

/// Finds members in the bytes of a document that a parser has accepted, to change them without encoding it again.
package enum JSONSpans {
    /// Visits the members of the object at `start` (after white space) in order, including repeated keys, until `body`
    /// returns false. Visits none if no object begins there.
    package static func forEachMember(
        in bytes: UnsafeRawBufferPointer, from start: Int = 0, _ body: (JSONMember) -> Bool
    ) {
        var index = skipSpace(bytes, start)
        guard index < bytes.count, bytes[index] == 0x7b else { return }
        index = skipSpace(bytes, index + 1)
        while index < bytes.count, bytes[index] == 0x22 {
            let keyStart = index
            let keyEnd = stringEnd(in: bytes, from: index)
            let valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
            let valueEnd = self.valueEnd(in: bytes, from: valueStart)
            if !body(JSONMember(keyRange: keyStart..<keyEnd, valueRange: valueStart..<valueEnd)) { return }
            index = skipSpace(bytes, valueEnd)
            guard index < bytes.count, bytes[index] == 0x2c else { return }
            index = skipSpace(bytes, index + 1)
        }
    }

    /// All members of the object at `start`.
    package static func members(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> [JSONMember] {
        var found: [JSONMember] = []
        forEachMember(in: bytes, from: start) {
            found.append($0)
            return true
        }
        return found
    }

    /// Visits the elements of the array that begins at `start` until `body` returns false.
    package static func forEachElement(
        in bytes: UnsafeRawBufferPointer, from start: Int, _ body: (Range<Int>) -> Bool
    ) {
        var index = skipSpace(bytes, start)
        guard index < bytes.count, bytes[index] == 0x5b else { return }
        index = skipSpace(bytes, index + 1)
        while index < bytes.count, bytes[index] != 0x5d {
            let end = valueEnd(in: bytes, from: index)
            if !body(index..<end) { return }
            index = skipSpace(bytes, end)
            guard index < bytes.count, bytes[index] == 0x2c else { return }
            index = skipSpace(bytes, index + 1)
        }
    }

    /// The first member with this name in the object at `start`.
    package static func find(
        _ key: StaticString, in bytes: UnsafeRawBufferPointer, from start: Int = 0
    ) -> JSONMember? {
        var found: JSONMember?
        forEachMember(in: bytes, from: start) { member in
            guard self.key(of: member, in: bytes, is: key) else { return true }
            found = member
            return false
        }
        return found
    }

    /// Whether a member's key equals an ASCII name after its escapes are resolved.
    package static func key(of member: JSONMember, in bytes: UnsafeRawBufferPointer, is name: StaticString) -> Bool {
        let inside = bytes[(member.keyRange.lowerBound + 1)..<(member.keyRange.upperBound - 1)]
        return key(UnsafeRawBufferPointer(rebasing: inside), is: name)
    }

    /// Runs `body` on a member's key with its escapes resolved.
    package static func withKey<R>(
        of member: JSONMember, in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        let inside = UnsafeRawBufferPointer(
            rebasing: bytes[(member.keyRange.lowerBound + 1)..<(member.keyRange.upperBound - 1)])
        guard inside.contains(0x5c) else { return body(inside) }
        var key = unescaped(inside)
        return key.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter inside: the bytes between the key's quotes.
    static func key(_ inside: UnsafeRawBufferPointer, is name: StaticString) -> Bool {
        if inside.equals(name) { return true }
        guard inside.count > name.utf8CodeUnitCount, inside.contains(0x5c) else { return false }
        return unescaped(inside) == name.description
    }

    /// The range to delete so that the object stays well formed: the member and one adjacent comma.
    package static func removal(of member: JSONMember, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
        let after = skipSpace(bytes, member.valueRange.upperBound)
        if after < bytes.count, bytes[after] == 0x2c { return member.keyRange.lowerBound..<(after + 1) }
        var before = member.keyRange.lowerBound
        while before > 0, bytes[before - 1] <= 0x20 { before -= 1 }
        if before > 0, bytes[before - 1] == 0x2c { return (before - 1)..<member.valueRange.upperBound }
        return member.range
    }

    /// The edit that inserts `"key":value` as the first member of the object at `start`.
    package static func insertion(
        of member: [UInt8], intoObjectAt start: Int, in bytes: UnsafeRawBufferPointer
    ) -> JSONEdit? {
        let open = skipSpace(bytes, start)
        guard open < bytes.count, bytes[open] == 0x7b else { return nil }
        let next = skipSpace(bytes, open + 1)
        let isEmpty = next < bytes.count && bytes[next] == 0x7d
        return JSONEdit((open + 1)..<(open + 1), isEmpty ? member : member + [0x2c])
    }

    /// Applies edits whose ranges do not overlap. Without edits it returns the same array.
    package static func splice(_ bytes: [UInt8], _ edits: [JSONEdit]) -> [UInt8] {
        guard !edits.isEmpty else { return bytes }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.replacement.count })
        var position = 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            output.append(contentsOf: bytes[position..<max(position, edit.range.lowerBound)])
            output.append(contentsOf: edit.replacement)
            position = max(position, edit.range.upperBound)
        }
        output.append(contentsOf: bytes[position...])
        return output
    }

    // MARK: Scanning

    @inline(__always)
    static func skipSpace(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index
    }

    /// The index after the closing quote of the string that begins at `start`.
    static func stringEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start + 1
        while true {
            index = quoteOrBackslash(in: bytes, from: index)
            guard index < bytes.count else { return bytes.count }
            if bytes[index] == 0x22 { return index + 1 }
            index += 2
        }
    }

    /// The index of the next `"` or `\`, or else the end.
    @inline(__always)
    static func quoteOrBackslash(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        ByteSearch.first(
            in: bytes, from: start, of: { $0 == 0x22 || $0 == 0x5c },
            marks: { ByteSearch.marks(of: 0x22, in: $0) | ByteSearch.marks(of: 0x5c, in: $0) })
    }

    /// The index after the value that begins at `start`.
    static func valueEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        switch bytes[start] {
        case 0x22: return stringEnd(in: bytes, from: start)
        case 0x7b, 0x5b:
            var depth = 0
            var index = start
            while index < bytes.count {
                switch bytes[index] {
                case 0x22:
                    index = stringEnd(in: bytes, from: index)
                    continue
                case 0x7b, 0x5b: depth += 1
                case 0x7d, 0x5d:
                    depth -= 1
                    if depth == 0 { return index + 1 }
                default: break
                }
                index += 1
            }
            return bytes.count
        default:
            var index = start
            while index < bytes.count, bytes[index] > 0x20, bytes[index] != 0x2c, bytes[index] != 0x7d,
                bytes[index] != 0x5d
            {
                index += 1
            }
            return index
        }
    }
}
