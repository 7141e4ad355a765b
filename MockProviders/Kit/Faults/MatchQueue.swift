import Synchronization

/// Things waiting for the next requests that match, first come first served.
final class MatchQueue<Item: Sendable>: Sendable {
    private struct Waiting {
        let match: Match
        var count: Int
        let item: Item
    }

    /// A queue longer than this is a test gone wild; the oldest entries leave.
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

    /// Requests that are still waited for.
    var count: Int { waiting.withLock { $0.reduce(0) { $0 + $1.count } } }

    func reset() { waiting.withLock { $0 = [] } }
}
