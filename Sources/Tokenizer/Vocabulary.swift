import CVocabulary

/// Tokens and ranks of an encoding, read directly from the executable (Scripts/vocabulary describes the format).
///
/// `@unchecked Sendable`: the pointers point to constant pages.
struct Vocabulary: @unchecked Sendable {
    /// The rank of a string that is no token. It is above every other rank.
    static let none = UInt32.max
    private static let rankBits: UInt32 = 18
    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    private let offsets: UnsafePointer<UInt32>
    private let slots: UnsafePointer<UInt32>
    private let pairs: UnsafePointer<UInt32>
    /// A bit for each hash that a token has. It is small enough to stay in the cache, unlike the slots.
    private let filter: UnsafePointer<UInt8>
    private let mask: Int
    private let bytes: UnsafePointer<UInt8>
    let count: Int

    static let cl100k = Vocabulary(oneapi_cl100k)
    static let o200k = Vocabulary(oneapi_o200k)

    private init(_ load: (UnsafeMutablePointer<Int>) -> UnsafeRawPointer?) {
        var length = 0
        guard let base = load(&length), length >= 8 else { fatalError("the embedded vocabulary is missing") }
        count = Int(base.load(as: UInt32.self))
        let slotCount = Int((base + 4).load(as: UInt32.self))
        offsets = (base + 8).assumingMemoryBound(to: UInt32.self)
        slots = offsets + (count + 1)
        pairs = slots + slotCount
        filter = UnsafeRawPointer(pairs + 65536).assumingMemoryBound(to: UInt8.self)
        bytes = filter + (1 << 18)
        mask = slotCount - 1
    }

    /// The rank of two bytes; `none` if they are no token.
    @inline(__always)
    func pairRank(_ start: UnsafePointer<UInt8>) -> UInt32 { pairs[Int(start[0]) << 8 | Int(start[1])] }

    /// The rank of a byte string of at least one byte; `none` if it is no token.
    ///
    /// Most strings that a merge looks up are no tokens. The filter rejects nearly all of them, and the hash bits in a
    /// slot reject the rest.
    @inline(__always)
    func rank(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
        rank(start, length, hash: Self.hash(start, length)) { Self.equal(bytes + $0, start, length) }
    }

    /// The same for a string with at least 8 readable bytes from its start. It avoids the branches that short strings
    /// need.
    @inline(__always)
    func rankPadded(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
        guard length <= 8 else { return rank(start, length) }
        let unused = UInt64(truncatingIfNeeded: 64 &- length &* 8)
        let word = (Self.word(start) &<< unused) &>> unused
        let hash = Self.mixed(Self.seed ^ UInt64(truncatingIfNeeded: length) ^ word)
        return rank(start, length, hash: hash) { (Self.word(bytes + $0) &<< unused) &>> unused == word }
    }

    @inline(__always)
    private func rank(
        _ start: UnsafePointer<UInt8>, _ length: Int, hash value: UInt64, isToken: (_ offset: Int) -> Bool
    ) -> UInt32 {
        let bit = Int(truncatingIfNeeded: value >> 24)
        if filter[bit >> 3 & 0x3ffff] >> UInt8(truncatingIfNeeded: bit & 7) & 1 == 0 { return Self.none }
        let tag = UInt32(truncatingIfNeeded: value >> 50)
        var slot = Int(truncatingIfNeeded: value) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return Self.none }
            if entry >> Self.rankBits == tag {
                let rank = (entry & (1 << Self.rankBits - 1)) - 1
                let from = Int(offsets[Int(rank)])
                if Int(offsets[Int(rank) + 1]) - from == length, isToken(from) { return rank }
            }
            slot = (slot + 1) & mask
        }
    }

    /// The bytes of a token; empty for a rank without a token.
    func token(_ rank: Int) -> UnsafeBufferPointer<UInt8> {
        guard rank >= 0, rank < count else { return UnsafeBufferPointer(start: nil, count: 0) }
        let from = Int(offsets[rank])
        return UnsafeBufferPointer(start: bytes + from, count: Int(offsets[rank + 1]) - from)
    }

    @inline(__always)
    private static func equal(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        var index = 0
        while index + 8 <= length {
            if word(left + index) != word(right + index) { return false }
            index += 8
        }
        return index == length
            || partialWord(left + index, length - index) == partialWord(right + index, length - index)
    }

    /// The same function as `digest` in Scripts/vocabulary.
    @inline(__always)
    private static func hash(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        var value = seed ^ UInt64(truncatingIfNeeded: length)
        var index = 0
        while index + 8 <= length {
            value = mixed(value ^ word(start + index))
            index += 8
        }
        return index == length ? value : mixed(value ^ partialWord(start + index, length - index))
    }

    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9e37_79b9_7f4a_7c15
        return product ^ product >> 32
    }

    @inline(__always)
    private static func word(_ start: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    }

    /// One to seven bytes, padded with zeros. The loads overlap so that none reads past the end.
    @inline(__always)
    private static func partialWord(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        let raw = UnsafeRawPointer(start)
        if length >= 4 {
            let low = UInt64(raw.loadUnaligned(as: UInt32.self))
            let high = UInt64((raw + (length - 4)).loadUnaligned(as: UInt32.self))
            return low | high &<< UInt64(truncatingIfNeeded: (length - 4) &* 8)
        }
        // The first, middle and last byte. Of one or two bytes, some are the same byte.
        let middle = length &>> 1
        return UInt64(start[0]) | UInt64(start[middle]) &<< UInt64(truncatingIfNeeded: middle &* 8)
            | UInt64(start[length - 1]) &<< UInt64(truncatingIfNeeded: (length - 1) &* 8)
    }
}
