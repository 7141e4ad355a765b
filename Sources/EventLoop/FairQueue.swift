/// How much may wait and run in a `FairQueue`.
package struct FairLimits: Sendable, Equatable {
    /// How many items may wait, in all and of one owner.
    package var waiting: Int
    package var waitingOfOne: Int
    /// How many items of one owner may run at once.
    package var runningOfOne: Int

    package init(waiting: Int, waitingOfOne: Int, runningOfOne: Int) {
        self.waiting = waiting
        self.waitingOfOne = waitingOfOne
        self.runningOfOne = runningOfOne
    }

    package static let none = FairLimits(waiting: .max, waitingOfOne: .max, runningOfOne: .max)
}

/// Work of many owners that waits for a few workers. The owners take turns, so that an owner with much work does not
/// delay the others. The number of waiting items is limited.
///
/// An owner is idle (nothing waits), in the line of turns (something waits and may run), or held (something waits, but
/// as many of its items run as may run at once).
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

    /// Whether `next` would return an item.
    package var hasNext: Bool { !line.isEmpty }

    /// - Parameter isCertain: whether to accept the item beyond the limits, because refusing it would lose something.
    /// - Returns: whether the item was accepted.
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

    /// The next item. It counts as running until `finished`.
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
        // An owner without any items is forgotten.
        if owner.running > 0 || !owner.waiting.isEmpty { owners[id] = owner }
    }
}
