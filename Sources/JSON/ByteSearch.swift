/// Looks for bytes eight at a time, by the usual trick of borrowing into the highest bit of each.
enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first place from `start` on where one of some bytes is, else the end.
    /// - Parameters:
    ///   - isWanted: whether a byte is one of them.
    ///   - marks: of eight bytes, in memory's order from the lowest on, the first of them at least.
    @inline(__always)
    static func first(
        in bytes: UnsafeRawBufferPointer, from start: Int, of isWanted: (UInt8) -> Bool, marks: (UInt64) -> UInt64
    ) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let found = marks(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, !isWanted(bytes[index]) { index += 1 }
        return min(index, bytes.count)
    }

    /// The highest bit of each byte that is `byte`, exact up to the first.
    @inline(__always)
    static func marks(of byte: UInt8, in word: UInt64) -> UInt64 {
        let zeros = word ^ (ones &* UInt64(byte))
        return (zeros &- ones) & ~zeros & highs
    }

    /// The highest bit of each byte below a limit of 128 at most, exact up to the first.
    @inline(__always)
    static func marks(below limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- ones &* UInt64(limit)) & ~word & highs
    }
}
