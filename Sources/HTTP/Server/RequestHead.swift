/// The head of a request, checked by RFC 9112.
package struct RequestHead: Sendable {
    /// The method as sent.
    package var method: HTTPMethod
    /// The raw path without the query.
    package var path: String
    /// The raw query without `?`.
    package var query: String
    /// The fields in the order in which they were sent.
    package var headers: HTTPHeaders
    /// Whether the minor version is 1 and not 0.
    package var isHTTP11: Bool
    /// How the end of the body is found.
    package var framing: BodyFraming
    var keepsAlive: Bool
    var expectsContinue: Bool
}

/// How the end of a body is found.
package enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int)
    case chunked
}

/// Why a head is refused. The connection closes after the answer.
package enum HeadError: Error, Equatable {
    case malformed(String)
    case tooLarge
    case tooManyFields
    case unsupportedVersion
    case unsupportedEncoding

    var status: Int {
        switch self {
        case .malformed: 400
        case .tooLarge, .tooManyFields: 431
        case .unsupportedVersion: 505
        case .unsupportedEncoding: 501
        }
    }

    var reason: String {
        switch self {
        case .malformed(let reason): reason
        case .tooLarge: "The request's header is too large."
        case .tooManyFields: "The request has too many header fields."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are served here."
        case .unsupportedEncoding: "The request's Transfer-Encoding is not served; only chunked is."
        }
    }
}
