/// Searches eight bytes at a time: a subtraction sets the highest bit of each byte that matches.
enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first index from `start` on with a wanted byte, or else the end.
    /// - Parameters:
    ///   - isWanted: whether a byte is wanted.
    ///   - marks: marks the wanted ones of eight bytes, the lowest byte first. Only the first mark must be exact.
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

    /// Sets the highest bit of each byte that equals `byte`. Only the first mark is exact.
    @inline(__always)
    static func marks(of byte: UInt8, in word: UInt64) -> UInt64 {
        let zeros = word ^ (ones &* UInt64(byte))
        return (zeros &- ones) & ~zeros & highs
    }

    /// Sets the highest bit of each byte below a limit (at most 128). Only the first mark is exact.
    @inline(__always)
    static func marks(below limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- ones &* UInt64(limit)) & ~word & highs
    }
}
