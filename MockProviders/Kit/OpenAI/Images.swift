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
    /// Input images, which count too.
    var imageCount = 0

    var isGPT: Bool { name.hasPrefix("gpt-image") }

    init(_ call: Call, name: String?, prompt: String) throws(Failure) {
        (self.name, model) = try call.model(named: name ?? "dall-e-2", for: .image)
        self.prompt = prompt
        let limit = isGPT ? 32_000 : self.name == "dall-e-3" ? 4000 : 1000
        if prompt.count > limit { throw .tooLong("prompt", "string", limit, prompt.count) }
        if prompt.isEmpty { throw .missing("prompt") }
    }

    /// Checks what depends on the model.
    func check(responseFormat: String?) throws(Failure) {
        if isGPT, responseFormat != nil {
            throw .invalid("Unknown parameter: 'response_format'.", param: "response_format", code: "unknown_parameter")
        }
        if name == "dall-e-3", n > 1 { throw .outOfRange("n", "integer", below: false, "1", "\(n)") }
        let sizes =
            switch name {
            case "dall-e-2": ["256x256", "512x512", "1024x1024"]
            case "dall-e-3": ["1024x1024", "1792x1024", "1024x1792"]
            default: ["1024x1024", "1536x1024", "1024x1536", "auto"]
            }
        if let size, model.kind != .any, !sizes.contains(size) { throw .badChoice("size", size, sizes) }
        if isStream, !isGPT, model.kind != .any { throw .unsupported("stream") }
        if prompt.firstRange(of: "mock-blocked") != nil {
            throw Failure(
                type: "image_generation_user_error", code: "moderation_blocked",
                message: "Your request was rejected as a result of our safety system.")
        }
    }
}

extension OpenAI {
    private static let imageFields: [String: Rule.Field] = [
        "prompt": .init(rule: .string(max: 32_000), isNullable: false), "model": .init(rule: .string(max: 512)),
        "n": .init(rule: .integer(1...10)), "size": .init(rule: .string(max: 32)),
        "quality": .init(rule: .choice(["standard", "hd", "low", "medium", "high", "auto"])),
        "style": .init(rule: .choice(["vivid", "natural"])),
        "response_format": .init(rule: .choice(["url", "b64_json"])),
        "background": .init(rule: .choice(["transparent", "opaque", "auto"])),
        "moderation": .init(rule: .choice(["low", "auto"])), "output_compression": .init(rule: .integer(0...100)),
        "output_format": .init(rule: .choice(["png", "jpeg", "webp"])), "stream": .init(rule: .bool),
        "partial_images": .init(rule: .integer(0...3)), "user": .init(rule: .string(max: 512)),
    ]

    func imageGenerations(_ call: Call) throws(Failure) -> Answer {
        let body = try call.object()
        try Self.imageFields.check(body, sparing: call.spared)
        guard let prompt = body["prompt"]?.string else { throw .missing("prompt") }
        var request = try ImageRequest(call, name: body["model"]?.string, prompt: prompt)
        request.n = Int(body["n"]?.int ?? 1)
        request.size = body["size"]?.string
        request.quality = body["quality"]?.string
        request.background = body["background"]?.string
        request.format = body["output_format"]?.string
        request.isStream = body["stream"]?.bool ?? false
        request.partials = Int(body["partial_images"]?.int ?? 0)
        let wanted = body["response_format"]?.string
        request.isBase64 = wanted == "b64_json" || request.isGPT
        try request.check(responseFormat: wanted)
        return paint(request, call, event: "image_generation")
    }

    func imageEdits(_ call: Call) throws(Failure) -> Answer {
        let form = try call.fields()
        let known = [
            "prompt", "mask", "model", "n", "size", "quality", "response_format", "background", "input_fidelity",
            "output_format", "output_compression", "partial_images", "stream", "user", "image", "image[]", "moderation",
        ]
        return try edit(form, known, call, prompt: form["prompt"]?.text)
    }

    func imageVariations(_ call: Call) throws(Failure) -> Answer {
        let form = try call.fields()
        return try edit(form, ["image", "model", "n", "response_format", "size", "user"], call, prompt: "variation")
    }

    private func edit(
        _ form: MultipartForm, _ known: [String], _ call: Call, prompt: String?
    ) throws(Failure) -> Answer {
        try form.check(known: known)
        let images = form.all("image")
        guard !images.isEmpty else { throw .missing("image") }
        guard let prompt else { throw .missing("prompt") }
        for (index, image) in images.enumerated() where image.body.isEmpty || image.fileName == nil {
            throw .invalid("Invalid file 'image[\(index)]'.", param: "image", code: "invalid_image_file")
        }
        var request = try ImageRequest(call, name: form["model"]?.text, prompt: prompt)
        request.imageCount = images.count
        request.n = try form.integer("n", 1...10) ?? 1
        request.size = form["size"]?.text
        request.quality = form["quality"]?.text
        request.background = form["background"]?.text
        request.format = form["output_format"]?.text
        request.isStream = try form.bool("stream") ?? false
        request.partials = try form.integer("partial_images", 0...3) ?? 0
        let wanted = form["response_format"]?.text
        if let wanted, !["url", "b64_json"].contains(wanted) {
            throw .badChoice("response_format", wanted, ["url", "b64_json"])
        }
        request.isBase64 = wanted == "b64_json" || request.isGPT
        try request.check(responseFormat: wanted)
        return paint(request, call, event: "image_edit")
    }
}

extension MultipartForm {
    func check(known: [String]) throws(Failure) {
        for part in parts where !known.contains(part.name) {
            throw .invalid("Unknown parameter: '\(part.name)'.", param: part.name, code: "unknown_parameter")
        }
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let part = self[name] else { return nil }
        guard let value = Int(part.text) else {
            throw .invalid(
                "Invalid type for '\(name)': expected an integer, but got a string instead.", param: name,
                code: "invalid_type")
        }
        if value < range.lowerBound {
            throw .outOfRange(name, "integer", below: true, "\(range.lowerBound)", "\(value)")
        }
        if value > range.upperBound {
            throw .outOfRange(name, "integer", below: false, "\(range.upperBound)", "\(value)")
        }
        return value
    }

    func bool(_ name: String) throws(Failure) -> Bool? {
        switch self[name]?.text {
        case nil: return nil
        case "true", "True", "1": return true
        case "false", "False", "0": return false
        default:
            throw .invalid(
                "Invalid type for '\(name)': expected a boolean, but got a string instead.", param: name,
                code: "invalid_type")
        }
    }
}
