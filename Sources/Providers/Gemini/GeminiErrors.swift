import Chat
import HTTP
import JSON

/// Google's errors (spec/wire/gemini.md §9): `{"error":{"code","message","status","details"}}`, perhaps in an array.
enum GeminiErrors {
    static func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        if let root = try? LazyJSON.parse(body), let error = error(in: root) {
            var failure = read(error, status: status)
            if failure.retryAfter == nil { failure.retryAfter = RetryAfter.read(headers) }
            return failure
        }
        return OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }

    /// The error in a body whose status says that there is none.
    static func hidden(in root: LazyJSON) -> UpstreamFailure? {
        guard let error = error(in: root) else { return nil }
        let code = Int(error["code"]?.int ?? 502)
        return read(error, status: (400..<600).contains(code) ? code : 502)
    }

    /// Whether an error has Google's shape: a number as its code and a word in capitals beside it. Google's endpoint for
    /// OpenAI's clients has these too.
    static func isGoogles(_ error: JSON) -> Bool {
        guard error["code"]?.int != nil, let word = error["status"]?.string, !word.isEmpty else { return false }
        return word.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == 0x5f }
    }

    private static func error(in root: LazyJSON) -> JSON? {
        guard let error = root["error"] ?? root[0]?["error"], error.isObject else { return nil }
        return error.json
    }

    static func read(_ error: JSON, status: Int) -> UpstreamFailure {
        let word = error["status"]?.string ?? ""
        let message = sanitized(ErrorSentence.of(error) ?? "The upstream reported an error.", limit: 4096)
        var (kind, clientStatus) = (OpenAIErrors.kind(status: status, code: "", type: ""), status)
        switch word {
        case "RESOURCE_EXHAUSTED":
            // The sentence speaks of plan and billing even where a minute's rate is meant; only the ids tell them apart.
            kind = isDaily(error) ? .quotaExceeded : .rateLimited
        case "UNAUTHENTICATED": kind = .authentication
        case "PERMISSION_DENIED": kind = .permission
        // A place that Google does not serve is the channel's trouble, not the request's.
        case "FAILED_PRECONDITION": (kind, clientStatus) = (.permission, 403)
        case "UNAVAILABLE": kind = .overloaded
        case "DEADLINE_EXCEEDED": kind = .timedOut
        case "INVALID_ARGUMENT":
            // A bad key is a 400 of its own.
            if reasons(error).contains("API_KEY_INVALID") || message.contains("API key") || message.contains("API Key")
            {
                (kind, clientStatus) = (.authentication, 401)
            }
        default: break
        }
        return UpstreamFailure(
            kind: kind, status: clientStatus, message: message,
            type: isOfFile(message) ? type(.badRequest) : type(kind),
            code: .text(code(word, message)), retryAfter: RetryAfter.read(error))
    }

    /// Whether it is a file that the key may not read: the client named it, and the key is good.
    private static func isOfFile(_ message: String) -> Bool {
        message.hasPrefix("You do not have permission to access the File ")
    }

    /// Google's word, or OpenAI's for what a program decides by; only the sentence tells it.
    private static func code(_ word: String, _ message: String) -> String {
        switch word {
        case "": "upstream_error"
        case "NOT_FOUND" where message.hasPrefix("models/"): "model_not_found"
        case "INVALID_ARGUMENT" where message.contains("exceeds the maximum number of tokens"):
            "context_length_exceeded"
        default: sanitized(word.lowercased(), limit: 100)
        }
    }

    private static func type(_ kind: UpstreamFailure.Kind) -> String {
        switch kind {
        case .badRequest, .notFound: "invalid_request_error"
        case .authentication: "authentication_error"
        case .permission: "permission_error"
        // A day's quota comes back by itself: the account is not out of money.
        case .rateLimited, .quotaExceeded: "rate_limit_error"
        default: "server_error"
        }
    }

    private static func reasons(_ error: JSON) -> [String] {
        (error["details"]?.array ?? []).compactMap { $0["reason"]?.string }
    }

    /// Whether a day's quota is used up, with no word of an earlier end.
    private static func isDaily(_ error: JSON) -> Bool {
        guard RetryAfter.read(error) == nil else { return false }
        return (error["details"]?.array ?? []).contains { detail in
            (detail["violations"]?.array ?? []).contains { $0["quotaId"]?.string?.contains("PerDay") == true }
        }
    }
}
