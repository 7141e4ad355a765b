/// Time and size limits of one upstream call; `nil` means none.
package struct TransportLimits: Sendable, Equatable {
    package var connect: Duration?
    /// From the request's start to the answer's head.
    package var firstByte: Duration?
    /// Between two pieces of the body.
    package var idle: Duration?
    package var total: Duration?
    /// Bytes of a whole answer's body, as unpacked.
    package var bodyBytes: Int?

    /// Bytes of a whole answer, and of one event of a stream, which may be as much as a whole answer.
    package static let answerBytes = 64 << 20

    package init(
        connect: Duration? = .seconds(10), firstByte: Duration? = .seconds(600), idle: Duration? = .seconds(300),
        total: Duration? = nil, bodyBytes: Int? = answerBytes
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
        self.bodyBytes = bodyBytes
    }
}

/// A call to an upstream.
package struct UpstreamRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute, `http` or `https`.
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
    package var limits: TransportLimits
    /// `http://`, `https://`, `socks5://`…, for every host; `nil` follows the environment and its NO_PROXY.
    package var proxy: String?
    /// Refuses to connect to private, local and reserved addresses, whatever the name resolves to; for addresses that a
    /// client names. With a proxy, of its own or the environment's for its scheme, the name is looked up and judged here
    /// before the proxy gets it, and one that cannot be looked up is refused. A SOCKS proxy gets the address that was
    /// judged; an HTTP proxy gets the name, and looks it up again.
    package var reachesPublicAddressesOnly = false
    /// Whose request it is: users take turns where it waits for a thread, which a look-up of its name does.
    package var owner: Int64 = 0
    /// Where a SOCKS proxy connects to instead of the host's name.
    var judgedAddress: String?

    package init(
        method: HTTPMethod = .post, url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        limits: TransportLimits = TransportLimits(), proxy: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
        self.proxy = proxy
    }
}

/// Why a call gave no answer, or not all of it. Texts never hold the address, which may carry a credential.
package enum TransportError: Error, Equatable {
    package enum Phase: String, Sendable { case connect, firstByte, idle, total }
    case badAddress
    case connectFailed(String)
    case tls(String)
    case timedOut(Phase)
    /// The connection ended before the message did.
    case reset(String)
    /// What came is no answer of HTTP: the text says what is wrong with it.
    case notHTTP(String)
    case tooLarge
    case cancelled
}

/// Where the bytes of an answer come from; confined to one loop.
package protocol UpstreamBody: AnyObject {
    /// What has arrived since the last call, waiting for something; `nil` at the end.
    func next() async throws(TransportError) -> [UInt8]?
    /// Gives the rest up; a waiting `next` throws `.cancelled`. Harmless after the end.
    func cancel()
}

/// An answer whose head has arrived.
package struct UpstreamResponse {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: any UpstreamBody

    package init(status: Int, headers: HTTPHeaders, body: any UpstreamBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package func next() async throws(TransportError) -> [UInt8]? { try await body.next() }

    package func cancel() { body.cancel() }

    /// The whole body, or `.tooLarge`.
    /// - Parameter opening: what was read of it already.
    package func collect(limit: Int, behind opening: [UInt8] = []) async throws(TransportError) -> [UInt8] {
        var whole = opening
        if whole.isEmpty {
            guard let first = try await body.next() else { return [] }
            whole = first
        }
        while let more = try await body.next() {
            whole.append(contentsOf: more)
            if whole.count > limit { break }
        }
        guard whole.count <= limit else {
            body.cancel()
            throw .tooLarge
        }
        return whole
    }
}

/// A handle by which somebody else (the client's connection) gives a call up before its head has come.
package final class UpstreamCall {
    private var onCancel: (() -> Void)?
    package private(set) var isCancelled = false
    /// Whether bytes of a request left on this call since it was last set to false: what the other side may have had, it
    /// may have worked on. Nothing left while a name is looked up, a connection made or a proxy asked for one.
    package var wasSent = false

    package init() {}

    /// Gives the call up, now or, when it has not begun, at once when it does.
    package func cancel() {
        isCancelled = true
        let action = onCancel
        onCancel = nil
        action?()
    }

    func attach(_ action: @escaping () -> Void) { onCancel = action }
}

/// Upstream HTTP: libcurl in production, in memory for tests. To be called on an event loop.
package protocol Transport: Sendable {
    /// Sends a request and waits for the head of the answer.
    /// - Throws: also `.cancelled`, after `call.cancel()`.
    func send(_ request: UpstreamRequest, call: UpstreamCall) async throws(TransportError) -> UpstreamResponse
}

extension Transport {
    package func send(_ request: UpstreamRequest) async throws(TransportError) -> UpstreamResponse {
        try await send(request, call: UpstreamCall())
    }
}
