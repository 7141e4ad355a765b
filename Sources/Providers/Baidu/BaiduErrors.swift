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
        let (kind, status, type) = meaning(code)
        return UpstreamFailure(
            kind: kind, status: status, message: sanitized(message, limit: 4096), type: type, code: .text("\(code)"))
    }

    private static func meaning(_ code: Int64) -> (UpstreamFailure.Kind, Int, String) {
        switch code {
        case 13, 14, 15, 100, 110, 111: (.authentication, 401, "authentication_error")
        case 6, 336004: (.permission, 403, "permission_error")
        case 3, 336005: (.notFound, 404, "invalid_request_error")
        case 17, 19: (.quotaExceeded, 429, "insufficient_quota")
        case 4, 18, 336501, 336502: (.rateLimited, 429, "rate_limit_error")
        case 1, 2, 336000, 500000: (.server, 500, "server_error")
        case 336100: (.overloaded, 503, "server_error")
        case 336001...336007, 336101...336199: (.badRequest, 400, "invalid_request_error")
        default: (.server, 502, "server_error")
        }
    }
}
