import Chat
import HTTP
import JSON

/// Fetches what a client names by address, for providers that take only bytes. Public addresses only, so that nobody
/// looks into the gateway's own network through it.
struct MediaFetcher {
    struct Limits {
        /// Bytes of one image.
        var image = 20 << 20
        /// Images of one request, and their bytes in all.
        var count = 64
        var request = 64 << 20
    }

    let services: Services
    let limits: Limits
    /// In whose turn images are encoded.
    let user: Int64

    init(services: Services, user: Int64, limits: Limits? = nil) {
        self.services = services
        self.user = user
        self.limits = limits ?? Limits(request: services.configuration.mediaRequestBytes)
    }

    /// Replaces the addresses of all images by what is there.
    /// - Parameter hold: takes what is fetched from the process's budget; to be kept as long as the images are.
    /// - Throws: which address could not be had, and why.
    func inlineImages(
        of request: inout ChatRequest, call: UpstreamCall, hold: MediaHold
    ) async throws(MediaProblem) {
        var fetched = 0
        for message in request.messages.indices {
            request.messages[message].parts = try await inlined(
                request.messages[message].parts, "messages[\(message)].content", &fetched, call, hold)
        }
    }

    private func inlined(
        _ parts: [Part], _ path: String, _ fetched: inout Int, _ call: UpstreamCall, _ hold: MediaHold
    ) async throws(MediaProblem) -> [Part] {
        var inlined = parts
        for (index, part) in parts.enumerated() {
            switch part.content {
            case .image(.url(let address), let detail):
                let path = "\(path)[\(index)].image_url.url"
                fetched += 1
                guard fetched <= limits.count else {
                    throw .request(
                        RequestError(
                            .invalidValue, "At most \(limits.count) images by address are fetched for a request.",
                            parameter: path))
                }
                inlined[index].content = .image(try await fetch(address, path, call, hold), detail: detail)
            case .toolResult(var result):
                // The client's message is the result: its parts are the message's own.
                result.parts = try await self.inlined(result.parts, path, &fetched, call, hold)
                inlined[index].content = .toolResult(result)
            default: break
            }
        }
        return inlined
    }

    /// An image's bytes in base64; the bytes themselves are gone when this returns.
    func fetch(
        _ address: String, _ path: String, _ call: UpstreamCall, _ hold: MediaHold
    ) async throws(MediaProblem) -> Media {
        let (type, bytes) = try await download(address, path, call, hold)
        let data = await services.offLoop(certainly: bytes.count, of: user) { _ in Base64.encode(bytes) }
        return .base64(type: type, data: data)
    }

    private func download(
        _ address: String, _ path: String, _ call: UpstreamCall, _ hold: MediaHold
    ) async throws(MediaProblem) -> (type: String, bytes: [UInt8]) {
        let left = limits.request - hold.bytes
        let limit = max(1, min(left, limits.image))
        guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
            throw Self.problem(
                "Invalid value for '\(path)': expected an http or https address, or a base64 data URL.", path)
        }
        let configuration = services.configuration
        var request = UpstreamRequest(
            method: .get, url: address, headers: ["Accept": "image/*", "User-Agent": "one-api"],
            limits: TransportLimits(
                firstByte: configuration.userContentTimeout, total: configuration.userContentTimeout,
                bodyBytes: limit),
            proxy: configuration.userContentProxy)
        request.reachesPublicAddressesOnly = !configuration.allowsPrivateMedia
        request.owner = user
        let response: UpstreamResponse
        let bytes: [UInt8]?
        do throws(TransportError) {
            response = try await services.transport.send(request, call: call)
            bytes = try await collect(response, limit: limit, hold)
        } catch {
            throw Self.problem("The image of '\(path)' could not be fetched: \(reason(error, left: left)).", path)
        }
        guard let bytes else { throw .busy }
        guard response.status == 200 else {
            throw Self.problem(
                "The image of '\(path)' could not be fetched: its server answered \(response.status).", path)
        }
        guard let type = ImageType.of(bytes) else {
            throw Self.problem("What '\(path)' leads to is no PNG, JPEG, GIF or WebP image.", path)
        }
        return (type, bytes)
    }

    /// The whole body, or `.tooLarge`; `nil` where the process holds as much as it may.
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

    private static func problem(_ message: String, _ path: String) -> MediaProblem {
        .request(RequestError(.invalidValue, message, parameter: path))
    }

    /// Says no more than the client knows: whether a name exists, and what listens where, is the network's affair.
    private func reason(_ error: TransportError, left: Int) -> String {
        switch error {
        case .badAddress: "it is not a valid address"
        case .timedOut: "it did not come in time"
        case .tooLarge where left < limits.image: "the request's images are larger than \(limits.request) bytes in all"
        case .tooLarge: "it is larger than \(limits.image) bytes"
        case .connectFailed, .tls, .reset, .notHTTP, .cancelled: "its server cannot be reached"
        }
    }
}

/// Tells an image by its first bytes, since what a server calls it may be wrong.
enum ImageType {
    static func of(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) { return "image/png" }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return "image/jpeg" }
        if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
        return nil
    }
}
