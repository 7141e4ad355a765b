import Chat

/// What a model accepts in a request for images (spec/billing.md §4, spec/relay.md §6, spec/wire/openai.md §7). For
/// anything else the price is unknown, or the vendor refuses it. The client is told before a channel is asked.
struct ImageLimits: Equatable {
    /// The most images at once.
    var count: Int64 = 10
    /// The longest prompt in Unicode scalars. one-api counts bytes, so Chinese prompts can have only a third of that.
    var prompt: Int?
    /// The accepted sizes; `nil` if the vendor decides and the price does not depend on the size.
    var sizes: [String]?

    /// - Parameter model: the upstream's name, which decides the price.
    init(model: String) {
        switch model {
        case "dall-e-2": (prompt, sizes) = (1000, ["256x256", "512x512", "1024x1024"])
        case "dall-e-3": (count, prompt, sizes) = (1, 4000, ["1024x1024", "1024x1792", "1792x1024"])
        case "cogview-3": (count, prompt) = (1, 833)
        case "wanx-v1": (count, prompt, sizes) = (4, 4000, ["1024x1024", "720x1280", "1280x720"])
        case "ali-stable-diffusion-xl", "ali-stable-diffusion-v1.5":
            (count, prompt) = (4, 4000)
            sizes = ["512x1024", "1024x768", "1024x1024", "576x1024", "1024x576"]
        case "step-1x-medium":
            (count, prompt) = (1, 4000)
            sizes = ["256x256", "512x512", "768x768", "1024x1024", "1280x800", "800x1280"]
        default:
            if model.hasPrefix("ali-") { count = 4 }
            if model.hasPrefix("gpt-image-") || model.hasPrefix("chatgpt-image-") { prompt = 32_000 }
        }
    }

    /// - Throws: what the model does not accept.
    func check(_ request: ImageRequest) throws(RequestError) {
        let asked = request.count ?? 1
        guard asked >= 1, asked <= count else {
            throw RequestError(
                .invalidValue, "Invalid value for 'n': this model makes at most \(count) image(s) at once.",
                parameter: "n")
        }
        if let prompt, request.prompt.utf8.count > prompt {
            let length = request.prompt.unicodeScalars.count
            guard length <= prompt else {
                throw RequestError(
                    .stringTooLong,
                    "Invalid 'prompt': string too long. Expected a string with maximum length \(prompt), but got a string with length \(length) instead.",
                    parameter: "prompt")
            }
        }
        guard let sizes, let size = request.size, !sizes.contains(size) else { return }
        let supported = sizes.map { "'\($0)'" }.joined(separator: ", ")
        throw RequestError(
            .invalidValue, "Invalid value for 'size': this model makes \(supported).", parameter: "size")
    }
}
