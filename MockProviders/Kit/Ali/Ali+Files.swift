import HTTP
import JSON

extension Ali {
    struct File: Sendable {
        let id: String
        let name: String
        let purpose: String
        let bytes: [UInt8]
        let created: Int

        /// The file object of the compatible mode.
        func write(to item: inout Document) {
            item.member("id", id)
            item.member("object", "file")
            item.member("bytes", bytes.count)
            item.member("filename", name)
            item.member("purpose", purpose)
            item.member("status", "processed")
            item.member("created_at", created)
        }

        func writeNative(to item: inout Document) {
            item.member("file_id", id)
            item.member("name", name)
            item.member("size", bytes.count)
            item.member("md5", "d41d8cd98f00b204e9800998ecf8427e")
            item.member("gmt_create", Ali.beijingTime(created, milliseconds: 0))
            item.member("description", nil)
        }
    }

    static func form(_ call: Call) throws(Failure) -> MultipartForm {
        switch call.content {
        case .form(let form): return form
        case .tooLarge: throw .tooLarge
        default: throw .badRequest
        }
    }

    // MARK: Native

    func files(_ call: Call, _ id: String?) throws(Failure) -> Answer {
        let requestID = Self.identifier(call.ids)
        switch (call.method, id) {
        case ("POST", nil): return try uploadFiles(call)
        case ("GET", nil):
            return Self.whole(call) { root in
                root.member("request_id", requestID)
                root.object("data") { data in
                    data.member("total", store.files.all.count)
                    data.member("page_size", 10)
                    data.member("page_no", 1)
                    data.array("files") { list in
                        for file in store.files.all.prefix(10) { list.object { file.writeNative(to: &$0) } }
                    }
                }
            }
        case ("GET", let id?):
            guard let file = store.files.change(id, { $0 }) else { throw .noPage }
            return Self.whole(call) { root in
                root.member("request_id", requestID)
                root.object("data") { file.writeNative(to: &$0) }
            }
        case ("DELETE", let id?):
            guard store.files.remove(id) != nil else { throw .noPage }
            return Self.whole(call) { $0.member("request_id", requestID) }
        default: throw .noPage
        }
    }

    /// Takes at most ten files. Those above the limit fail by themselves.
    private func uploadFiles(_ call: Call) throws(Failure) -> Answer {
        let parts = try Self.form(call).all("files")
        if parts.isEmpty { throw .badRequest }
        var ids = call.ids
        let requestID = Self.uuid(&ids.random)
        let stored = parts.prefix(10).map { part in
            File(
                id: Self.uuid(&ids.random), name: part.fileName ?? "file", purpose: "inference", bytes: part.body,
                created: ids.created)
        }
        for file in stored { store.files.add(file, id: file.id) }
        return Self.whole(call) { root in
            root.member("request_id", requestID)
            root.object("data") { data in
                data.array("uploaded_files") { list in
                    for file in stored {
                        list.object { item in
                            item.member("name", file.name)
                            item.member("file_id", file.id)
                        }
                    }
                }
                data.array("failed_uploads") { list in
                    for part in parts.dropFirst(10) {
                        list.object { item in
                            item.member("name", part.fileName)
                            item.member("code", "BadRequest.TooMany")
                            item.member("message", "Too many files.")
                        }
                    }
                }
            }
        }
    }

    // MARK: Compatible

    func compatibleFiles(_ call: Call, _ rest: [String]) throws(Failure) -> Answer {
        switch (call.method, rest.count) {
        case ("POST", 0): return try uploadFile(call)
        case ("GET", 0):
            return Self.whole(call) { root in
                root.member("object", "list")
                root.array("data") { list in
                    for file in store.files.all { list.object { file.write(to: &$0) } }
                }
                root.key("has_more")
                root.bool(false)
            }
        case ("GET", 1):
            guard let file = rest.first.flatMap({ store.files.change($0) { $0 } }) else { throw .noPage }
            return Self.whole(call) { file.write(to: &$0) }
        case ("DELETE", 1):
            guard let file = rest.first.flatMap({ store.files.remove($0) }) else { throw .noPage }
            return Self.whole(call) { root in
                root.member("id", file.id)
                root.member("object", "file")
                root.key("deleted")
                root.bool(true)
            }
        case ("GET", 2) where rest.last == "content":
            guard let file = rest.first.flatMap({ store.files.change($0) { $0 } }) else { throw .noPage }
            return Answer(headers: ["content-type": "application/octet-stream"], body: .whole(file.bytes))
        default: throw .noPage
        }
    }

    private func uploadFile(_ call: Call) throws(Failure) -> Answer {
        let form = try Self.form(call)
        guard let part = form["file"] else { throw .badRequest }
        let purpose = form["purpose"]?.text ?? ""
        guard ["file-extract", "batch"].contains(purpose) else { return Self.badPurpose(call) }
        var ids = call.ids
        let mark = purpose == "batch" ? "batch" : "fe"
        let file = File(
            id: "file-\(mark)-\(Self.uuid(&ids.random))", name: part.fileName ?? "file", purpose: purpose,
            bytes: part.body, created: ids.created)
        store.files.add(file, id: file.id)
        return Self.whole(call) { file.write(to: &$0) }
    }

    /// This form was recorded: an OpenAI error without a code and without a request id.
    private static func badPurpose(_ call: Call) -> Answer {
        var answer = whole(call) { root in
            root.object("error") { error in
                error.member("message", "'purpose' must be 'file-extract'")
                error.member("type", "invalid_request_error")
                error.member("param", "purpose")
                error.member("code", nil)
            }
        }
        answer.status = 400
        return answer
    }
}
