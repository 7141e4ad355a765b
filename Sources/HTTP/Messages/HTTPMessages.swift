/// A request method. Its name is case-sensitive (RFC 9110 §9.1).
package struct HTTPMethod: Equatable, Hashable, Sendable {
    package let name: String
    package init(_ name: String) { self.name = name }

    package static let get = HTTPMethod("GET")
    package static let head = HTTPMethod("HEAD")
    package static let post = HTTPMethod("POST")
    package static let put = HTTPMethod("PUT")
    package static let delete = HTTPMethod("DELETE")
    package static let options = HTTPMethod("OPTIONS")
}

/// A whole answer.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// The fields without `Content-Length`, `Connection` and `Date`, which the server adds.
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why a request's body could not be read.
package enum BodyError: Error, Equatable {
    /// The body is above the caller's limit, as sent or as unpacked.
    case tooLarge
    /// Its `Content-Encoding` is not supported, or it cannot be unpacked.
    case badEncoding
    /// Its chunks are malformed. The connection closes after the answer.
    case malformed
    case disconnected
    case timedOut
    /// Bodies have used up the memory for them. The rest of this body was not read.
    case overBudget(BodyBudget.Scope)
    /// The server's drain has reached its limit.
    case shuttingDown
}

/// The client is gone, or took nothing for too long.
package struct ClientGone: Error, Equatable {
    package init() {}
}

/// Reason phrases of the statuses that this product sends (RFC 9110 §15).
func reasonPhrase(_ status: Int) -> StaticString {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 301: "Moved Permanently"
    case 307: "Temporary Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
}
