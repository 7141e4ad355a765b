import Synchronization

/// The objects that a client created, newest first. A full shelf drops the oldest.
final class Shelf<Item: Sendable>: Sendable {
    private static var limit: Int { 1000 }
    private let items = Mutex<[(id: String, item: Item)]>([])

    func add(_ item: Item, id: String) {
        items.withLock { items in
            items.insert((id, item), at: 0)
            if items.count > Self.limit { items.removeLast() }
        }
    }

    func change<Result: Sendable>(_ id: String, _ body: (inout Item) -> Result) -> Result? {
        items.withLock { items in
            guard let index = items.firstIndex(where: { $0.id == id }) else { return nil }
            return body(&items[index].item)
        }
    }

    func remove(_ id: String) -> Item? {
        items.withLock { items in
            guard let index = items.firstIndex(where: { $0.id == id }) else { return nil }
            return items.remove(at: index).item
        }
    }

    var all: [Item] { items.withLock { $0.map(\.item) } }

    func reset() { items.withLock { $0 = [] } }
}
