import Chat
import HTTP

/// Fetches what a client names by address, for providers that take only bytes. Public addresses only, so that nobody
/// looks into the gateway's own network through it.
struct MediaFetcher {
    struct Limits {
        /// Bytes of one image.
        var image = 20 << 20
        /// Images of one request, and their bytes in all: each is held three times on its way.
        var count = 64
        var request = 64 << 20
    }

    let services: Services
    var limits = Limits()

    /// Replaces the addresses of all images by what is there.
    /// - Throws: which address could not be had, and why.
    func inlineImages(of request: inout ChatRequest, call: UpstreamCall) async throws(RequestError) {
        var fetched = (count: 0, bytes: 0)
        for message in request.messages.indices {
            request.messages[message].parts = try await inlined(
                request.messages[message].parts, "messages[\(message)].content", &fetched, call)
        }
    }

    private func inlined(
        _ parts: [Part], _ path: String, _ fetched: inout (count: Int, bytes: Int), _ call: UpstreamCall
    ) async throws(RequestError) -> [Part] {
        var inlined = parts
        for (index, part) in parts.enumerated() {
            switch part.content {
            case .image(.url(let address), let detail):
                let path = "\(path)[\(index)].image_url.url"
                fetched.count += 1
                guard fetched.count <= limits.count else {
                    throw RequestError(
                        .invalidValue, "At most \(limits.count) images by address are fetched for a request.",
                        parameter: path)
                }
                let (type, bytes) = try await download(address, path, call, left: limits.request - fetched.bytes)
                fetched.bytes += bytes.count
                inlined[index].content = .image(.base64(type: type, data: Base64.encode(bytes)), detail: detail)
            case .toolResult(var result):
                // The client's message is the result: its parts are the message's own.
                result.parts = try await self.inlined(result.parts, path, &fetched, call)
                inlined[index].content = .toolResult(result)
            default: break
            }
        }
        return inlined
    }

    /// An image's bytes in base64.
    func fetch(_ address: String, _ path: String, _ call: UpstreamCall) async throws(RequestError) -> Media {
        let (type, bytes) = try await download(address, path, call, left: limits.request)
        return .base64(type: type, data: Base64.encode(bytes))
    }

    /// - Parameter left: bytes that are left to the request.
    private func download(
        _ address: String, _ path: String, _ call: UpstreamCall, left: Int
    ) async throws(RequestError) -> (type: String, bytes: [UInt8]) {
        let limit = max(1, min(left, limits.image))
        guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
            throw RequestError(
                .invalidValue, "Invalid value for '\(path)': expected an http or https address, or a base64 data URL.",
                parameter: path)
        }
        let configuration = services.configuration
        var request = UpstreamRequest(
            method: .get, url: address, headers: ["Accept": "image/*", "User-Agent": "one-api"],
            limits: TransportLimits(
                firstByte: configuration.userContentTimeout, total: configuration.userContentTimeout,
                bodyBytes: limit),
            proxy: configuration.userContentProxy)
        request.reachesPublicAddressesOnly = !configuration.allowsPrivateMedia
        let response: UpstreamResponse
        let bytes: [UInt8]
        do throws(TransportError) {
            response = try await services.transport.send(request, call: call)
            bytes = try await response.collect(limit: limit)
        } catch {
            throw RequestError(
                .invalidValue, "The image of '\(path)' could not be fetched: \(reason(error, left: left)).",
                parameter: path)
        }
        guard response.status == 200 else {
            throw RequestError(
                .invalidValue, "The image of '\(path)' could not be fetched: its server answered \(response.status).",
                parameter: path)
        }
        guard let type = ImageType.of(bytes) else {
            throw RequestError(
                .invalidValue, "What '\(path)' leads to is no PNG, JPEG, GIF or WebP image.", parameter: path)
        }
        return (type, bytes)
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
