package import Chat
import Formats
package import HTTP
import JSON

/// All errors that a relay client can get. Each has one status, one type and one stable code.
package enum GatewayError: Error, Equatable, Sendable {
    case noToken, invalidToken, tokenLookupFailed
    case tokenExhausted(name: String, id: Int64)
    case tokenExpired, tokenDisabled
    case subnetNotAllowed(address: String)
    case userDisabled
    case modelNotAllowed(String)
    case channelNotAllowed, invalidChannel, channelDisabled
    case noChannel(group: String, model: String)
    case tokenQuota, userQuota
    case storageUnavailable
    /// The options or the channels were changed, and the new ones cannot be read.
    case settingsUnavailable
    /// The user has this number of requests in progress, which is the limit.
    case tooManyInFlight(limit: Int)
    case request(RequestError)
    case bodyTooLarge(limit: Int)
    case badBody(BodyError)
    /// The bodies in memory have reached their limit.
    case bodyBudget(BodyBudget.Scope)
    case unsupportedMediaType
    case upstream(UpstreamFailure)
    case notImplemented
    case invalidURL(method: String, path: String)
    case modelNotFound(String)
    case shuttingDown
    /// The queue of waiting work is full.
    case overloaded

    package var status: Int {
        switch self {
        case .noToken, .invalidToken, .tokenLookupFailed, .tokenExhausted, .tokenExpired, .tokenDisabled: 401
        case .subnetNotAllowed, .userDisabled, .modelNotAllowed, .channelNotAllowed, .channelDisabled, .tokenQuota,
            .userQuota:
            403
        case .invalidChannel, .request, .badBody: 400
        case .unsupportedMediaType: 415
        case .bodyTooLarge: 413
        case .bodyBudget(.process): 503
        case .bodyBudget(.address), .bodyBudget(.token): 429
        case .noChannel, .storageUnavailable, .settingsUnavailable, .shuttingDown, .overloaded: 503
        case .tooManyInFlight: 429
        case .notImplemented: 501
        case .invalidURL, .modelNotFound: 404
        case .upstream(let failure): failure.status
        }
    }

    package var type: String {
        switch self {
        case .upstream(let failure): failure.type
        case .request, .badBody, .bodyTooLarge, .unsupportedMediaType, .invalidURL, .modelNotFound:
            "invalid_request_error"
        default: "one_api_error"
        }
    }

    package var code: UpstreamFailure.Code {
        switch self {
        case .noToken: .text("missing_api_key")
        case .invalidToken: .text("invalid_api_key")
        case .tokenLookupFailed: .text("token_lookup_failed")
        case .tokenExhausted, .tokenQuota: .text("pre_consume_token_quota_failed")
        case .tokenExpired: .text("token_expired")
        case .tokenDisabled: .text("token_disabled")
        case .subnetNotAllowed: .text("subnet_not_allowed")
        case .userDisabled: .text("user_disabled")
        case .modelNotAllowed: .text("model_not_allowed")
        case .channelNotAllowed: .text("channel_not_allowed")
        case .invalidChannel: .text("invalid_channel")
        case .channelDisabled: .text("channel_disabled")
        case .noChannel: .text("no_available_channel")
        case .userQuota: .text("insufficient_user_quota")
        case .storageUnavailable: .text("storage_unavailable")
        case .settingsUnavailable: .text("settings_unavailable")
        case .tooManyInFlight: .text("too_many_requests_in_flight")
        case .request(let error): .text(error.code.rawValue)
        case .bodyTooLarge: .text("body_too_large")
        case .badBody: .text("invalid_body")
        case .bodyBudget: .text("too_many_bytes_in_flight")
        case .unsupportedMediaType: .text("unsupported_media_type")
        case .upstream(let failure): failure.code
        case .notImplemented: .text("api_not_implemented")
        case .invalidURL: .none
        case .modelNotFound: .text("model_not_found")
        case .shuttingDown: .text("shutting_down")
        case .overloaded: .text("overloaded")
        }
    }

    package var parameter: String? {
        switch self {
        case .request(let error): error.parameter
        case .upstream(let failure): failure.parameter
        case .modelNotFound, .modelNotAllowed: "model"
        default: nil
        }
    }

    package var retryAfter: Int? {
        switch self {
        case .upstream(let failure): failure.retryAfter
        case .storageUnavailable, .settingsUnavailable, .tooManyInFlight, .shuttingDown, .overloaded: 1
        case .bodyBudget: 2
        default: nil
        }
    }

    /// The error for a body that could not be read.
    init(_ error: BodyError, limit: Int) {
        self =
            switch error {
            case .tooLarge: .bodyTooLarge(limit: limit)
            case .overBudget(let scope): .bodyBudget(scope)
            case .shuttingDown: .shuttingDown
            case .badEncoding, .malformed, .disconnected, .timedOut: .badBody(error)
            }
    }

    /// The answer in OpenAI's format.
    package func response(_ context: RequestContext) -> HTTPResponse {
        var headers = context.headers("application/json; charset=utf-8")
        if let retryAfter { headers.add("Retry-After", String(retryAfter)) }
        if isFinal { headers.add("X-Should-Retry", "false") }
        return HTTPResponse(status: status, headers: headers, body: body(context))
    }

    /// The error object. Its message is in the client's language and ends with the request id.
    package func body(_ context: RequestContext) -> [UInt8] {
        let text = context.prefersChinese ? chinese : english
        return OpenAIError.body(
            message: "\(text) (request id: \(context.requestID))", type: type, parameter: parameter, code: code,
            inner: inner)
    }

    private var inner: JSONObject? {
        if case .upstream(let failure) = self { failure.inner?.value.object } else { nil }
    }
}

extension GatewayError {
    /// The error body for requests that are not valid HTTP, and therefore have no context.
    static func protocolErrorBody(_ reason: String) -> (type: String, bytes: [UInt8]) {
        (
            "application/json; charset=utf-8",
            OpenAIError.body(message: reason, type: "invalid_request_error", code: .text("bad_http_request"))
        )
    }
}
