/// Merges a piece of any length with a heap of its pairs, in n log n steps. It keeps its buffers for the next piece.
struct LongPieceMerger {
    /// For each start of a part, the starts of the next part (the length at the end) and of the previous one (-1 if
    /// none).
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// For each start of a part, the rank of the pair that begins there.
    private var ranks: [UInt32] = []
    private var heap = RankHeap()

    /// - Returns: how many parts remain.
    mutating func merge(_ piece: UnsafePointer<UInt8>, _ length: Int, _ vocabulary: Vocabulary) -> Int {
        prepare(piece, length, vocabulary)
        var parts = length
        while let (rank, start) = heap.pop() {
            // Skip entries of pairs that have changed since.
            guard ranks[start] == rank else { continue }
            let swallowed = Int(next[start])
            let end = Int(next[swallowed])
            next[start] = Int32(end)
            if end < length { previous[end] = Int32(start) }
            ranks[swallowed] = Vocabulary.none
            parts -= 1
            update(start, piece, length, vocabulary)
            if start > 0 { update(Int(previous[start]), piece, length, vocabulary) }
        }
        return parts
    }

    /// The end of a part that remains after `merge`.
    func end(ofPartAt start: Int) -> Int { Int(next[start]) }

    private mutating func prepare(_ piece: UnsafePointer<UInt8>, _ length: Int, _ vocabulary: Vocabulary) {
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        ranks.removeAll(keepingCapacity: true)
        for start in 0..<length {
            next.append(Int32(start + 1))
            previous.append(Int32(start - 1))
            let rank = start + 1 < length ? vocabulary.pairRank(piece + start) : Vocabulary.none
            ranks.append(rank)
            if rank != Vocabulary.none { heap.push(rank, start) }
        }
    }

    private mutating func update(_ start: Int, _ piece: UnsafePointer<UInt8>, _ length: Int, _ vocabulary: Vocabulary) {
        let middle = Int(next[start])
        let rank = middle < length ? vocabulary.rank(piece + start, Int(next[middle]) - start) : Vocabulary.none
        ranks[start] = rank
        if rank != Vocabulary.none { heap.push(rank, start) }
    }
}

/// A binary heap of ranks and positions, lowest first.
private struct RankHeap {
    private var items: [UInt64] = []

    mutating func push(_ rank: UInt32, _ position: Int) {
        let item = UInt64(rank) << 32 | UInt64(position)
        items.append(item)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent] <= item { break }
            items[child] = items[parent]
            child = parent
        }
        items[child] = item
    }

    mutating func pop() -> (rank: UInt32, position: Int)? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        let result = (UInt32(first >> 32), Int(first & 0xffff_ffff))
        guard !items.isEmpty else { return result }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= items.count { break }
            if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
            if last <= items[child] { break }
            items[parent] = items[child]
            parent = child
        }
        items[parent] = last
        return result
    }
}
