import HTTP
import JSON

extension Claude {
    struct StoredFile: Sendable {
        let id: String
        let name: String
        let type: String
        let size: Int
        let created: Int

        func write(to document: inout Document) {
            document.member("type", "file")
            document.member("id", id)
            document.member("filename", name)
            document.member("mime_type", type)
            document.member("size_bytes", size)
            document.member("created_at", rfc3339(created))
            document.key("downloadable")
            document.bool(false)
        }
    }

    /// Requires the beta for files. Later API versions need no beta.
    private func checkBeta(_ call: Call) throws(Failure) {
        let betas = Betas(call)
        guard betas.has("files-api-") || betas.isNewVersion else { throw .unknownPath }
    }

    func uploadFile(_ call: Call) throws(Failure) -> Answer {
        try checkBeta(call)
        let form: MultipartForm
        switch call.content {
        case .form(let read): form = read
        case .badForm(let reason): throw .invalid("Could not parse the multipart form: \(reason)")
        case .tooLarge: throw .tooLarge
        default: throw .invalid("Content-Type must be multipart/form-data")
        }
        guard let part = form["file"] else { throw .missing("file") }
        let name = part.fileName ?? ""
        guard (1...255).contains(name.utf8.count) else {
            throw .at("file", "filename must be between 1 and 255 characters")
        }
        if part.body.isEmpty { throw .at("file", "file must not be empty") }
        var ids = call.ids
        let file = StoredFile(
            id: "file_011" + ids.random.base58(21), name: name, type: part.contentType ?? "application/octet-stream",
            size: part.body.count, created: ids.created)
        files.add(file, id: file.id)
        return answer(call) { file.write(to: &$0) }
    }

    func listFiles(_ call: Call) throws(Failure) -> Answer {
        try checkBeta(call)
        let page = try Page(call)
        var ids = call.ids
        let body = page.write(files.all, id: \.id) { $0.write(to: &$1) }
        return Answer(headers: Self.headers(ids: &ids), body: .whole(body))
    }

    func retrieveFile(_ id: String, _ call: Call) throws(Failure) -> Answer {
        try checkBeta(call)
        guard let file = files.change(id, { $0 }) else { throw .notFound("File", id) }
        return answer(call) { file.write(to: &$0) }
    }

    func deleteFile(_ id: String, _ call: Call) throws(Failure) -> Answer {
        try checkBeta(call)
        guard files.remove(id) != nil else { throw .notFound("File", id) }
        return answer(call) { marker in
            marker.member("id", id)
            marker.member("type", "file_deleted")
        }
    }

    /// Only files that the service's tools made can be downloaded. The mock's tools make no files.
    func downloadFile(_ id: String, _ call: Call) throws(Failure) -> Answer {
        try checkBeta(call)
        guard files.change(id, { $0 }) != nil else { throw .notFound("File", id) }
        throw .invalid("File \(id) is not downloadable.")
    }
}
