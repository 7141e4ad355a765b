/// A request method; compared by its case-sensitive name (RFC 9110 §9.1).
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
    /// Without `Content-Length`, `Connection` and `Date`, which the server adds.
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why a request's body could not be had.
package enum BodyError: Error, Equatable {
    /// Above the caller's limit, as sent or as unpacked.
    case tooLarge
    /// A `Content-Encoding` that is not served, or data that does not unpack.
    case badEncoding
    /// Chunked framing broken; the connection ends after the answer.
    case malformed
    case disconnected
    case timedOut
    /// Bodies in memory take all that they may; the rest of this one was not read.
    case overBudget(BodyBudget.Scope)
    /// The server's drain has reached its limit.
    case shuttingDown
}

/// The client went away, or took nothing for too long.
package struct ClientGone: Error, Equatable {
    package init() {}
}

/// Reason phrases for the statuses that this product sends (RFC 9110 §15).
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
