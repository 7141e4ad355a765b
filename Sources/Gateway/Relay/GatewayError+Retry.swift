import Chat
import HTTP

extension GatewayError {
    /// Whether sending the same request again cannot change the answer. OpenAI's packages retry after 408, 409, 429 and
    /// every 5xx, unless `x-should-retry` says otherwise.
    var isFinal: Bool {
        switch self {
        case .tokenLookupFailed, .storageUnavailable, .settingsUnavailable, .tooManyInFlight, .bodyBudget,
            .shuttingDown, .overloaded:
            false
        case .badBody(let error): error != .timedOut && error != .disconnected
        case .upstream(let failure): Self.isFinal(failure)
        case .noToken, .invalidToken, .tokenExhausted, .tokenExpired, .tokenDisabled, .subnetNotAllowed, .userDisabled,
            .modelNotAllowed, .channelNotAllowed, .invalidChannel, .channelDisabled, .noChannel, .tokenQuota,
            .userQuota, .request, .bodyTooLarge, .unsupportedMediaType, .notImplemented, .invalidURL, .modelNotFound:
            true
        }
    }

    /// Whether a retry is useless or costs twice. An upstream account without money will not have any soon. An upstream
    /// that may have done the work already would be paid once more.
    private static func isFinal(_ failure: UpstreamFailure) -> Bool {
        if failure.isFinal || failure.status == 501 { return true }
        return switch failure.kind {
        case .badRequest, .quotaExceeded, .misconfigured: true
        case .notFound, .authentication, .permission, .rateLimited, .overloaded, .server, .notTheProvider, .brokenOff,
            .unreachable, .timedOut:
            false
        }
    }
}
