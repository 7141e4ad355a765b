import Arithmetic
import Chat
import EventLoop
import HTTP

extension MediaFetcher {
    /// The most redirects that are followed for one image.
    private static let mostRedirects = 3

    /// The bytes behind an address. It may redirect to others. Each of them is checked, and all of them share one time
    /// limit.
    func download(
        _ address: String, _ path: String, _ call: UpstreamCall, _ hold: MediaHold
    ) async throws(MediaProblem) -> [UInt8] {
        guard WebAddress.isWeb(address) else {
            throw Self.problem(
                "Invalid value for '\(path)': expected an http or https address, or a base64 data URL.", path)
        }
        let end = EventLoop.monotonicNow().plus(services.configuration.userContentTimeout.nanoseconds)
        var way: [String] = []
        var next = address
        while true {
            way.append(next)
            switch try await visit(next, until: end, path, call, hold) {
            case .body(let bytes): return bytes
            case .redirect(let location): next = try Self.follow(location, after: way, path)
            }
        }
    }

    private enum Found {
        case body([UInt8])
        /// The value of the answer's `Location` header.
        case redirect(String)
    }

    private func visit(
        _ address: String, until end: UInt64, _ path: String, _ call: UpstreamCall, _ hold: MediaHold
    ) async throws(MediaProblem) -> Found {
        let left = limits.request - hold.bytes
        let limit = max(1, min(left, limits.image))
        let response: UpstreamResponse
        let bytes: [UInt8]?
        do throws(TransportError) {
            response = try await services.transport.send(try request(address, until: end, limit), call: call)
            if [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"] {
                response.cancel()
                return .redirect(location)
            }
            bytes = try await collect(response, limit: limit, hold)
        } catch {
            throw Self.lost(path, reason(error, left: left))
        }
        guard let bytes else { throw .busy }
        guard response.status == 200 else { throw Self.lost(path, "its server answered \(response.status)") }
        return .body(bytes)
    }

    /// A request without credentials, both the gateway's and those in an address that redirected here.
    private func request(
        _ address: String, until end: UInt64, _ limit: Int
    ) throws(TransportError) -> UpstreamRequest {
        let now = EventLoop.monotonicNow()
        guard now < end else { throw .timedOut(.total) }
        let time = Duration.nanoseconds(Int64(clamping: end.minus(now)))
        var request = UpstreamRequest(
            method: .get, url: address, headers: ["Accept": "image/*, application/pdf", "User-Agent": "one-api"],
            limits: TransportLimits(firstByte: time, total: time, bodyBytes: limit),
            proxy: services.configuration.userContentProxy)
        request.reachesPublicAddressesOnly = !services.configuration.allowsPrivateMedia
        request.owner = user
        return request
    }

    /// - Parameter way: the addresses visited so far. The last one has redirected.
    private static func follow(_ location: String, after way: [String], _ path: String) throws(MediaProblem) -> String {
        guard way.count <= mostRedirects else {
            throw lost(path, "its address redirects more than \(mostRedirects) times")
        }
        guard let last = way.last, let next = WebAddress.target(of: location, from: last) else {
            throw lost(path, "its address redirects to no http or https address")
        }
        guard WebAddress.isSecure(next) || !WebAddress.isSecure(last) else {
            throw lost(path, "its address redirects from https to http")
        }
        guard !way.contains(next) else { throw lost(path, "its address redirects in a circle") }
        return next
    }

    /// The whole body; `nil` if the process's budget for media is used up. Throws `.tooLarge` above the limit.
    private func collect(
        _ response: UpstreamResponse, limit: Int, _ hold: MediaHold
    ) async throws(TransportError) -> [UInt8]? {
        var whole: [UInt8] = []
        while let more = try await response.next() {
            guard whole.count + more.count <= limit else {
                response.cancel()
                throw .tooLarge
            }
            guard hold.take(more.count) else {
                response.cancel()
                hold.give(whole.count)
                return nil
            }
            whole.append(contentsOf: more)
        }
        return whole
    }

    private static func lost(_ path: String, _ reason: String) -> MediaProblem {
        problem("The image of '\(path)' could not be fetched: \(reason).", path)
    }

    /// Explains an error without details of the network: the client must not learn which names exist or which servers
    /// listen.
    private func reason(_ error: TransportError, left: Int) -> String {
        switch error {
        case .badAddress, .badHeader: "it is not a valid address"
        case .timedOut: "it did not come in time"
        case .tooLarge where left < limits.image: "the request's images are larger than \(limits.request) bytes in all"
        case .tooLarge: "it is larger than \(limits.image) bytes"
        case .connectFailed, .tls, .reset, .notHTTP, .cancelled: "its server cannot be reached"
        }
    }
}
