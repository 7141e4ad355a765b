import Chat
import HTTP
import JSON

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
    /// - Throws: which image could not be downloaded, and why.
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
                let media = try await fetch(address, path, call, hold, takesDocuments: true)
                inlined[index].content = media.isImage ? .image(media, detail: detail) : .document(media, name: nil)
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
    /// - Parameter takesDocuments: whether a PDF is allowed too. The caller then has to look at the type.
    func fetch(
        _ address: String, _ path: String, _ call: UpstreamCall, _ hold: MediaHold, takesDocuments: Bool = false
    ) async throws(MediaProblem) -> Media {
        let bytes = try await download(address, path, call, hold)
        let type = MediaType.of(bytes) ?? ""
        switch MediaType.kind(type) {
        case .image: break
        case .document where takesDocuments: break
        default:
            throw Self.problem(
                takesDocuments
                    ? "What '\(path)' leads to is neither an image nor a PDF."
                    : "What '\(path)' leads to is no image.", path)
        }
        let data = await services.offLoop(certainly: bytes.count, of: user) { _ in Base64.encode(bytes) }
        return .base64(type: type, data: data)
    }

    static func problem(_ message: String, _ path: String) -> MediaProblem {
        .request(RequestError(.invalidValue, message, parameter: path))
    }
}

extension Media {
    fileprivate var isImage: Bool {
        if case .base64(let type, _) = self { MediaType.kind(type) == .image } else { true }
    }
}
