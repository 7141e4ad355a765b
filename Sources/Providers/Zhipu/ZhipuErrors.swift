import Chat
import JSON

/// Zhipu's errors: the code says what the status does not (spec/wire/zhipu.md §7).
enum ZhipuErrors {
    /// The error in a body; `nil` if it is an answer.
    /// - Parameter status: of the answer; below 400 the error has none of its own.
    static func hidden(in root: LazyJSON, status: Int = 200) -> UpstreamFailure? {
        if let error = root["error"], error.isObject {
            guard let code = error["code"]?.string ?? error["code"]?.int.map(String.init) else {
                // It is not Zhipu's own. With an error status, the caller reads it as it reads any other.
                return status >= 400 ? nil : OpenAIErrors.insideSuccess(root.json)
            }
            return failure(code: code, message: ErrorSentence.of(error.json) ?? "", status: status)
        }
        if root["success"]?.bool == false {
            return failure(
                code: root["code"]?.int.map(String.init) ?? root["code"]?.string ?? "",
                message: ErrorSentence.of(root["msg"]?.json) ?? "", status: status)
        }
        return nil
    }

    static func failure(code: String, message: String, status: Int) -> UpstreamFailure {
        let known = catalogue(Int(code) ?? 0)
        let kind = known?.kind ?? (status >= 400 ? OpenAIErrors.kind(status: status, code: "", type: "") : .server)
        let text = message.isEmpty ? "The upstream reported error \(code)." : message
        return UpstreamFailure(
            kind: kind, status: known?.status ?? (status >= 400 ? status : 502),
            message: sanitized(text, limit: 4096), type: known?.type ?? "upstream_error",
            code: .text(known?.word ?? sanitized(code, limit: 100)))
    }

    private struct Meaning {
        let kind: UpstreamFailure.Kind
        let status: Int
        let type: String
        /// OpenAI's word; `nil` leaves Zhipu's number.
        var word: String?
    }

    private static func catalogue(_ code: Int) -> Meaning? {
        switch code {
        case 401, 1000...1004: Meaning(kind: .authentication, status: 401, type: "authentication_error")
        case 1110, 1111, 1112, 1121: Meaning(kind: .permission, status: 403, type: "permission_error")
        case 1113: Meaning(kind: .quotaExceeded, status: 429, type: "insufficient_quota", word: "insufficient_quota")
        case 1211: Meaning(kind: .notFound, status: 404, type: "invalid_request_error", word: "model_not_found")
        // Of one interface, unlike those above, which are of the account.
        case 1220: Meaning(kind: .permission, status: 403, type: "invalid_request_error")
        case 1221, 1222: Meaning(kind: .notFound, status: 404, type: "invalid_request_error")
        case 1231: Meaning(kind: .badRequest, status: 409, type: "invalid_request_error")
        case 1261:
            Meaning(
                kind: .badRequest, status: 400, type: "invalid_request_error", word: "context_length_exceeded")
        case 1210, 1212...1215: Meaning(kind: .badRequest, status: 400, type: "invalid_request_error")
        case 1300, 1301:
            Meaning(kind: .badRequest, status: 400, type: "invalid_request_error", word: "content_filter")
        case 1302, 1303: Meaning(kind: .rateLimited, status: 429, type: "rate_limit_error")
        case 1305, 1312: Meaning(kind: .overloaded, status: 429, type: "rate_limit_error")
        case 1304, 1308...1311, 1313: Meaning(kind: .quotaExceeded, status: 429, type: "rate_limit_error")
        case 500, 1230: Meaning(kind: .server, status: 500, type: "server_error")
        case 1234: Meaning(kind: .server, status: 502, type: "server_error")
        default: nil
        }
    }
}
