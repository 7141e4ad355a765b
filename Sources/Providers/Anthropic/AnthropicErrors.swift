import Chat
import HTTP
import JSON

/// Claude's errors (spec/wire/anthropic.md §9). The body has OpenAI's shape inside, so that only what the words mean is
/// said here.
enum AnthropicErrors {
    static func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        var failure = OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
        if isOutOfMoney(failure) { return outOfMoney(failure) }
        if let kind = kinds[failure.type] { failure.kind = kind.0 }
        if failure.code == .none { failure.code = code(failure.type, failure.message) }
        return failure
    }

    /// An error where an answer was due, or in a stream: the status says nothing, so the type has to.
    static func failure(inSuccess root: JSON) -> UpstreamFailure {
        let error = root["error"]
        let type = error?["type"]?.string ?? "api_error"
        let (kind, status) = kinds[type] ?? (.server, 502)
        let message = sanitized(ErrorSentence.of(error) ?? "The upstream reported an error.", limit: 4096)
        let failure = UpstreamFailure(
            kind: kind, status: status, message: message, type: sanitized(type, limit: 100), code: code(type, message))
        return isOutOfMoney(failure) ? outOfMoney(failure) : failure
    }

    private static func isOutOfMoney(_ failure: UpstreamFailure) -> Bool {
        failure.type == "billing_error" || failure.message.contains("credit balance is too low")
    }

    /// In OpenAI's words, which clients and the channel's guard know.
    private static func outOfMoney(_ failure: UpstreamFailure) -> UpstreamFailure {
        var failure = failure
        (failure.kind, failure.status) = (.quotaExceeded, 429)
        (failure.type, failure.code) = ("insufficient_quota", .text("insufficient_quota"))
        return failure
    }

    /// Claude has no codes but its types; only the sentence tells what a program decides by.
    private static func code(_ type: String, _ message: String) -> UpstreamFailure.Code {
        let known = sentences.first { $0.type == type && message.contains($0.part) }
        return .text(known?.code ?? sanitized(type, limit: 100))
    }

    /// OpenAI's words for errors of a type.
    private static let sentences: [(type: String, part: String, code: String)] = [
        ("not_found_error", "model: ", "model_not_found"),
        ("invalid_request_error", "prompt is too long", "context_length_exceeded"),
        ("invalid_request_error", "exceed context limit", "context_length_exceeded"),
    ]

    private static let kinds: [String: (UpstreamFailure.Kind, Int)] = [
        "invalid_request_error": (.badRequest, 400), "authentication_error": (.authentication, 401),
        "permission_error": (.permission, 403), "forbidden": (.permission, 403),
        "not_found_error": (.notFound, 404), "conflict_error": (.server, 409), "request_too_large": (.badRequest, 413),
        "rate_limit_error": (.rateLimited, 429), "api_error": (.server, 500), "timeout_error": (.timedOut, 504),
        "overloaded_error": (.overloaded, 529),
    ]
}
