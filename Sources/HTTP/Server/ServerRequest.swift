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
        let raw = try await connection.readBody(limit: limit)
        guard headers.contains("Content-Encoding") else { return raw }
        let isGzip = headers.withValue(of: "Content-Encoding") {
            equalsIgnoringCase($0, "gzip") || equalsIgnoringCase($0, "x-gzip")
        }
        if isGzip == true { return try Gzip.unpack(raw, limit: limit) }
        guard headers.withValue(of: "Content-Encoding", { equalsIgnoringCase($0, "identity") }) == true else {
            throw .badEncoding
        }
        return raw
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

/// Decodes `%XX` and `+`; a broken escape stays as it is.
package func percentDecoded(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
        let byte = bytes[index]
        if byte == 0x25, index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]),
            let low = hexDigit(bytes[index + 2])
        {
            output.append(high << 4 | low)
            index += 3
        } else {
            output.append(byte == 0x2b ? 0x20 : byte)
            index += 1
        }
    }
    return String(decoding: output, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}
