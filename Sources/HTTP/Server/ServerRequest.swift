import Arithmetic
package import EventLoop

/// A request whose head has arrived. Use it only on the loop of its connection.
package final class ServerRequest {
    package let method: HTTPMethod
    /// The path as sent: percent-encoded, without the query.
    package let path: String
    /// The query as sent, without `?`; empty if there is none.
    package let query: String
    package let headers: HTTPHeaders
    /// The numeric address of the socket's peer.
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

    /// The whole body without chunks, and unpacked if it came with `Content-Encoding: gzip`.
    /// - Parameters:
    ///   - limit: in bytes, both as sent and as unpacked.
    ///   - account: the budgets that hold the bytes until the request ends. `.overBudget` is thrown if they do not fit,
    ///     and at once if the announced length does not.
    package func body(limit: Int, account: BodyAccount? = nil) async throws(BodyError) -> [UInt8] {
        let (raw, isPacked) = try await packedBody(limit: limit, account: account)
        return isPacked ? try await unpack(raw, limit: limit) : raw
    }

    /// The whole body without chunks, and whether it must still be unpacked with `Gzip`.
    /// - Parameters:
    ///   - limit: in bytes, as sent.
    ///   - account: as for `body`.
    package func packedBody(
        limit: Int, account: BodyAccount? = nil
    ) async throws(BodyError) -> (bytes: [UInt8], isPacked: Bool) {
        if connection.lease == nil { connection.lease = account.map { BodyLease($0) } }
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

    /// Charges the body's present size, after its reader has made it larger.
    package func charge(bodyBytes bytes: Int) throws(BodyError) { try connection.lease?.grow(to: bytes) }

    /// Unpacks in slices. The loop serves other connections between them.
    private func unpack(_ packed: [UInt8], limit: Int) async throws(BodyError) -> [UInt8] {
        guard let unpacker = GzipUnpacker(limit: limit) else { throw .badEncoding }
        while try !unpacker.step(packed) {
            try connection.lease?.grow(to: packed.count.plus(unpacker.output.count))
            await loop.sleep(for: .zero)
        }
        return unpacker.output
    }

    /// Whether the client has closed its sending side or is gone, or the request is cancelled.
    package var isDisconnected: Bool { connection.machine.peer != .open || connection.machine.cancellation != nil }

    /// Why the request was cancelled while its handler runs; `nil` as long as the client waits for its answer.
    package var cancellation: Cancellation? { connection.machine.cancellation }

    /// The closure is called once when the request is cancelled (`cancellation` says why), or now if it already is. A
    /// client that only closes its sending side after a whole request still gets its answer.
    package func onDisconnect(_ body: (() -> Void)?) {
        connection.onCancel = body
        if body != nil, connection.machine.cancellation != nil { connection.notifyCancellation() }
    }

    /// The first value with this name in the query, decoded.
    package func queryValue(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, percentDecoded(key) == name else { continue }
            return parts.count > 1 ? percentDecoded(parts[1]) : ""
        }
        return nil
    }
}
