import HTTP
import JSON

extension OpenAI {
    private static let imageFields: [String: Rule.Field] = [
        "prompt": .init(rule: .string(max: 32_000), isNullable: false), "model": .init(rule: .string(max: 512)),
        "n": .init(rule: .integer(1...10)), "size": .init(rule: .string(max: 32)),
        "quality": .init(rule: .choice(["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"])),
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
        var given: Set<String> = []
        body.forEachMember { key, value in
            if !value.isNull, value.bool != false { given.insert(String(decoding: key, as: UTF8.self)) }
        }
        var request = try ImageRequest(call, name: body["model"]?.string, prompt: prompt, given: given)
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
        let given = Set(form.parts.map(\.name)).subtracting(form["stream"]?.text == "false" ? ["stream"] : [])
        var request = try ImageRequest(call, name: form["model"]?.text, prompt: prompt, given: given)
        for (index, image) in images.enumerated() { try request.check(image, at: index) }
        if let mask = form["mask"], PictureFormat(mask.body) != .png {
            throw .invalid("Invalid mask: it must be a PNG.", param: "mask", code: "invalid_image_file")
        }
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
            throw .unknown(part.name)
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
