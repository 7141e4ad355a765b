import JSON

/// Cached contents (spec/wire/gemini.md §8).
extension Gemini {
    struct Cache: Sendable {
        let name: String
        let model: String
        let title: String
        let tokens: Int
        let created: Int
        var updated: Int
        var expires: String

        /// Times in RFC 3339 and UTC sort as text. Fractions of a second do not matter here.
        func isExpired(at seconds: Int) -> Bool { expires.prefix(19) <= rfc3339(seconds).prefix(19) }

        var json: JSON {
            var object: JSONObject = ["name": .string("cachedContents/\(name)"), "model": .string(model)]
            if !title.isEmpty { object.append("displayName", .string(title)) }
            object.append("createTime", .string(rfc3339(created)))
            object.append("updateTime", .string(rfc3339(updated)))
            object.append("expireTime", .string(expires))
            object.append("usageMetadata", ["totalTokenCount": .int(tokens)])
            return .object(object)
        }
    }

    /// - Parameter name: the name with its collection, as requests give it.
    func cache(named name: String, _ call: Call) -> Cache? {
        guard name.hasPrefix("cachedContents/") else { return nil }
        return change(String(name.dropFirst(15)), call) { _ in }
    }

    /// `nil` if the cache has expired or was deleted.
    private func change(_ name: String, _ call: Call, _ body: (inout Cache) -> Void) -> Cache? {
        let time = call.ids.created
        return caches.change(name) { cache -> Cache? in
            if cache.isExpired(at: time) { return nil }
            body(&cache)
            return cache
        } ?? nil
    }

    func cache(_ name: String?, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        guard let name else {
            if call.method == "POST" { return try makeCache(call, place) }
            guard call.method == "GET" else { throw .page() }
            let found = caches.all.filter { !$0.isExpired(at: call.ids.created) }
            return try Google.page(found.map(\.json), as: "cachedContents", call)
        }
        let found: Cache?
        switch call.method {
        case "GET": found = change(name, call) { _ in }
        case "PATCH":
            let body = try Google.body(call, as: Fields.expiry)
            let expires = try Self.expiry(body, call)
            found = change(name, call) { cache in
                cache.expires = expires ?? cache.expires
                cache.updated = call.ids.created
            }
        case "DELETE":
            guard caches.remove(name) != nil else { throw .noCache }
            return Google.answer([:], call)
        default: throw .page()
        }
        guard let found else { throw .noCache }
        return Google.answer(found.json, call)
    }

    private func makeCache(_ call: Call, _ place: Place) throws(Failure) -> Answer {
        let body = try Google.body(call, as: Fields.cache)
        let name = body["model"]?.string ?? ""
        let short = name.hasPrefix("models/") ? String(name.dropFirst(7)) : name
        guard let model = Model(short), model.kind == .chat else {
            throw .noModel(short, place.version, "createCachedContent")
        }
        let words = ["systemInstruction", "contents", "tools"].compactMap { body[$0] }.map(Talk.text).joined()
        let tokens = prompts.count(words, model: model.name)
        guard tokens >= 1024 else {
            throw .invalid("Cached content is too small. total_token_count=\(tokens), min_total_token_count=1024")
        }
        var ids = call.ids
        let cache = Cache(
            name: ids.random.alphanumerics(24).lowercased(), model: "models/\(short)",
            title: body["displayName"]?.string ?? "", tokens: tokens, created: ids.created, updated: ids.created,
            expires: try Self.expiry(body, call) ?? rfc3339(ids.created + 3600))
        caches.add(cache, id: cache.name)
        return Google.answer(cache.json, call)
    }

    private static func expiry(_ body: JSON, _ call: Call) throws(Failure) -> String? {
        if let time = body["expireTime"]?.string {
            if time.utf8.count >= 20, time.dropFirst(10).first == "T" { return time }
            throw .violations([
                (
                    "expire_time",
                    "Invalid value at 'expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"\(time.prefix(80))\""
                )
            ])
        }
        guard let text = body["ttl"]?.string else { return nil }
        guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), 0...1e8 ~= seconds else {
            throw .violations([
                ("ttl", "Invalid value at 'ttl' (type.googleapis.com/google.protobuf.Duration), \"\(text.prefix(80))\"")
            ])
        }
        return rfc3339(call.ids.created + Int(seconds))
    }
}
