/// An upstream's refusal or breakdown, in words that a client may see.
package struct UpstreamFailure: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        case badRequest, authentication, permission, notFound, rateLimited, quotaExceeded, overloaded, server
        /// A web page, or anything else that is not the provider's format.
        case notTheProvider
        /// The answer broke off.
        case brokenOff
        case unreachable
        case timedOut
        /// The channel's own key or settings are of no use: nothing was sent.
        case misconfigured
    }

    package var kind: Kind
    /// HTTP status for the client, from 400 to 599.
    package var status: Int
    package var message: String
    package var type: String
    package var parameter: String?
    /// As JSON: a string, a number or null.
    package var code: Code
    /// Seconds that the upstream asks to wait.
    package var retryAfter: Int?
    /// A member that Azure's errors have besides: which of the filter's categories was hit.
    package var inner: Opaque?
    /// The upstream may have done already what would be paid for once more elsewhere.
    package var isFinal = false

    package enum Code: Equatable, Sendable {
        case none
        case text(String)
        case number(String)

        package var text: String {
            switch self {
            case .none: ""
            case .text(let text), .number(let text): text
            }
        }
    }

    /// - Parameter status: the upstream's where that is an error's; others, such as a redirection with a body, are 502.
    package init(
        kind: Kind, status: Int, message: String, type: String = "upstream_error", parameter: String? = nil,
        code: Code = .none, retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.status = (400..<600).contains(status) ? status : 502
        self.message = message
        self.type = type
        self.parameter = parameter
        self.code = code
        self.retryAfter = retryAfter
    }

    /// Whether another channel may do better: not for what is wrong with the request itself.
    package var isRetryable: Bool {
        if isFinal { return false }
        return switch kind {
        case .badRequest: false
        case .notFound, .authentication, .permission, .rateLimited, .quotaExceeded, .overloaded, .server,
            .notTheProvider, .brokenOff, .unreachable, .timedOut, .misconfigured:
            true
        }
    }

    /// The same, not to be tried elsewhere.
    package var final: UpstreamFailure {
        var failure = self
        failure.isFinal = true
        return failure
    }
}
