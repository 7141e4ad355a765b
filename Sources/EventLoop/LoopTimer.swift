import Arithmetic

/// A closure that a loop runs once at a given time, unless it is cancelled before. Use it only on its loop.
package final class LoopTimer {
    let at: UInt64
    private var body: (() -> Void)?

    init(at: UInt64, body: @escaping () -> Void) {
        self.at = at
        self.body = body
    }

    /// Drops the closure. This is cheap, and does nothing after the timer fired.
    package func cancel() { body = nil }

    func fire() {
        let pending = body
        body = nil
        pending?()
    }
}

/// A deadline that its owner moves often. Assigning `at` costs one store, since a loop scans its few deadlines.
package final class LoopDeadline {
    /// Monotonic nanoseconds; `.max` means no deadline.
    package var at: UInt64 = .max
    let fire: () -> Void

    package init(fire: @escaping () -> Void) { self.fire = fire }
}

/// A binary heap of timers by due time.
struct TimerHeap {
    private var items: [LoopTimer] = []

    var next: UInt64? { items.first?.at }

    mutating func insert(_ timer: LoopTimer) {
        items.append(timer)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent].at <= items[child].at { break }
            items.swapAt(parent, child)
            child = parent
        }
    }

    mutating func popDue(at now: UInt64) -> LoopTimer? {
        guard let first = items.first, first.at <= now else { return nil }
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if items[child].at < items[smallest].at { smallest = child }
            }
            if smallest == parent { break }
            items.swapAt(parent, smallest)
            parent = smallest
        }
        return first
    }
}

extension Duration {
    /// Whole nanoseconds from 0 to 292 years, so that the clock plus this stays in range.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let whole = UInt64(clamping: seconds).times(1_000_000_000).plus(UInt64(clamping: attoseconds / 1_000_000_000))
        return min(whole, .max / 2)
    }
}
