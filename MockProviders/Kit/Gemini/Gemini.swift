import HTTP
import JSON

/// generativelanguage.googleapis.com (spec/wire/gemini.md).
final class Gemini: Provider {
    let prompts = PromptMemory()
    let caches = Shelf<JSON>()
    let files = Shelf<JSON>()

    func identity(of call: Call) -> Identity {
        let place = try? Place(call)
        let isModel = place?.collection == "models" || place?.collection == "tunedModels"
        return Identity(model: isModel ? place?.name : nil, key: Self.key(call) ?? Self.bearer(call))
    }

    private static func key(_ call: Call) -> String? {
        if let key = call.headers["x-goog-api-key"], !key.isEmpty { return key }
        guard let key = call.queryValue("key"), !key.isEmpty else { return nil }
        return key
    }

    private static func bearer(_ call: Call) -> String? {
        guard let field = call.headers["Authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7))
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            let place = try Place(call)
            try authenticate(call)
            return try answer(call, at: place)
        } catch {
            return Self.answer(error, call)
        }
    }

    func failure(named name: String, call: Call) -> Answer? {
        let unknown = Failure.invalid("MockProviders knows no error by the name '\(name)'.")
        return Self.answer(Failure.catalogue(name, model: call.identity.model ?? "gemini-2.5-flash") ?? unknown, call)
    }

    var midStreamFailure: [UInt8] {
        Array("data: ".utf8) + Failure.overloaded.document.encoded() + Array("\r\n\r\n".utf8)
    }

    func reset() {
        prompts.reset()
        caches.reset()
        files.reset()
    }

    /// Any key is good that has no `mock-bad`, `mock-expired`, `mock-leaked` or `mock-disabled` in it; bearers begin
    /// with `ya29.`.
    private func authenticate(_ call: Call) throws(Failure) {
        guard let key = Self.key(call) else {
            guard let token = Self.bearer(call) else { throw .noKey }
            guard token.hasPrefix("ya29."), token.firstRange(of: "mock-bad") == nil else { throw .badToken }
            return
        }
        let failures: [(String, Failure)] = [
            ("mock-bad", .badKey), ("mock-expired", .expiredKey), ("mock-leaked", .leakedKey),
            ("mock-disabled", .disabledService),
        ]
        for (mark, failure) in failures where key.firstRange(of: mark) != nil { throw failure }
    }

    private func answer(_ call: Call, at place: Place) throws(Failure) -> Answer {
        switch (call.method, place.collection, place.name, place.verb) {
        case ("POST", "models", let name?, let verb?), ("POST", "tunedModels", let name?, let verb?):
            return try run(verb, name, call, place)
        case ("GET", "models", let name, nil): return try models(name, call, place)
        case ("GET", "tunedModels", nil, nil): return Self.answer([:], call)
        case (_, "cachedContents", let name, nil): return try cache(name, call)
        case ("POST", "files", nil, nil) where place.isUpload: return try upload(call)
        case ("GET", "files", let name, nil), ("DELETE", "files", let name, nil): return try file(name, call)
        default: throw .noPage
        }
    }

    private func run(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        switch verb {
        case "generateContent", "streamGenerateContent": return try generate(verb, name, call, place)
        case "countTokens": return try countTokens(name, call, place)
        case "embedContent", "batchEmbedContents": return try embed(verb, name, call, place)
        default: throw .noPage
        }
    }

    /// A JSON answer, pretty-printed as the service does.
    static func answer(_ body: JSON, _ call: Call, status: Int = 200) -> Answer {
        Answer(status: status, headers: headers(call), body: .whole(body.encodedPretty() + [0x0a]))
    }

    static func headers(_ call: Call, type: String = "application/json; charset=UTF-8") -> HTTPHeaders {
        var headers: HTTPHeaders = ["content-type": type]
        if type == "text/event-stream" { headers.add("content-disposition", "attachment") }
        for name in ["Origin", "X-Origin", "Referer"] { headers.add("vary", name) }
        headers.add("server", "scaffolding on HTTPServer2")
        headers.add("x-xss-protection", "0")
        headers.add("x-frame-options", "SAMEORIGIN")
        headers.add("x-content-type-options", "nosniff")
        var random = call.ids.random
        headers.add("server-timing", "gfet4t7; dur=\(100 + random.below(900))")
        headers.add("alt-svc", "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=2592000")
        return headers
    }
}

extension Gemini {
    /// Where a path leads: `{version}/models/{name}:{verb}`, also below a Vertex project or its express form.
    struct Place {
        private(set) var version = ""
        private(set) var collection = ""
        private(set) var name: String?
        private(set) var verb: String?
        private(set) var isUpload = false

        private static let versions: Set = ["v1", "v1beta", "v1alpha", "v1beta1"]

        init(_ call: Call) throws(Failure) {
            var steps = call.route.split(separator: "/", omittingEmptySubsequences: false).map { percentDecoded($0) }
            if steps.first == "upload" {
                isUpload = true
                steps.removeFirst()
            }
            guard let version = steps.first, Self.versions.contains(version) else { throw .noPage }
            self.version = version
            steps.removeFirst()
            if let google = steps.firstIndex(of: "google"), google > 0, steps[google - 1] == "publishers" {
                steps.removeFirst(google + 1)
            }
            guard let collection = steps.first, steps.count <= 2, !steps.contains("") else { throw .noPage }
            self.collection = collection
            guard steps.count == 2, let last = steps.last else { return }
            // Names have dots and dashes, and tuned ones colons.
            guard let colon = last.lastIndex(of: ":") else {
                name = last
                return
            }
            name = String(last[..<colon])
            verb = String(last[last.index(after: colon)...])
        }
    }
}
