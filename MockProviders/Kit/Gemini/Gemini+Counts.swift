import HTTP
import JSON

/// Token counts, embeddings, caches and files (spec/wire/gemini.md §§1.2, 8).
extension Gemini {
    func countTokens(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        guard let model = Model(name) else { throw .noModel(name, place.version, "countTokens") }
        let body = try Self.body(call, as: Reader.count)
        let request = try Request(body["generateContentRequest"] ?? body, call, model, self)
        return Self.answer(
            [
                "totalTokens": .int(request.promptTokens),
                "promptTokensDetails": [["modality": "TEXT", "tokenCount": .int(request.promptTokens)]],
            ], call)
    }

    func embed(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        let model = try model(name, .embedding, "embedContent", place)
        let isBatch = verb == "batchEmbedContents"
        let body = try Self.body(call, as: isBatch ? Reader.embedBatch : Reader.embed)
        let requests = isBatch ? body["requests"]?.array ?? [] : [body]
        guard !requests.isEmpty, requests.count <= 100 else {
            throw .invalid("* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n")
        }
        var tokens = 0
        var vectors: [JSON] = []
        for (index, request) in requests.enumerated() {
            if isBatch, request["model"]?.string != "models/\(name)" {
                throw .invalid(
                    "* BatchEmbedContentsRequest.requests[\(index)].model: model must be the one of the request\n")
            }
            let text = Talk.text(request["content"] ?? .null)
            if text.isEmpty {
                throw .invalid("* EmbedContentRequest.content: contents is not specified\n")
            }
            if request["title"] != nil, request["taskType"]?.string != "RETRIEVAL_DOCUMENT" {
                throw .invalid("* EmbedContentRequest.title: only supported for task type RETRIEVAL_DOCUMENT\n")
            }
            let full = model.generation == 1 ? 768 : 3072
            let size = Int(request["outputDimensionality"]?.int ?? Int64(full))
            guard (1...full).contains(size) else {
                throw .invalid("* EmbedContentRequest.output_dimensionality: must be between 1 and \(full)\n")
            }
            tokens += prompts.count(text, model: name)
            let vector = OpenAI.vector(text, model: name, full: full, size: size)
            vectors.append(["values": .array(vector.map { .double(Double($0)) })])
        }
        var object: JSONObject = isBatch ? ["embeddings": .array(vectors)] : ["embedding": vectors[0]]
        let usage = Usage(prompt: call.script?.promptTokens ?? tokens)
        if model.generation >= 2, let reported = usage.reported(call.usage) {
            object.append(
                "usageMetadata",
                [
                    "promptTokenCount": .int(reported.prompt),
                    "promptTokenDetails": [["modality": "TEXT", "tokenCount": .int(reported.prompt)]],
                ])
        }
        var answer = Self.answer(.object(object), call)
        var ids = call.ids
        answer.served = Served(
            id: ids.random.alphanumerics(23), model: name, key: call.identity.key ?? "", promptTokens: usage.prompt,
            completionTokens: 0, cachedTokens: 0)
        return answer
    }

    func cache(_ name: String?, _ call: Call) throws(Failure) -> Answer {
        switch (call.method, name) {
        case ("POST", nil): return try makeCache(call)
        case ("GET", nil): return Self.answer(["cachedContents": .array(caches.all)], call)
        case ("GET", let id?):
            guard let cache = caches.change(id, { $0 }) else { break }
            return Self.answer(cache, call)
        case ("DELETE", let id?):
            guard caches.remove(id) != nil else { break }
            return Self.answer([:], call)
        default: throw .noPage
        }
        throw .denied("CachedContent not found (or permission denied)")
    }

    private func makeCache(_ call: Call) throws(Failure) -> Answer {
        let body = try Self.body(call, as: Reader.cache)
        let name = body["model"]?.string ?? ""
        guard name.hasPrefix("models/"), let model = Model(String(name.dropFirst(7))), model.kind == .chat else {
            throw .noModel(name, "v1beta", "createCachedContent")
        }
        let words = ["systemInstruction", "contents", "tools"].compactMap { body[$0] }.map(Talk.text).joined()
        let tokens = prompts.count(words, model: model.name)
        guard tokens >= 1024 else {
            throw .invalid("Cached content is too small. total_token_count=\(tokens), min_total_token_count=1024")
        }
        var ids = call.ids
        let id = ids.random.alphanumerics(12).lowercased()
        let time = "2026-01-02T03:04:05.000000Z"
        let cache: JSON = [
            "name": .string("cachedContents/\(id)"), "model": .string(name),
            "displayName": body["displayName"] ?? "", "createTime": .string(time), "updateTime": .string(time),
            "expireTime": body["expireTime"] ?? "2026-01-02T04:04:05.000000Z",
            "usageMetadata": ["totalTokenCount": .int(tokens)],
        ]
        caches.add(cache, id: id)
        return Self.answer(cache, call)
    }

    /// Both steps of a resumable upload.
    func upload(_ call: Call) throws(Failure) -> Answer {
        let host = call.headers["Host"] ?? "127.0.0.1"
        if let id = call.queryValue("upload_id") {
            let finished = files.change(id) { file -> JSON in
                guard var object = file.object else { return file }
                object["sizeBytes"] = .string(String(call.body.count))
                object["state"] = "ACTIVE"
                file = .object(object)
                return file
            }
            guard let finished else { throw .noPage }
            var answer = Self.answer(["file": finished], call)
            answer.headers.add("X-Goog-Upload-Status", "final")
            return answer
        }
        var ids = call.ids
        let id = ids.random.alphanumerics(12).lowercased()
        var type = "application/octet-stream"
        if case .json(let body) = call.content {
            let file = JSON(body)["file"]
            type = file?["mime_type"]?.string ?? file?["mimeType"]?.string ?? type
        }
        let base =
            "http://\(host)\(call.path.split(separator: "/").prefix { $0 != "upload" }.map { "/" + $0 }.joined())"
        files.add(
            [
                "name": .string("files/\(id)"), "uri": .string("\(base)/v1beta/files/\(id)"),
                "mimeType": .string(type), "sizeBytes": "0", "state": "PROCESSING",
            ], id: id)
        var answer = Self.answer([:], call)
        answer.headers.add("X-Goog-Upload-URL", "http://\(host)\(call.path)?upload_id=\(id)")
        answer.headers.add("X-Goog-Upload-Status", "active")
        return answer
    }

    func file(_ name: String?, _ call: Call) throws(Failure) -> Answer {
        guard let name else {
            guard call.method == "GET" else { throw .noPage }
            return Self.answer(["files": .array(files.all)], call)
        }
        let file = call.method == "GET" ? files.change(name) { $0 } : files.remove(name)
        guard let file else {
            throw .denied("You do not have permission to access the File \(name.prefix(80)) or it may not exist.")
        }
        return Self.answer(call.method == "GET" ? file : [:], call)
    }
}
