/// Merges a piece's bytes by rank, lowest first and leftmost among equals, as byte-pair encoding demands.
///
/// Short pieces search for the lowest pair each time; long ones keep the pairs in a heap, so that a megabyte without a
/// break stays far from quadratic. The buffers are kept between pieces.
struct PairMerger {
    private static let heapFrom = 96

    private let vocabulary: Vocabulary
    /// Begin of each part; the last one is the piece's end.
    private var starts: [Int32] = []
    /// Rank of the pair that begins with each part.
    private var ranks: [UInt32] = []

    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Number of tokens of a piece that is not itself a token.
    mutating func count(_ piece: UnsafePointer<UInt8>, _ length: Int) -> Int {
        length < Self.heapFrom ? mergeShort(piece, length) : mergeLong(piece, length, nil)
    }

    /// The tokens themselves.
    mutating func encode(_ piece: UnsafePointer<UInt8>, _ length: Int, into tokens: inout [Int]) {
        if length >= Self.heapFrom {
            var parts: [Int] = []
            _ = mergeLong(piece, length, { parts.append($0) })
            for (start, end) in zip(parts, parts.dropFirst() + [length]) { append(piece + start, end - start, &tokens) }
            return
        }
        let count = mergeShort(piece, length)
        for index in 0..<count {
            append(piece + Int(starts[index]), Int(starts[index + 1] - starts[index]), &tokens)
        }
    }

    private func append(_ start: UnsafePointer<UInt8>, _ length: Int, _ tokens: inout [Int]) {
        if let rank = vocabulary.rank(start, length) { tokens.append(Int(rank)) }
    }

    private mutating func mergeShort(_ piece: UnsafePointer<UInt8>, _ length: Int) -> Int {
        starts.removeAll(keepingCapacity: true)
        ranks.removeAll(keepingCapacity: true)
        for index in 0...length { starts.append(Int32(index)) }
        for index in 0..<length {
            ranks.append(index + 1 < length ? vocabulary.rank(piece + index, 2) ?? .max : .max)
        }
        var parts = length
        let vocabulary = self.vocabulary
        return starts.withUnsafeMutableBufferPointer { starts in
            ranks.withUnsafeMutableBufferPointer { ranks in
                while true {
                    var best = UInt32.max
                    var at = 0
                    for index in 0..<parts where ranks[index] < best {
                        best = ranks[index]
                        at = index
                    }
                    if best == .max { return parts }
                    // Part `at` swallows the next one.
                    var index = at + 1
                    while index < parts {
                        starts[index] = starts[index + 1]
                        if index + 1 < parts { ranks[index] = ranks[index + 1] }
                        index += 1
                    }
                    parts -= 1
                    ranks[at] = Self.pairRank(vocabulary, piece, starts, at, parts)
                    if at > 0 { ranks[at - 1] = Self.pairRank(vocabulary, piece, starts, at - 1, parts) }
                }
            }
        }
    }

    @inline(__always)
    private static func pairRank(
        _ vocabulary: Vocabulary, _ piece: UnsafePointer<UInt8>, _ starts: UnsafeMutableBufferPointer<Int32>,
        _ index: Int, _ parts: Int
    ) -> UInt32 {
        guard index + 1 < parts else { return .max }
        return vocabulary.rank(piece + Int(starts[index]), Int(starts[index + 2] - starts[index])) ?? .max
    }

    // MARK: Long pieces

    /// - Parameter visit: called with the start of each remaining part.
    private func mergeLong(_ piece: UnsafePointer<UInt8>, _ length: Int, _ visit: ((Int) -> Void)?) -> Int {
        var next = (0..<length).map { Int32($0 + 1) }
        var previous = (0..<length).map { Int32($0 - 1) }
        var current = [UInt32](repeating: .max, count: length)
        var heap = RankHeap()
        func rank(at start: Int) -> UInt32 {
            let middle = Int(next[start])
            guard middle < length else { return .max }
            return vocabulary.rank(piece + start, Int(next[middle]) - start) ?? .max
        }
        for start in 0..<length {
            current[start] = rank(at: start)
            if current[start] != .max { heap.push(UInt64(current[start]) << 32 | UInt64(start)) }
        }
        var parts = length
        while let entry = heap.pop() {
            let start = Int(entry & 0xffff_ffff)
            // Entries of pairs that have changed since are skipped.
            guard current[start] == UInt32(entry >> 32) else { continue }
            let swallowed = Int(next[start])
            next[start] = next[swallowed]
            if Int(next[swallowed]) < length { previous[Int(next[swallowed])] = Int32(start) }
            current[swallowed] = .max
            parts -= 1
            for changed in [start, Int(previous[start])] where changed >= 0 {
                current[changed] = rank(at: changed)
                if current[changed] != .max { heap.push(UInt64(current[changed]) << 32 | UInt64(changed)) }
            }
        }
        if let visit {
            var start = 0
            while start < length {
                visit(start)
                start = Int(next[start])
            }
        }
        return parts
    }
}

/// A binary heap of rank and position, lowest first.
private struct RankHeap {
    private var items: [UInt64] = []

    mutating func push(_ item: UInt64) {
        items.append(item)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent] <= items[child] { return }
            items.swapAt(parent, child)
            child = parent
        }
    }

    mutating func pop() -> UInt64? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var smallest = parent
            let left = 2 * parent + 1
            if left < items.count, items[left] < items[smallest] { smallest = left }
            if left + 1 < items.count, items[left + 1] < items[smallest] { smallest = left + 1 }
            if smallest == parent { return first }
            items.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
