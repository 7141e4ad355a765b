import Synchronization

/// Values that wait for the next requests that match them. The first that matches is taken.
final class MatchQueue<Item: Sendable>: Sendable {
    private struct Waiting {
        let match: Match
        var count: Int
        let item: Item
    }

    /// The limit of a queue. It protects against a test that never stops adding; the oldest entries are dropped.
    private static var limit: Int { 10_000 }
    private let waiting = Mutex<[Waiting]>([])

    func add(_ item: Item, match: Match, count: Int) {
        waiting.withLock { waiting in
            waiting.append(Waiting(match: match, count: count, item: item))
            if waiting.count > Self.limit { waiting.removeFirst() }
        }
    }

    func take(path: String, identity: Identity) -> Item? {
        waiting.withLock { waiting in
            if waiting.isEmpty { return nil }
            guard let index = waiting.firstIndex(where: { $0.match.covers(path: path, identity: identity) }) else {
                return nil
            }
            waiting[index].count -= 1
            return waiting[index].count > 0 ? waiting[index].item : waiting.remove(at: index).item
        }
    }

    /// The number of requests that the queue still waits for.
    var count: Int { waiting.withLock { $0.reduce(0) { $0 + $1.count } } }

    func reset() { waiting.withLock { $0 = [] } }
}
