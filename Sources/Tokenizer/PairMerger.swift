/// Merges a piece's bytes by byte-pair encoding: the pair of the lowest rank first, the leftmost among equals.
///
/// A short piece is searched for its lowest pair at each step, on the stack. A long piece keeps its pairs in a heap, so
/// that the time for a megabyte without a break is not quadratic. The heap's buffers are kept for the next piece.
struct PairMerger {
    private let vocabulary: Vocabulary
    private var long = LongPieceMerger()

    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Number of tokens of a piece that is not itself a token.
    mutating func count(_ piece: UnsafePointer<UInt8>, _ length: Int) -> Int {
        if length >= ShortPiece.limit { return long.merge(piece, length, vocabulary) }
        return ShortPiece.with(piece, length) { $0.merge(vocabulary) }
    }

    /// The tokens of a piece.
    mutating func encode(_ piece: UnsafePointer<UInt8>, _ length: Int, into tokens: inout [Int]) {
        if length >= ShortPiece.limit {
            _ = long.merge(piece, length, vocabulary)
            return append(piece, length, &tokens) { long.end(ofPartAt: $0) }
        }
        ShortPiece.with(piece, length) { short in
            _ = short.merge(vocabulary)
            append(piece, length, &tokens) { short.end(ofPartAt: $0) }
        }
    }

    /// Every part is a token, because each single byte is a token and only pairs that make tokens are merged.
    private func append(_ piece: UnsafePointer<UInt8>, _ length: Int, _ tokens: inout [Int], end: (Int) -> Int) {
        var start = 0
        while start < length {
            let next = end(start)
            tokens.append(Int(vocabulary.rank(piece + start, next - start)))
            start = next
        }
    }
}

/// The parts of a piece of less than `limit` bytes, in memory on the stack.
///
/// The unsafe pointers are safe: `with` owns the memory and outlives this value, and every index is below `limit`,
/// since it comes from the length that `with` got.
private struct ShortPiece {
    /// A position fits in 7 bits, so a rank and a position fit in one signed word. The smallest word is the leftmost
    /// lowest pair.
    static let limit = 1 << positionBits
    private static let positionBits: Int32 = 7
    private static let none = Int32.max
    /// The search covers whole groups, so that it compiles to vector instructions without a remainder.
    private static let group = 8
    /// Bytes that a look-up may read past the end of a string.
    private static let padding = 8

    let piece: UnsafePointer<UInt8>
    let length: Int
    /// For each start of a part, rank and position of the pair that begins there; `none` if there is no part or pair.
    private let keys: UnsafeMutablePointer<Int32>
    /// For each start of a part, the starts of the next and of the previous part.
    private let next: UnsafeMutablePointer<UInt8>
    private let previous: UnsafeMutablePointer<UInt8>

    static func with<Result>(
        _ piece: UnsafePointer<UInt8>, _ length: Int, _ body: (ShortPiece) -> Result
    ) -> Result {
        precondition(length < limit)
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: limit) { keys in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3 * limit + padding) { links in
                guard let keys = keys.baseAddress, let links = links.baseAddress else {
                    fatalError("memory on the stack has an address")
                }
                let copy = links + 2 * limit
                copy.update(from: piece, count: length)
                (copy + length).update(repeating: 0, count: padding)
                return body(
                    ShortPiece(piece: copy, length: length, keys: keys, next: links, previous: links + limit))
            }
        }
    }

    func end(ofPartAt start: Int) -> Int { Int(next[start]) }

    /// - Returns: how many parts remain.
    @inline(__always)
    func merge(_ vocabulary: Vocabulary) -> Int {
        let groups = (length + Self.group - 1) / Self.group
        prepare(vocabulary, upTo: groups * Self.group)
        var parts = length
        while true {
            let best = lowest(groups)
            if best == Self.none { return parts }
            parts -= 1
            let start = Int(best & (1 << Self.positionBits - 1))
            let swallowed = Int(next[start])
            let end = Int(next[swallowed])
            next[start] = UInt8(truncatingIfNeeded: end)
            keys[swallowed] = Self.none
            keys[start] = Self.none
            if end < length {
                previous[end] = UInt8(truncatingIfNeeded: start)
                keys[start] = Self.key(vocabulary.rankPadded(piece + start, Int(next[end]) - start), start)
            }
            if start > 0 {
                let before = Int(previous[start])
                keys[before] = Self.key(vocabulary.rankPadded(piece + before, end - before), before)
            }
        }
    }

    @inline(__always)
    private func prepare(_ vocabulary: Vocabulary, upTo padded: Int) {
        for index in 0..<length {
            next[index] = UInt8(truncatingIfNeeded: index + 1)
            previous[index] = UInt8(truncatingIfNeeded: index &- 1)
        }
        for index in 0..<max(0, length - 1) { keys[index] = Self.key(vocabulary.pairRank(piece + index), index) }
        for index in max(0, length - 1)..<padded { keys[index] = Self.none }
    }

    @inline(__always)
    private static func key(_ rank: UInt32, _ start: Int) -> Int32 {
        rank == Vocabulary.none
            ? none : Int32(truncatingIfNeeded: rank) &<< positionBits | Int32(truncatingIfNeeded: start)
    }

    @inline(__always)
    private func lowest(_ groups: Int) -> Int32 {
        var best = SIMD8<Int32>(repeating: Self.none)
        let raw = UnsafeRawPointer(keys)
        for index in 0..<groups {
            let group = raw.loadUnaligned(fromByteOffset: index * Self.group * 4, as: SIMD8<Int32>.self)
            best = pointwiseMin(best, group)
        }
        return best.min()
    }
}
