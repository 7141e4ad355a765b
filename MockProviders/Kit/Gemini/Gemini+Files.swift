import HTTP
import JSON

/// The Files API (spec/wire/gemini.md §1.2). The bytes of an upload are counted and not kept.
extension Gemini {
    struct File: Sendable {
        let id: String
        let uri: String
        let type: String
        let title: String
        let created: Int
        var size = 0
        var isComplete = false

        func json(_ call: Call) -> JSON {
            var object: JSONObject = ["name": .string("files/\(id)")]
            if !title.isEmpty { object.append("displayName", .string(title)) }
            object.append("mimeType", .string(type))
            object.append("sizeBytes", .string(String(size)))
            object.append("createTime", .string(rfc3339(created)))
            object.append("updateTime", .string(rfc3339(created)))
            object.append("expirationTime", .string(rfc3339(created + 48 * 3600)))
            object.append("uri", .string(uri))
            let state = Names(areNumbers: Google.wantsNumbers(call))
                .json(isComplete ? "ACTIVE" : "PROCESSING", of: Names.states)
            object.append("state", state)
            object.append("source", "UPLOADED")
            return .object(object)
        }
    }

    /// Serves both steps of a resumable upload.
    func upload(_ call: Call, _ place: Place) throws(Failure) -> Answer {
        guard let id = call.queryValue("upload_id") else { return try startUpload(call, place) }
        let isLast = call.headers["X-Goog-Upload-Command"]?.lowercased().contains("finalize") ?? true
        let size = call.body.count
        let file = files.change(id) { file -> File in
            file.size += size
            file.isComplete = isLast
            return file
        }
        guard let file else { throw .page() }
        var answer = isLast ? Google.answer(["file": file.json(call)], call) : Google.answer([:], call)
        answer.headers.add("X-Goog-Upload-Status", isLast ? "final" : "active")
        return answer
    }

    private func startUpload(_ call: Call, _ place: Place) throws(Failure) -> Answer {
        let body = try Google.body(call, as: Fields.upload)
        var ids = call.ids
        let id = Self.known(body["file"]?["name"]?.string) ?? ids.random.alphanumerics(12).lowercased()
        let origin = "http://\(call.headers["Host"] ?? "127.0.0.1")"
        let prefix = call.path.dropLast(call.route.count)
        let type =
            body["file"]?["mimeType"]?.string ?? call.headers["X-Goog-Upload-Header-Content-Type"]
            ?? "application/octet-stream"
        let file = File(
            id: id, uri: "\(origin)\(prefix)\(place.version)/files/\(id)", type: type,
            title: body["file"]?["displayName"]?.string ?? "", created: ids.created)
        files.add(file, id: id)
        var answer = Google.answer([:], call)
        answer.headers.add("X-Goog-Upload-URL", "\(origin)\(call.path)?upload_id=\(id)&upload_protocol=resumable")
        answer.headers.add("X-Goog-Upload-Status", "active")
        return answer
    }

    private static func known(_ name: String?) -> String? {
        guard let name, name.hasPrefix("files/"), name.count > 6 else { return nil }
        return String(name.dropFirst(6).prefix(40))
    }

    func file(_ id: String, _ call: Call) throws(Failure) -> Answer {
        let file = call.method == "GET" ? files.change(id) { $0 } : files.remove(id)
        guard let file else { throw .noFile(id) }
        return Google.answer(call.method == "GET" ? file.json(call) : [:], call)
    }

    /// Refuses addresses of the Files API that lead to no file. All other addresses are accepted.
    func checkFile(_ uri: String) throws(Failure) {
        let steps = uri.split(separator: "/").map(String.init)
        guard steps.count >= 3, let id = steps.last, steps[steps.count - 2] == "files",
            steps[steps.count - 3].hasPrefix("v1")
        else { return }
        if files.change(id, { $0 }) == nil { throw .noFile(id) }
    }
}
