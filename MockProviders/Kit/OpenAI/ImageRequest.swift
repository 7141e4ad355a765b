import HTTP
import JSON

/// What the three image endpoints share (spec/wire/openai.md §7).
struct ImageRequest {
    let model: Model
    let name: String
    var prompt: String
    var n = 1
    var size: String?
    var quality: String?
    var background: String?
    var format: String?
    var isBase64 = false
    var isStream = false
    var partials = 0
    /// The number of input images. They count tokens too.
    var imageCount = 0

    /// What the model accepts; `nil` for names with `mock-`, which accept everything.
    private let painter: Painter?
    var isGPT: Bool { painter?.isGPT ?? name.hasPrefix("gpt-image") }
    private static let ofGPTImage = [
        "background", "moderation", "output_compression", "output_format", "partial_images", "stream",
        "input_fidelity",
    ]

    /// - Parameter given: the names of the request's parameters. If one of them exists only at GPT image models and no
    ///   model is named, such a model is meant. DALL·E models refuse it.
    init(_ call: Call, name: String?, prompt: String, given: Set<String>) throws(Failure) {
        let own = Self.ofGPTImage.filter(given.contains)
        (self.name, model) = try call.model(named: name ?? (own.isEmpty ? "dall-e-2" : "gpt-image-1.5"), for: .image)
        self.prompt = prompt
        painter = model.painter
        let limit = painter?.maxPrompt ?? 32_000
        if prompt.count > limit { throw .tooLong("prompt", "string", limit, prompt.count) }
        if prompt.isEmpty { throw .missing("prompt") }
        if let painter, !painter.isGPT, let other = own.first(where: { $0 != "stream" }) { throw .unknown(other) }
        if let painter, painter != .dallE3, given.contains("style") { throw .unknown("style") }
    }

    /// Checks the parameters that depend on the model.
    func check(responseFormat: String?) throws(Failure) {
        if isGPT, responseFormat != nil { throw .unknown("response_format") }
        if prompt.firstRange(of: "mock-blocked") != nil {
            throw Failure(
                type: "image_generation_user_error", code: "moderation_blocked",
                message: "Your request was rejected as a result of our safety system.")
        }
        guard let painter else { return }
        if painter == .dallE3, n > 1 { throw .outOfRange("n", "integer", below: false, "1", "\(n)") }
        if let size, !painter.takes(size: size) { throw .badChoice("size", size, painter.sizes) }
        if let quality, !painter.qualities.contains(quality) {
            throw .badChoice("quality", quality, painter.qualities)
        }
        if isStream, !isGPT { throw .unsupported("stream") }
    }

    /// Checks that a file is a picture of a format that the model takes. DALL·E 2 takes only PNG.
    func check(_ file: MultipartForm.Part, at index: Int) throws(Failure) {
        let kind = PictureFormat(file.body)
        if painter == .dallE2, kind != .png {
            throw .invalid("Uploaded image must be a PNG and less than 4 MB.")
        }
        guard file.fileName != nil, let kind, kind != .gif else {
            throw Failure(
                type: "image_generation_user_error", code: "invalid_image_file",
                message: "Invalid image file or mode for image \(index + 1), please check your image file.")
        }
    }
}

extension Failure {
    static func unknown(_ name: String) -> Failure {
        .invalid("Unknown parameter: '\(name)'.", param: name, code: "unknown_parameter")
    }
}
