import JSON

/// Embeddings and pictures (spec/wire/gemini.md §8).
extension Gemini {
    func embed(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        let model = try model(name, .embedding, "embedContent", place)
        let isBatch = verb == "batchEmbedContents"
        let body = try Google.body(call, as: isBatch ? Fields.embedBatch : Fields.embed)
        let requests = isBatch ? body["requests"]?.array ?? [] : [body]
        guard 1...100 ~= requests.count else {
            throw .rules("BatchEmbedContentsRequest", ["requests: at most 100 requests can be in one batch"])
        }
        var tokens = 0
        var vectors: [JSON] = []
        for (index, request) in requests.enumerated() {
            if isBatch, request["model"]?.string != "models/\(name)" {
                throw .rules(
                    "BatchEmbedContentsRequest", ["requests[\(index)].model: model must match the one of the path"])
            }
            let type = isBatch ? "BatchEmbedContentsRequest.requests[\(index)]" : "EmbedContentRequest"
            let (values, count) = try vector(request, model, type)
            vectors.append(["values": values])
            tokens += count
        }
        var object = JSONObject()
        if isBatch {
            object.append("embeddings", .array(vectors))
        } else {
            object.append("embedding", vectors.first ?? [:])
        }
        let usage = Usage(prompt: call.script?.promptTokens ?? tokens)
        if model.generation >= 2, let reported = usage.reported(call.usage) {
            object.append(
                "usageMetadata",
                [
                    "promptTokenCount": .int(reported.prompt),
                    "promptTokenDetails": [["modality": "TEXT", "tokenCount": .int(reported.prompt)]],
                ])
        }
        var answer = Google.answer(.object(object), call)
        answer.served = served(name, call, prompt: usage.prompt)
        return answer
    }

    private func vector(
        _ request: JSON, _ model: Model, _ type: String
    ) throws(Failure) -> (values: JSON, tokens: Int) {
        let text = Talk.text(request["content"] ?? .null)
        if text.isEmpty { throw .rules(type, ["content: contents is not specified"]) }
        if request["title"] != nil, request["taskType"]?.string != "RETRIEVAL_DOCUMENT" {
            throw .rules(type, ["title: only supported for task type RETRIEVAL_DOCUMENT"])
        }
        let full = model.generation == 1 ? 768 : 3072
        let size = request["outputDimensionality"]?.int ?? Int64(full)
        guard 1...Int64(full) ~= size else {
            throw .rules(type, ["output_dimensionality: must be between 1 and \(full)"])
        }
        // A shorter vector is the front of the full one. It is not scaled to length 1 again.
        let vector = Samples.vector(text, model: model.name, full: full, size: full).prefix(Int(size))
        let count = prompts.count(text, model: model.name)
        return (.array(vector.map { .number(JSONNumber(text: "\($0)")) }), count)
    }

    /// Imagen. Its answers have no counts, because it is billed per picture.
    func predict(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        _ = try model(name, .image, "predict", place)
        let body = try Google.body(call, as: Fields.predict)
        guard let prompt = body["instances"]?[0]?["prompt"]?.string, !prompt.isEmpty else {
            throw .invalid("Text prompt is required.")
        }
        let count = body["parameters"]?["sampleCount"]?.int ?? 1
        guard 1...4 ~= count else { throw .invalid("sampleCount must be between 1 and 4 inclusive.") }
        // The list leaves out the pictures that the filter blocked.
        let picture: JSON = ["mimeType": "image/png", "bytesBase64Encoded": .string(Samples.png)]
        let isBlocked = prompt.firstRange(of: "mock-block") != nil
        let pictures = [JSON](repeating: picture, count: Int(count))
        var answer = Google.answer(isBlocked ? [:] : ["predictions": .array(pictures)], call)
        answer.served = served(name, call, prompt: 0)
        return answer
    }

    private func served(_ name: String, _ call: Call, prompt: Int) -> Served {
        var ids = call.ids
        return Served(
            id: ids.random.alphanumerics(23), model: name, key: call.identity.key ?? "", promptTokens: prompt,
            completionTokens: 0, cachedTokens: 0)
    }
}
