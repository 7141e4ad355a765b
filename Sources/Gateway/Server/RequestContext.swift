import EventLoop
package import HTTP
import JSON

/// Facts about one request that every step may need. They never change.
package struct RequestContext: Sendable {
    package let requestID: String
    /// The path for routing: the path of the request's head, with repeated slashes replaced by one.
    let path: String
    package let clientAddress: String
    /// Whether the client's address was taken from a trusted peer's header.
    package let isForwarded: Bool
    package let prefersChinese: Bool
    /// Whether a page of another origin sent the request. The answer then needs CORS headers (spec/configuration.md
    /// §8).
    package let isCrossOrigin: Bool
    /// When the request arrived, in Unix seconds.
    package let time: Int64
    /// When the request arrived, in monotonic nanoseconds.
    package let started: UInt64

    package init(_ request: ServerRequest, configuration: Configuration) {
        let now = LocalTime.now()
        path = RoutePath.normalised(request.path)
        requestID = now.requestID(LoopTools.current(request.loop).random.next())
        time = now.seconds
        started = request.loop.now
        prefersChinese =
            request.headers.withValue(of: "Accept-Language") { value in
                // Compares in upper or lower case, which differ by the bit 0x20.
                value.count >= 2 && value[0] | 0x20 == 0x7a && value[1] | 0x20 == 0x68
            } == true
        isCrossOrigin =
            request.headers.contains("Origin")
            && RequestOrigin(
                request.headers, isProxied: configuration.clientAddress.isTrusted(request.peerAddress)) != .own
        if request.headers.contains("X-Forwarded-For") || request.headers.contains("X-Real-IP") {
            clientAddress = configuration.clientAddress.resolve(
                peer: request.peerAddress, forwardedFor: request.headers.values("X-Forwarded-For"),
                realIP: request.headers["X-Real-IP"])
            isForwarded = clientAddress != request.peerAddress
        } else {
            clientAddress = request.peerAddress
            isForwarded = false
        }
    }
}

extension RequestContext {
    /// The network whose limits the client shares. With IPv6, one client has a whole /64.
    var clientNetwork: String { BodyAccount.network(of: clientAddress) }

    /// The headers of every answer to this request.
    func headers(_ type: String, crossOrigin: Bool = true) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserve(fields: 6, bytes: 256)
        headers.add("Content-Type", type)
        headers.add("X-Oneapi-Request-Id", requestID)
        headers.add("X-Request-Id", requestID)
        if isCrossOrigin, crossOrigin {
            headers.add("Access-Control-Allow-Origin", "*")
            headers.add("Access-Control-Allow-Credentials", "true")
        }
        return headers
    }
}

/// The parser and the random generator that a loop keeps for its requests.
final class LoopTools {
    let json = JSONParser()
    var random = FastRandom()

    static func current(_ loop: EventLoop) -> LoopTools { loop.local(LoopTools.self) { LoopTools() } }
}
