import Chat
import JSON

/// Baidu's errors have status 200; `error_code` distinguishes them from answers (spec/wire/baidu.md §5.1).
enum BaiduErrors {
    /// The error in a body; `nil` if it is an answer. Some pages of the service write `code` and `msg`.
    /// - Parameter status: the answer's status. Below 400 it tells nothing about an unknown error.
    static func hidden(in root: LazyJSON, status: Int = 200) -> UpstreamFailure? {
        func number(_ name: StaticString) -> Int64? {
            root[name]?.int ?? root[name]?.string.flatMap { Int64($0) }
        }
        guard let code = number("error_code") ?? (root["msg"] == nil ? nil : number("code")), code != 0 else {
            return nil
        }
        let text = ErrorSentence.of(root["error_msg"]?.json ?? root["msg"]?.json) ?? ""
        let message = sanitized(text.isEmpty ? "The upstream reported error \(code)." : text, limit: 4096)
        guard let known = catalogue(code) else {
            let isError = status >= 400
            let kind = isError ? OpenAIErrors.kind(status: status, code: "", type: "") : .server
            return UpstreamFailure(
                kind: kind, status: isError ? status : 502, message: message, type: OpenAIErrors.type(kind),
                code: .text("\(code)"))
        }
        return UpstreamFailure(
            kind: known.kind, status: known.status, message: message, type: known.type,
            code: .text(known.word ?? "\(code)"))
    }

    private struct Meaning {
        let kind: UpstreamFailure.Kind
        let status: Int
        let type: String
        /// OpenAI's code; `nil` keeps Baidu's number.
        var word: String?
    }

    private static func catalogue(_ code: Int64) -> Meaning? {
        switch code {
        case 13, 14, 15, 100, 110, 111:
            Meaning(kind: .authentication, status: 401, type: "authentication_error", word: "invalid_api_key")
        // An application has a separate permission for each service: the key may be valid for other models.
        case 6, 336004: Meaning(kind: .permission, status: 403, type: "invalid_request_error")
        case 3, 336005: Meaning(kind: .notFound, status: 404, type: "invalid_request_error", word: "model_not_found")
        case 17, 19:
            Meaning(kind: .quotaExceeded, status: 429, type: "insufficient_quota", word: "insufficient_quota")
        case 4, 18, 336501, 336502:
            Meaning(kind: .rateLimited, status: 429, type: "rate_limit_error", word: "rate_limit_exceeded")
        case 2, 336100: Meaning(kind: .overloaded, status: 503, type: "server_error")
        case 1, 336000, 336200, 500000: Meaning(kind: .server, status: 500, type: "server_error")
        case 336006, 336007, 336103:
            Meaning(kind: .badRequest, status: 400, type: "invalid_request_error", word: "context_length_exceeded")
        case 336001...336003, 336101...336199:
            Meaning(kind: .badRequest, status: 400, type: "invalid_request_error")
        default: nil
        }
    }
}
