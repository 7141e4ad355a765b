/// What may wait and run in a `FairQueue`.
package struct FairLimits: Sendable, Equatable {
    /// Items that may wait, in all and of one owner.
    package var waiting: Int
    package var waitingOfOne: Int
    /// Items of one owner that may run at once.
    package var runningOfOne: Int

    package init(waiting: Int, waitingOfOne: Int, runningOfOne: Int) {
        self.waiting = waiting
        self.waitingOfOne = waitingOfOne
        self.runningOfOne = runningOfOne
    }

    package static let none = FairLimits(waiting: .max, waitingOfOne: .max, runningOfOne: .max)
}

/// Work of many owners that wait for a few workers: the owners take turns, so that one with much to do holds up nobody
/// else, and what may wait is bounded.
///
/// An owner is idle (nothing waits), in the line of turns (something waits and may run), or held (something waits, but
/// as much of it runs as may).
package struct FairQueue<Item> {
    private struct Owner {
        var waiting: [Item] = []
        var running = 0
        var isInLine = false
    }

    private let limits: FairLimits
    private var owners: [Int64: Owner] = [:]
    private var line: [Int64] = []
    package private(set) var count = 0

    package init(limits: FairLimits) { self.limits = limits }

    /// Whether `next` has something.
    package var hasNext: Bool { !line.isEmpty }

    /// - Parameter isCertain: the item is taken beyond the limits, since refusing it would lose something.
    /// - Returns: whether it was taken.
    package mutating func add(_ item: Item, of id: Int64, isCertain: Bool = false) -> Bool {
        var owner = owners.removeValue(forKey: id) ?? Owner()
        let isTaken = isCertain || (count < limits.waiting && owner.waiting.count < limits.waitingOfOne)
        if isTaken {
            owner.waiting.append(item)
            count += 1
        }
        put(owner, id)
        return isTaken
    }

    /// The next item, which runs until `finished` says that it does not.
    package mutating func next() -> (item: Item, owner: Int64)? {
        guard !line.isEmpty else { return nil }
        let id = line.removeFirst()
        guard var owner = owners.removeValue(forKey: id), !owner.waiting.isEmpty else { return nil }
        let item = owner.waiting.removeFirst()
        count -= 1
        owner.running += 1
        owner.isInLine = false
        put(owner, id)
        return (item, id)
    }

    package mutating func finished(of id: Int64) {
        guard var owner = owners.removeValue(forKey: id) else { return }
        owner.running -= 1
        put(owner, id)
    }

    private mutating func put(_ changed: Owner, _ id: Int64) {
        var owner = changed
        if !owner.isInLine, !owner.waiting.isEmpty, owner.running < limits.runningOfOne {
            owner.isInLine = true
            line.append(id)
        }
        // Whoever has nothing here is forgotten.
        if owner.running > 0 || !owner.waiting.isEmpty { owners[id] = owner }
    }
}
