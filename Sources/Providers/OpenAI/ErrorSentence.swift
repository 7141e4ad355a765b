import JSON

/// Finds what an error says, whatever shape its sender gave it:
///
/// | Shape | Senders |
/// | --- | --- |
/// | `{"error": {"message": …}}`, `{"error": "…"}`, `{"message": …}` | OpenAI and most others |
/// | `[{"error": …}]` | Google |
/// | `{"error": {"error": …}}`, a JSON text in place of a message | relays that wrap another's error |
/// | `{"message": {"detail": [{"loc": […], "msg": …}]}}`, the same without `message` | Mistral, FastAPI |
/// | `{"errors": ["…"]}`, `{"errors": [{"message": …}]}`, `{"errors": {"field": ["…"]}}` | Cloudflare and others |
/// | `{"error": {"message": "Provider returned error", "metadata": {"raw": …}}}` | OpenRouter |
enum ErrorSentence {
    /// Where the sentence stands, in the order in which the members are asked.
    static let members = [
        "message", "msg", "err", "error_msg", "detail", "errorMessage", "error_message", "error_description", "errors",
        "fault", "faultstring",
    ]
    private static let deepest = 10
    /// Of a list of errors no more are told.
    private static let most = 10
    /// What OpenRouter says where only the provider's own words tell anything.
    private static let empty = "Provider returned error"

    /// What a whole body says. A short word in `error` goes before the other members.
    static func ofMembers(_ root: JSON) -> String? {
        if let text = root["error"]?.string, !text.isEmpty { return of(root["error"]) }
        return of(root)
    }

    /// What a value says; `nil` for one without words.
    static func of(_ value: JSON?, depth: Int = 0) -> String? {
        guard let value, depth < deepest else { return nil }
        switch value {
        case .null, .bool, .number: return nil
        case .string(let text): return of(text: text, depth: depth)
        case .array(let items): return joined(items.prefix(most).map { of($0, depth: depth + 1) })
        case .object(let object): return of(object, depth: depth + 1)
        }
    }

    /// A text may be another's whole error.
    private static func of(text: String, depth: Int) -> String? {
        guard !text.isEmpty else { return nil }
        guard let inner = json(in: text), let sentence = of(inner, depth: depth + 1) else { return text }
        return sentence
    }

    /// The JSON that a text is; perhaps as the data of an event.
    static func json(in text: String) -> JSON? {
        var rest = text.drop { $0.isWhitespace }
        if rest.hasPrefix("data:") { rest = rest.dropFirst(5).drop { $0.isWhitespace } }
        guard rest.first == "{" || rest.first == "[" else { return nil }
        return try? JSON.parse(Array(rest.utf8))
    }

    private static func of(_ object: JSONObject, depth: Int) -> String? {
        if let error = object["error"], error.string == nil, let sentence = of(error, depth: depth) { return sentence }
        for name in members {
            guard let value = object[name], let sentence = of(value, depth: depth) ?? ofFields(value, name, depth)
            else { continue }
            if let reason = reason(object, depth) { return sentence == empty ? reason : "\(sentence) (\(reason))" }
            return path(object).map { "\($0): \(sentence)" } ?? sentence
        }
        // A message may be an object with its text inside.
        return of(object["error"], depth: depth) ?? reason(object, depth) ?? (depth > 1 ? object["text"]?.string : nil)
    }

    /// `{"field": ["what is wrong with it"]}` under `errors`.
    private static func ofFields(_ value: JSON, _ name: String, _ depth: Int) -> String? {
        guard name == "errors", let fields = value.object else { return nil }
        return joined(
            fields.members.prefix(most).map { field in of(field.value, depth: depth).map { "\(field.key): \($0)" } })
    }

    /// What the provider behind OpenRouter said; a web page is none.
    private static func reason(_ object: JSONObject, _ depth: Int) -> String? {
        guard let data = object["metadata"], let raw = of(data["raw"], depth: depth), !OpenAIErrors.isPage(raw) else {
            return nil
        }
        return data["provider_name"]?.string.map { "\($0): \(raw)" } ?? raw
    }

    private static func joined(_ sentences: [String?]) -> String? {
        let found = sentences.compactMap { $0 }
        return found.isEmpty ? nil : found.joined(separator: "; ")
    }

    // MARK: The object that holds the rest

    /// The object whose `type`, `code` and `param` are the error's.
    static func object(in root: JSON) -> JSON {
        var error = root.array?.first { $0.object != nil } ?? root
        var depth = 0
        while depth < deepest, let inner = inner(of: error) {
            error = inner
            depth += 1
        }
        return error
    }

    private static func inner(of error: JSON) -> JSON? {
        for name in ["error", "errors", "detail"] {
            guard let value = error[name] else { continue }
            // A list of FastAPI's has types of its own, which are none of OpenAI's.
            let inner = name == "detail" ? value : value.array?.first ?? value
            if inner.object != nil, of(inner) != nil, name == "error" || error["message"] == nil { return inner }
        }
        return nil
    }

    // MARK: The field

    /// The field that the first item of a list of FastAPI's names.
    static func field(of value: JSON, depth: Int = 0) -> String? {
        guard depth < deepest else { return nil }
        if let items = value.array { return items.lazy.compactMap { field(of: $0, depth: depth + 1) }.first }
        guard let object = value.object else { return nil }
        if let path = path(object) { return path }
        return ["error", "message", "detail", "errors"].lazy
            .compactMap { object[$0] }.compactMap { field(of: $0, depth: depth + 1) }.first
    }

    /// `["body", "messages", 0, "content"]` as `messages[0].content`.
    private static func path(_ object: JSONObject) -> String? {
        guard (object["msg"] ?? object["message"])?.string != nil, let place = object["loc"] else { return nil }
        var steps = place.array ?? [place]
        if let first = steps.first?.string, ["body", "query", "path", "header"].contains(first) { steps.removeFirst() }
        var path = ""
        for step in steps {
            if let name = step.string { path += path.isEmpty ? name : "." + name }
            if let index = step.int { path += "[\(index)]" }
        }
        return path.isEmpty ? nil : path
    }
}
