/// The names of an object's members that the gateway depends on, and the comparison of keys with them.
///
/// A decoder that ignores case, such as Go's, reads `Model` as `model`. It also reads `max_to\u{212a}ens` (with the
/// Kelvin sign) and `me\u{17f}\u{17f}ages` (with the long s), since Unicode folds these two characters to `k` and `s`.
/// It must not read a member that we overlook.
package struct MemberNames: Sendable {
    package enum Match: Equatable, Sendable {
        case none
        /// The index of the name in the list.
        case exact(Int)
        /// Equal except for case.
        case similar(Int)
    }

    private let names: [StaticString]
    /// A bit for each name, by its first character.
    private let byLetter: [UInt32]

    /// - Parameter names: at most 32, of lower-case ASCII letters, digits and underscores, beginning with a letter.
    package init(_ names: [StaticString]) {
        var byLetter = [UInt32](repeating: 0, count: 26)
        for (index, name) in names.prefix(32).enumerated() where name.utf8CodeUnitCount > 0 {
            let letter = Int(name.utf8Start.pointee) - 0x61
            if byLetter.indices.contains(letter) { byLetter[letter] |= 1 << UInt32(index) }
        }
        self.names = names
        self.byLetter = byLetter
    }

    package func name(_ index: Int) -> String { names.indices.contains(index) ? names[index].description : "" }

    /// - Parameter key: with its escapes resolved.
    package func match(_ key: UnsafeRawBufferPointer) -> Match {
        guard let first = Self.letter(key, at: 0), first.folded &- 0x61 < 26 else { return .none }
        var similar = Match.none
        var left = byLetter[Int(first.folded &- 0x61)]
        while left != 0 {
            let index = left.trailingZeroBitCount
            left &= left - 1
            if key.equals(names[index]) { return .exact(index) }
            if Self.isSimilar(key, names[index]) { similar = .similar(index) }
        }
        return similar
    }

    private static func isSimilar(_ key: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        guard key.count >= name.utf8CodeUnitCount, key.count <= 3 * name.utf8CodeUnitCount else { return false }
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var (index, place) = (0, 0)
        while place < name.count {
            guard let letter = letter(key, at: index), letter.folded == name[place] else { return false }
            index += letter.length
            place += 1
        }
        return index == key.count
    }

    /// A character in lower case, and how many bytes it has.
    @inline(__always)
    private static func letter(
        _ key: UnsafeRawBufferPointer, at index: Int
    ) -> (folded: UInt8, length: Int)? {
        guard index < key.count else { return nil }
        let byte = key[index]
        if byte &- 0x41 < 26 { return (byte | 0x20, 1) }
        if byte == 0xc5, index + 1 < key.count, key[index + 1] == 0xbf { return (0x73, 2) }
        if byte == 0xe2, index + 2 < key.count, key[index + 1] == 0x84, key[index + 2] == 0xaa { return (0x6b, 3) }
        return (byte, 1)
    }
}

/// Records which names of a list were seen in one object.
package struct MemberCensus {
    package enum Fault: Equatable, Sendable {
        /// The name occurs twice, perhaps with another case.
        case repeated(String)
        /// The name occurs once, with another case.
        case misspelled(String, as: String)
    }

    private let names: MemberNames
    private var seen: UInt32 = 0
    private var repeated: Int?
    private var misspelled: (index: Int, spelling: String)?

    package init(_ names: MemberNames) { self.names = names }

    /// Takes the next key.
    /// - Returns: the index of its name, if it is spelled exactly so.
    package mutating func note(_ key: UnsafeRawBufferPointer) -> Int? {
        switch names.match(key) {
        case .none: return nil
        case .exact(let index):
            count(index)
            return index
        case .similar(let index):
            count(index)
            misspelled = (index, String(decoding: key, as: UTF8.self))
            return nil
        }
    }

    package mutating func note(_ key: String) {
        var key = key
        key.withUTF8 { _ = note(UnsafeRawBufferPointer($0)) }
    }

    private mutating func count(_ index: Int) {
        let bit: UInt32 = 1 << UInt32(index)
        if seen & bit != 0, repeated == nil { repeated = index }
        seen |= bit
    }

    /// What is wrong, after all keys were taken.
    package var fault: Fault? {
        if let repeated { return .repeated(names.name(repeated)) }
        return misspelled.map { .misspelled(names.name($0.index), as: $0.spelling) }
    }
}
