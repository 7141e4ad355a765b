import Chat
import HTTP

/// Downloads the media that a client names by address, for providers that take only bytes. Only public addresses are
/// allowed, so that no client can reach the gateway's own network.
struct MediaFetcher {
    struct Limits {
        /// The limit of one image's bytes.
        var image = 20 << 20
        /// The limits of one request: the number of images, and their bytes together.
        var count = 64
        var request = 64 << 20
    }

    let services: Services
    let limits: Limits
    /// The user in whose turn images are encoded.
    let user: Int64

    init(services: Services, user: Int64, limits: Limits? = nil) {
        self.services = services
        self.user = user
        self.limits = limits ?? Limits(request: services.configuration.mediaRequestBytes)
    }

    /// Replaces the addresses of all images by their contents.
    /// - Parameter hold: counts the downloaded bytes against the process's budget. It has to live as long as the
    ///   images.
    /// - Throws: the address that could not be downloaded, and the reason.
    func inlineImages(
        of request: inout ChatRequest, call: UpstreamCall, hold: MediaHold
    ) async throws(MediaProblem) {
        var fetched = 0
        for message in request.messages.indices {
            let path = "messages[\(request.clientPlace(of: message))].content"
            request.messages[message].parts = try await inlined(
                request.messages[message].parts, path, &fetched, call, hold)
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
                // In the client's request a result is a message of its own, so that its parts have the message's path.
                result.parts = try await self.inlined(result.parts, path, &fetched, call, hold)
                inlined[index].content = .toolResult(result)
            default: break
            }
        }
        return inlined
    }

    /// The bytes of an image in base64. The bytes themselves are freed when this returns.
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

    /// The whole body, or `.tooLarge`; `nil` if the process's budget is used up.
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

    /// The message tells no more than the client knows. It must not reveal which names exist in the network and what
    /// listens where.
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

/// The type of an image by its first bytes, because the type that a server names may be wrong.
enum ImageType {
    static func of(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) { return "image/png" }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return "image/jpeg" }
        if bytes.starts(with: "GIF8".utf8) { return "image/gif" }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
        return nil
    }
}
