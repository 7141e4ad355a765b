import Chat
import JSON

/// Baidu's errors, which come with status 200: `error_code` tells them (spec/wire/baidu.md §5.1).
enum BaiduErrors {
    /// The error in a body; `nil` if it is an answer. Some pages of the service write `code` and `msg`.
    static func hidden(in root: JSON) -> UpstreamFailure? {
        guard let code = root["error_code"]?.int ?? (root["msg"] == nil ? nil : root["code"]?.int), code != 0 else {
            return nil
        }
        let message = root["error_msg"]?.string ?? root["msg"]?.string ?? "The upstream reported error \(code)."
        let meaning = meaning(code)
        return UpstreamFailure(
            kind: meaning.kind, status: meaning.status, message: sanitized(message, limit: 4096), type: meaning.type,
            code: .text(meaning.word ?? "\(code)"))
    }

    private struct Meaning {
        let kind: UpstreamFailure.Kind
        let status: Int
        let type: String
        /// OpenAI's word; `nil` leaves Baidu's number.
        var word: String?
    }

    private static func meaning(_ code: Int64) -> Meaning {
        switch code {
        case 13, 14, 15, 100, 110, 111:
            Meaning(kind: .authentication, status: 401, type: "authentication_error", word: "invalid_api_key")
        case 6, 336004: Meaning(kind: .permission, status: 403, type: "permission_error")
        case 3, 336005:
            Meaning(kind: .notFound, status: 404, type: "invalid_request_error", word: "model_not_found")
        case 17, 19:
            Meaning(kind: .quotaExceeded, status: 429, type: "insufficient_quota", word: "insufficient_quota")
        case 4, 18, 336501, 336502:
            Meaning(kind: .rateLimited, status: 429, type: "rate_limit_error", word: "rate_limit_exceeded")
        case 1, 336000, 336200, 500000: Meaning(kind: .server, status: 500, type: "server_error")
        case 2, 336100: Meaning(kind: .overloaded, status: 503, type: "server_error")
        case 336006, 336007, 336103:
            Meaning(kind: .badRequest, status: 400, type: "invalid_request_error", word: "context_length_exceeded")
        case 336001...336005, 336101...336199:
            Meaning(kind: .badRequest, status: 400, type: "invalid_request_error")
        default: Meaning(kind: .server, status: 502, type: "server_error")
        }
    }
}
