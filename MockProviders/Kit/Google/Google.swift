import HTTP
import JSON

/// The parts that Google's services share: keys, headers, proto-JSON and google.rpc.Status (spec/wire/gemini.md §§1, 9;
/// palm.md §§1, 5).
enum Google {
    /// The key in the headers or the query; it is empty if it is given without a value.
    static func key(_ call: Call) -> String? { call.headers["x-goog-api-key"] ?? call.queryValue("key") }

    static func bearer(_ call: Call) -> String? {
        guard let field = call.headers["Authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7))
    }

    /// Accepts any key without `mock-bad`, `mock-expired`, `mock-leaked`, `mock-disabled` or `mock-abroad` in it. OAuth
    /// tokens begin with `ya29.`.
    static func authenticate(_ call: Call) throws(Failure) {
        guard let key = key(call) else {
            guard let token = bearer(call) else { throw .noKey }
            let isGood = token.hasPrefix("ya29.") && token.firstRange(of: "mock-bad") == nil
            guard isGood, token.firstRange(of: "mock-expired") == nil else { throw .badToken }
            return
        }
        if key.isEmpty { throw .emptyKey }
        let failures: [(String, Failure)] = [
            ("mock-bad", .badKey), ("mock-expired", .expiredKey), ("mock-leaked", .leakedKey),
            ("mock-disabled", .disabledService), ("mock-abroad", .badLocation),
        ]
        for (mark, failure) in failures where key.firstRange(of: mark) != nil { throw failure }
    }

    /// The client asks for enumerations as numbers, as the generated clients do.
    static func wantsNumbers(_ call: Call) -> Bool {
        call.queryValue("$alt")?.firstRange(of: "enum-encoding=int") != nil
    }

    /// The body, read as a message with these fields.
    ///
    /// - Parameter version: the API version, which error messages put before the names of types.
    static func body(_ call: Call, as fields: [String: Shape], version: String = "v1beta") throws(Failure) -> JSON {
        if call.body.count > 20 << 20 { throw .tooLarge }
        switch call.content {
        case .json(let view) where view.isObject: return try Reader.read(JSON(view), as: fields, version: version)
        case .none: return [:]
        case .tooLarge: throw .tooLarge
        default: throw .badJSON(String(decoding: call.body.prefix(40), as: UTF8.self))
        }
    }

    /// A JSON answer, indented as the services do.
    static func answer(_ body: JSON, _ call: Call, status: Int = 200) -> Answer {
        answer(body.encodedPretty() + [0x0a], status: status, headers(call))
    }

    /// Google's front end sends all bodies in chunks, whole bodies too.
    static func answer(_ bytes: [UInt8], status: Int = 200, _ headers: HTTPHeaders) -> Answer {
        Answer(status: status, headers: headers, body: .whole(bytes), isChunked: true)
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
