package import EventLoop

/// A request whose head has arrived. Confined to the loop of its connection.
package final class ServerRequest {
    package let method: HTTPMethod
    /// As sent, percent-encoded, without query.
    package let path: String
    /// As sent, without `?`; empty if there is none.
    package let query: String
    package let headers: HTTPHeaders
    /// Numeric address of the socket's peer.
    package let peerAddress: String
    package let loop: EventLoop
    private let connection: Connection

    init(head: RequestHead, connection: Connection) {
        method = head.method
        path = head.path
        query = head.query
        headers = head.headers
        peerAddress = connection.peerAddress
        loop = connection.loop
        self.connection = connection
    }

    /// The whole body: dechunked, and unpacked if it came with `Content-Encoding: gzip`.
    /// - Parameter limit: bytes, as sent and as unpacked.
    package func body(limit: Int) async throws(BodyError) -> [UInt8] {
        let (raw, isPacked) = try await packedBody(limit: limit)
        return isPacked ? try Gzip.unpack(raw, limit: limit) : raw
    }

    /// The whole body, dechunked, and whether it is still to be unpacked with `Gzip`.
    /// - Parameter limit: bytes as sent.
    package func packedBody(limit: Int) async throws(BodyError) -> (bytes: [UInt8], isPacked: Bool) {
        let raw = try await connection.readBody(limit: limit)
        guard headers.contains("Content-Encoding") else { return (raw, false) }
        let isGzip = headers.withValue(of: "Content-Encoding") {
            equalsIgnoringCase($0, "gzip") || equalsIgnoringCase($0, "x-gzip")
        }
        if isGzip == true { return (raw, true) }
        guard headers.withValue(of: "Content-Encoding", { equalsIgnoringCase($0, "identity") }) == true else {
            throw .badEncoding
        }
        return (raw, false)
    }

    /// Whether the client has closed its side.
    package var isDisconnected: Bool { connection.isPeerGone }

    /// Called once when the client closes while the request is being answered; at once if it has already.
    package func onDisconnect(_ body: (() -> Void)?) {
        connection.onDisconnect = body
        if body != nil, connection.isPeerGone { connection.notifyDisconnect() }
    }

    /// A decoded query value; the first of that name.
    package func queryValue(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, percentDecoded(key) == name else { continue }
            return parts.count > 1 ? percentDecoded(parts[1]) : ""
        }
        return nil
    }
}
