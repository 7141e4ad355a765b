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
                let media = try await fetch(address, path, call, hold, takesDocuments: true)
                inlined[index].content = media.isImage ? .image(media, detail: detail) : .document(media, name: nil)
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
    /// - Parameter takesDocuments: a PDF is let through too, whose type the caller has to look at.
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
