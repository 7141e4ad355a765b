import HTTP
import JSON

extension OpenAI {
    func paint(_ request: ImageRequest, _ call: Call, event: String) -> Answer {
        var ids = call.ids
        let usage = ImageUsage(request)
        let headers = Self.headers(isStream: request.isStream, tokens: usage.input, ids: &ids)
        let served = Served(
            id: headers["x-request-id"] ?? "", model: request.name, key: call.identity.key ?? "",
            promptTokens: usage.input, completionTokens: usage.output, cachedTokens: 0)
        if request.isStream {
            return Answer(
                headers: headers, body: .events(events(request, call, event, usage), end: []), served: served)
        }
        var root: JSONObject = ["created": .int(ids.created)]
        if request.isGPT {
            for (key, value) in look(request) { root.append(key, .string(value)) }
        }
        root.append("data", .array((0..<request.n).map { _ in image(request, &ids) }))
        if request.isGPT, let told = call.usage.told(usage.json) { root.append("usage", told) }
        return Answer(headers: headers, body: .whole(JSON.object(root).encodedPretty() + [0x0a]), served: served)
    }

    private func look(_ request: ImageRequest) -> [(String, String)] {
        func known(_ value: String?, _ standard: String) -> String {
            value == nil || value == "auto" ? standard : value ?? standard
        }
        return [
            ("background", known(request.background, "opaque")), ("output_format", known(request.format, "png")),
            ("quality", known(request.quality, "low")), ("size", known(request.size, "1024x1024")),
        ]
    }

    private func image(_ request: ImageRequest, _ ids: inout IdentifierSource) -> JSON {
        var object = JSONObject()
        if request.isBase64 {
            object.append("b64_json", .string(Samples.png))
        } else {
            let name = ids.random.alphanumerics(24)
            object.append(
                "url",
                .string(
                    "https://oaidalleapiprodscus.blob.core.windows.net/private/org-mock/user-mock/img-\(name).png"
                        + "?st=2025-10-09T07%3A53%3A20Z&se=2025-10-09T09%3A53%3A20Z&sp=r&sig=\(name)%3D"))
        }
        if request.name == "dall-e-3" { object.append("revised_prompt", .string("A picture of: \(request.prompt)")) }
        return .object(object)
    }

    private func events(_ request: ImageRequest, _ call: Call, _ event: String, _ usage: ImageUsage) -> [[UInt8]] {
        func make(_ name: String, _ extra: [(String, JSON)]) -> [UInt8] {
            var object: JSONObject = ["type": .string("\(event).\(name)"), "b64_json": .string(Samples.png)]
            object.append("created_at", .int(call.ids.created))
            for (key, value) in look(request) { object.append(key, .string(value)) }
            for (key, value) in extra { object.append(key, value) }
            return Array("event: \(event).\(name)\ndata: ".utf8) + JSON.object(object).encoded() + [0x0a, 0x0a]
        }
        let partials = (0..<request.partials).map { make("partial_image", [("partial_image_index", .int($0))]) }
        return partials + [make("completed", call.usage.told(usage.json).map { [("usage", $0)] } ?? [])]
    }
}

/// The tokens of an image answer, which only GPT image models report.
struct ImageUsage {
    let text: Int
    let images: Int
    let output: Int
    var input: Int { text + images }

    init(_ request: ImageRequest) {
        text = countTokens(request.prompt, model: request.name)
        images = request.imageCount * 323
        let each =
            switch request.quality {
            case "high": 4160
            case "medium": 1056
            default: 272
            }
        output = request.isGPT ? each * request.n : 0
    }

    var json: JSON {
        [
            "input_tokens": .int(input),
            "input_tokens_details": ["text_tokens": .int(text), "image_tokens": .int(images)],
            "output_tokens": .int(output), "total_tokens": .int(input + output),
        ]
    }
}
