import Chat
import JSON

/// DashScope's errors: `{"code","message","request_id"}` at any status (spec/wire/ali.md §8).
enum AliErrors {
    /// The error in a body; `nil` if it is an answer.
    static func hidden(in root: LazyJSON, status: Int = 200) -> UpstreamFailure? {
        guard let code = root["code"]?.string, !code.isEmpty else { return nil }
        return failure(code: code, message: ErrorSentence.of(root["message"]?.json) ?? "", status: status)
    }

    static func failure(code: String, message: String, status: Int) -> UpstreamFailure {
        let (kind, known) = meaning(code, message)
        let isError = status >= 400
        return UpstreamFailure(
            kind: kind ?? (isError ? OpenAIErrors.kind(status: status, code: "", type: "") : .server),
            // An invalid request may have a status of its own, such as 413.
            status: kind == .badRequest && (400..<500).contains(status) ? status : known ?? (isError ? status : 502),
            message: sanitized(message.isEmpty ? "The upstream reported \(code)." : message, limit: 4096),
            type: type(kind, code), code: .text(word(code, kind, message) ?? sanitized(code, limit: 100)))
    }

    /// OpenAI's code for an error that programs react to; `nil` keeps DashScope's (§8.3).
    private static func word(_ code: String, _ kind: UpstreamFailure.Kind?, _ message: String) -> String? {
        switch kind {
        case .authentication: "invalid_api_key"
        case .notFound where code != "WorkSpaceNotFound": "model_not_found"
        // The inspection also reports pictures that it could not load.
        case .badRequest where code.contains("DataInspection") && !message.contains("download"): contentFilter
        default: nil
        }
    }

    /// The code of an answer that the provider's moderation blocked.
    static let contentFilter = "content_filter"

    private static func meaning(_ code: String, _ message: String) -> (UpstreamFailure.Kind?, Int?) {
        switch code {
        case "InvalidApiKey": (.authentication, 401)
        case "Arrearage", "CommodityNotPurchased", "PrepaidBillOverdue", "PostpaidBillOverdue",
            "AllocationQuota.FreeTierOnly":
            (.quotaExceeded, 429)
        // Any other allocated quota is a limit of tokens per minute. It does not mean that the account is out of
        // credit.
        case "Throttling.AllocationQuota" where message.hasPrefix("Free allocated quota"): (.quotaExceeded, 429)
        case _ where code.hasPrefix("Throttling"): (.rateLimited, 429)
        case _ where code.hasSuffix("AccessDenied") || code.hasPrefix("AccessDenied"): (.permission, 403)
        case "ModelNotFound", "NotFound", "WorkSpaceNotFound": (.notFound, 404)
        case "RequestTimeOut", "InternalError.Timeout": (.timedOut, 504)
        case "ModelUnavailable", "ModelServingError": (.overloaded, 503)
        case _ where code.hasPrefix("InternalError"), "SystemError", "ModelServiceFailed": (.server, 500)
        case _ where message == "Model not exist.": (.notFound, 404)
        case _ where code.hasPrefix("Invalid") || code.hasPrefix("BadRequest"), "DataInspectionFailed",
            "UnsupportedOperation", "FlowNotPublished":
            (.badRequest, 400)
        default: (nil, nil)
        }
    }

    private static func type(_ kind: UpstreamFailure.Kind?, _ code: String) -> String {
        switch kind {
        case .badRequest, .notFound: "invalid_request_error"
        // This is about one model or one way of calling it, and not about the account.
        case .permission where code != "Workspace.AccessDenied": "invalid_request_error"
        case .authentication: "authentication_error"
        case .permission: "permission_error"
        case .rateLimited: "rate_limit_error"
        case .quotaExceeded: "insufficient_quota"
        default: "server_error"
        }
    }
}
