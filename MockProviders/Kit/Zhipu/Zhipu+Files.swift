extension Zhipu {
    /// A file that a client uploaded.
    struct StoredFile: Sendable {
        let id: String
        let name: String
        let purpose: String
        let created: Int
        let bytes: [UInt8]

        func write(to document: inout Document) {
            document.member("id", id)
            document.member("object", "file")
            document.member("bytes", bytes.count)
            document.member("created_at", created)
            document.member("filename", name)
            document.member("purpose", purpose)
        }
    }
}

extension Zhipu.Platform {
    func uploadFile(_ call: Call) throws(Zhipu.Failure) -> Answer {
        guard case .form(let form) = call.content else { throw .code(1210) }
        guard let purpose = form["purpose"]?.text else { throw .missing("purpose") }
        guard ["fine-tune", "retrieval", "batch"].contains(purpose) else { throw .invalid("purpose") }
        guard let part = form["file"] else { throw .missing("file") }
        var ids = call.ids
        let request = Zhipu.identifier(&ids)
        let file = Zhipu.StoredFile(
            id: "file-\(ids.random.hex(24))", name: part.fileName ?? "file", purpose: purpose, created: ids.created,
            bytes: part.body)
        files.add(file, id: file.id)
        return answer(id: request) { file.write(to: &$0) }
    }

    func listFiles(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let wanted = call.queryValue("purpose")
        return try list(files.all.filter { wanted == nil || $0.purpose == wanted }, call, id: \.id) {
            $0.write(to: &$1)
        }
    }

    /// A page of the objects that a client created. `limit` is its size, and `after` an id.
    func list<Item>(
        _ items: [Item], _ call: Call, id: (Item) -> String, write: (Item, inout Document) -> Void
    ) throws(Zhipu.Failure) -> Answer {
        var ids = call.ids
        let limit = call.queryValue("limit").map { Int($0) ?? 0 } ?? 20
        guard (1...100).contains(limit) else { throw .invalid("limit") }
        var rest = items[...]
        if let after = call.queryValue("after"), let place = rest.firstIndex(where: { id($0) == after }) {
            rest = rest[(place + 1)...]
        }
        return answer(id: Zhipu.identifier(&ids)) { root in
            root.member("object", "list")
            root.array("data") { list in
                for item in rest.prefix(limit) { list.object { write(item, &$0) } }
            }
            root.member("has_more", rest.count > limit)
        }
    }

    func deleteFile(_ id: String, _ call: Call) throws(Zhipu.Failure) -> Answer {
        guard files.remove(id) != nil else { throw .invalid("file_id") }
        var ids = call.ids
        return answer(id: Zhipu.identifier(&ids)) { root in
            root.member("id", id)
            root.member("deleted", true)
            root.member("object", "file")
        }
    }

    func downloadFile(_ id: String, _ call: Call) throws(Zhipu.Failure) -> Answer {
        guard let file = files.change(id, { $0 }) else { throw .invalid("file_id") }
        var ids = call.ids
        let headers = Zhipu.headers(id: Zhipu.identifier(&ids), type: "application/octet-stream")
        return Answer(headers: headers, body: .whole(file.bytes))
    }
}
