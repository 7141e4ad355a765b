/// Time and size limits of one upstream call; `nil` means none.
package struct TransportLimits: Sendable, Equatable {
    package var connect: Duration?
    /// The limit from the start of the request to the head of the answer.
    package var firstByte: Duration?
    /// The limit between two pieces of the body.
    package var idle: Duration?
    package var total: Duration?
    /// The most bytes of a whole answer's body after unpacking.
    package var bodyBytes: Int?

    /// The most bytes of a whole answer, and of one event of a stream, which may hold a whole answer.
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
    /// An absolute address with `http` or `https`.
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
    package var limits: TransportLimits
    /// A proxy for every host (`http://`, `https://`, `socks5://`…). `nil` uses the environment with its NO_PROXY.
    package var proxy: String?
    /// Whether to refuse connections to private, local and reserved addresses; for addresses from clients. With a
    /// proxy, the name is looked up and checked here first, and refused if that fails. A SOCKS proxy then gets the
    /// checked address; an HTTP proxy gets the name and looks it up again.
    package var reachesPublicAddressesOnly = false
    /// The user of the request. Users take turns for the threads that look names up.
    package var owner: Int64 = 0
    /// The address that a SOCKS proxy connects to instead of the host's name.
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

/// Why a call got no answer or only a part of it. The texts never contain the address, which may hold a credential.
package enum TransportError: Error, Equatable {
    package enum Phase: String, Sendable { case connect, firstByte, idle, total }
    case badAddress
    /// A header that must not be written, by its name; nothing was sent.
    case badHeader(String)
    case connectFailed(String)
    case tls(String)
    case timedOut(Phase)
    /// The connection ended before the end of the message.
    case reset(String)
    /// The answer is not valid HTTP. The text says what is wrong.
    case notHTTP(String)
    case tooLarge
    case cancelled
}

/// The source of an answer's bytes. It is used on one loop only.
package protocol UpstreamBody: AnyObject {
    /// The bytes that arrived since the last call. It waits until there are some; `nil` at the end.
    func next() async throws(TransportError) -> [UInt8]?
    /// Cancels the rest. A waiting `next` throws `.cancelled`. It does nothing after the end.
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

    /// The whole body. Throws `.tooLarge` above the limit.
    /// - Parameter opening: the part of it that was read before.
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

/// A handle that lets somebody else, such as the client's connection, cancel a call before its head has arrived.
package final class UpstreamCall {
    private var onCancel: (() -> Void)?
    package private(set) var isCancelled = false
    /// Whether bytes of a request were sent on this call since it was last set to false. The upstream may have worked
    /// on them. Looking up a name, connecting, and asking a proxy for a connection do not count.
    package var wasSent = false

    package init() {}

    /// Cancels the call. A call that has not begun yet ends as soon as it begins.
    package func cancel() {
        isCancelled = true
        let action = onCancel
        onCancel = nil
        action?()
    }

    func attach(_ action: @escaping () -> Void) { onCancel = action }
}

/// HTTP to upstreams: libcurl in production, in memory for tests. Call it on an event loop.
package protocol Transport: Sendable {
    /// Sends a request and waits for the head of the answer.
    /// - Throws: `.cancelled` too, after `call.cancel()`.
    func send(_ request: UpstreamRequest, call: UpstreamCall) async throws(TransportError) -> UpstreamResponse
}

extension Transport {
    package func send(_ request: UpstreamRequest) async throws(TransportError) -> UpstreamResponse {
        try await send(request, call: UpstreamCall())
    }
}
