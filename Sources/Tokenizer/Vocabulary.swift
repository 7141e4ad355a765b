import CVocabulary

/// Tokens and ranks of an encoding, read in place from the executable (format: Scripts/vocabulary).
///
/// `@unchecked Sendable`: the pointers lead to constant pages.
struct Vocabulary: @unchecked Sendable {
    private let offsets: UnsafePointer<UInt32>
    private let slots: UnsafePointer<UInt32>
    private let mask: UInt64
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
        slots = (base + 8 + 4 * (count + 1)).assumingMemoryBound(to: UInt32.self)
        bytes = (base + 8 + 4 * (count + 1 + slotCount)).assumingMemoryBound(to: UInt8.self)
        mask = UInt64(slotCount - 1)
    }

    /// The rank of a byte string; `nil` if it is no token.
    @inline(__always)
    func rank(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt32? {
        var slot = Int(hash(start, length) & mask)
        while true {
            let entry = slots[slot]
            if entry == 0 { return nil }
            let rank = Int(entry - 1)
            let from = Int(offsets[rank])
            if Int(offsets[rank + 1]) - from == length, equal(bytes + from, start, length) { return entry - 1 }
            slot = (slot + 1) & Int(mask)
        }
    }

    /// The bytes of a token; empty for a rank that is none.
    func token(_ rank: Int) -> UnsafeBufferPointer<UInt8> {
        guard rank >= 0, rank < count else { return UnsafeBufferPointer(start: nil, count: 0) }
        let from = Int(offsets[rank])
        return UnsafeBufferPointer(start: bytes + from, count: Int(offsets[rank + 1]) - from)
    }

    @inline(__always)
    private func equal(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        var index = 0
        while index + 8 <= length {
            if word(left + index) != word(right + index) { return false }
            index += 8
        }
        while index < length {
            if left[index] != right[index] { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    private func word(_ start: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    }

    /// The same function as `digest` in Scripts/vocabulary.
    @inline(__always)
    private func hash(_ start: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        var value = 0xcbf2_9ce4_8422_2325 ^ UInt64(length)
        var index = 0
        while index < length {
            var next: UInt64 = 0
            if index + 8 <= length {
                next = word(start + index)
            } else {
                var shift: UInt64 = 0
                var tail = index
                while tail < length {
                    next |= UInt64(start[tail]) << shift
                    shift += 8
                    tail += 1
                }
            }
            value = (value ^ next) &* 0x9e37_79b9_7f4a_7c15
            value ^= value >> 32
            index += 8
        }
        return value
    }
}
