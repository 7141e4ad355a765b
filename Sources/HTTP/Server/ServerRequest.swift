import Arithmetic
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
    /// - Parameters:
    ///   - limit: bytes, as sent and as unpacked.
    ///   - account: what the bytes are charged to, as they come, until the request ends; `.overBudget` is thrown where they
    ///     are more than its budget has room for, at once where their announced length is.
    package func body(limit: Int, account: BodyAccount? = nil) async throws(BodyError) -> [UInt8] {
        let (raw, isPacked) = try await packedBody(limit: limit, account: account)
        return isPacked ? try await unpack(raw, limit: limit) : raw
    }

    /// The whole body, dechunked, and whether it is still to be unpacked with `Gzip`.
    /// - Parameters:
    ///   - limit: bytes as sent.
    ///   - account: as in `body`.
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

    /// Charges what the body takes by now, where its reader has made it larger.
    package func charge(bodyBytes bytes: Int) throws(BodyError) { try connection.lease?.grow(to: bytes) }

    /// Unpacks in slices, between which the loop serves others.
    private func unpack(_ packed: [UInt8], limit: Int) async throws(BodyError) -> [UInt8] {
        guard let unpacker = GzipUnpacker(limit: limit) else { throw .badEncoding }
        while try !unpacker.step(packed) {
            try connection.lease?.grow(to: packed.count.plus(unpacker.output.count))
            await loop.sleep(for: .zero)
        }
        return unpacker.output
    }

    /// Whether the client has closed its sending side, is gone, or the request is to be given up.
    package var isDisconnected: Bool { connection.machine.peer != .open || connection.machine.cancellation != nil }

    /// Why the request is to be given up, while its handler runs; `nil` as long as the client waits for its answer.
    package var cancellation: Cancellation? { connection.machine.cancellation }

    /// Called once when the request is to be given up (`cancellation` tells why); at once if it already is. A client that
    /// closes its sending side after a whole request still gets its answer: only one that is gone cancels.
    package func onDisconnect(_ body: (() -> Void)?) {
        connection.onCancel = body
        if body != nil, connection.machine.cancellation != nil { connection.notifyCancellation() }
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
