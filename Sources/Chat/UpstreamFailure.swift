/// A refusal or failure of an upstream, in words that a client may see.
package struct UpstreamFailure: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        case badRequest, authentication, permission, notFound, rateLimited, quotaExceeded, overloaded, server
        /// The answer is a web page, or something else that is not in the provider's format.
        case notTheProvider
        /// The answer ended too early.
        case brokenOff
        case unreachable
        case timedOut
        /// The channel's own key or settings are of no use: nothing was sent.
        case misconfigured
    }

    package var kind: Kind
    /// The HTTP status for the client, from 400 to 599.
    package var status: Int
    package var message: String
    package var type: String
    package var parameter: String?
    /// The code as JSON: a string, a number or null.
    package var code: Code
    /// How many seconds the upstream asks to wait.
    package var retryAfter: Int?
    /// A member that only Azure's errors have. It tells which category of the filter was hit.
    package var inner: Opaque?
    /// The upstream may have done the work already. Another channel would have to be paid for it again.
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

    /// - Parameter status: the upstream's status. If it is not an error's, as with a redirection, the client gets 502.
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

    /// Whether another channel may succeed. It is false for an invalid request.
    package var isRetryable: Bool {
        if isFinal { return false }
        return switch kind {
        case .badRequest: false
        case .notFound, .authentication, .permission, .rateLimited, .quotaExceeded, .overloaded, .server,
            .notTheProvider, .brokenOff, .unreachable, .timedOut, .misconfigured:
            true
        }
    }

    /// The same failure, which no other channel shall retry.
    package var final: UpstreamFailure {
        var failure = self
        failure.isFinal = true
        return failure
    }
}
