import HTTP
import JSON
import Synchronization

extension Claude {
    /// A page of a list (spec/wire/anthropic.md §8): `limit`, `after_id`, `before_id`.
    struct Page {
        private let limit: Int
        private let after: String?
        private let before: String?

        init(_ call: Call) throws(Failure) {
            var limit = 20
            if let text = call.queryValue("limit") {
                guard let number = Int(text) else {
                    throw .at("limit", "Input should be a valid integer, unable to parse string as an integer")
                }
                if number < 1 { throw .at("limit", "Input should be greater than or equal to 1") }
                if number > 1000 { throw .at("limit", "Input should be less than or equal to 1000") }
                limit = number
            }
            self.limit = limit
            after = call.queryValue("after_id") ?? call.queryValue("page")
            before = call.queryValue("before_id")
        }

        /// The part of a list that was asked for, and whether the list goes on in that direction.
        func cut<Item>(_ items: [Item], id: (Item) -> String) -> (items: ArraySlice<Item>, hasMore: Bool) {
            if let before, let end = items.firstIndex(where: { id($0) == before }) {
                return (items[..<end].suffix(limit), end > limit)
            }
            let start = after.flatMap { after in items.firstIndex { id($0) == after } }.map { $0 + 1 } ?? 0
            return (items[start...].prefix(limit), items.count - start > limit)
        }

        func write<Item>(_ all: [Item], id: (Item) -> String, _ write: (Item, inout Document) -> Void) -> [UInt8] {
            let (items, hasMore) = cut(all, id: id)
            var document = Document(reserving: 4096)
            document.object { root in
                root.array("data", { list in for item in items { list.object { write(item, &$0) } } })
                root.key("has_more")
                root.bool(hasMore)
                root.member("first_id", items.first.map(id))
                root.member("last_id", items.last.map(id))
            }
            return document.bytes
        }
    }

    func listModels(_ call: Call) throws(Failure) -> Answer {
        let page = try Page(call)
        var ids = call.ids
        let body = page.write(Model.all, id: \.id) { $0.write(to: &$1) }
        return Answer(headers: Self.headers(ids: &ids), body: .whole(body))
    }

    func retrieveModel(_ call: Call) throws(Failure) -> Answer {
        let name = call.identity.model ?? ""
        guard let model = Model.find(name) else { throw .noModel(name) }
        return answer(call) { model.write(to: &$0) }
    }

    /// An answer with one object as its body.
    func answer(_ call: Call, _ body: (inout Document) -> Void) -> Answer {
        var ids = call.ids
        let headers = Self.headers(ids: &ids)
        var document = Document()
        document.object(body)
        return Answer(headers: headers, body: .whole(document.bytes))
    }
}
