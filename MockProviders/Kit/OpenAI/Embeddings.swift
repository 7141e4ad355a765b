import HTTP
import JSON

extension OpenAI {
    private static let embeddingFields: [String: Rule.Field] = [
        "input": .init(rule: .any, isNullable: false), "model": .init(rule: .string(max: 512), isNullable: false),
        "dimensions": .init(rule: .integer(1...3072)), "encoding_format": .init(rule: .choice(["float", "base64"])),
        "user": .init(rule: .string(max: 512)),
    ]

    /// Serves `embeddings` (spec/wire/openai.md §6).
    func embeddings(_ call: Call) throws(Failure) -> Answer {
        let body = try call.object()
        let (name, model) = try call.model(in: body, for: .embedding)
        try Self.embeddingFields.check(body, sparing: call.spared)
        guard let input = body["input"], !input.isNull else { throw .missing("input") }
        let inputs = try TokenInput.read(input, "input", model: model.id)
        try Self.check(inputs)
        let full = name.hasPrefix("text-embedding-3-large") ? 3072 : 1536
        let size = Int(body["dimensions"]?.int ?? Int64(full))
        if body.has("dimensions"), name.hasPrefix("text-embedding-ada") {
            throw .invalid("This model does not support specifying dimensions.", param: "dimensions")
        }
        guard size <= full else { throw .outOfRange("dimensions", "integer", below: false, "\(full)", "\(size)") }
        let isPacked = body["encoding_format"]?.equals("base64") ?? false
        let tokens = inputs.reduce(0) { $0 + $1.tokens }
        var document = Document(indent: 2, reserving: inputs.count * size * 20 + 512)
        document.object { root in
            root.member("object", "list")
            root.array("data") { list in
                for (index, input) in inputs.enumerated() {
                    let vector = Samples.vector(input.text, model: model.id, full: full, size: size)
                    list.object { write(vector, index, isPacked, to: &$0) }
                }
            }
            root.member("model", model.snapshot)
            if let usage = ChatUsage(prompt: tokens, cached: 0).reported(call.usage) {
                root.object("usage") { counts in
                    counts.member("prompt_tokens", usage.prompt)
                    counts.member("total_tokens", usage.prompt)
                }
            }
        }
        var ids = call.ids
        var headers = Self.headers(isStream: false, tokens: tokens, ids: &ids)
        headers.add("openai-model", model.snapshot)
        let served = Served(
            id: headers["x-request-id"] ?? "", model: name, key: call.identity.key ?? "", promptTokens: tokens,
            completionTokens: 0, cachedTokens: 0)
        return Answer(headers: headers, body: .whole(document.bytes + [0x0a]), served: served)
    }

    private static func check(_ inputs: [(text: String, tokens: Int)]) throws(Failure) {
        for input in inputs {
            if input.tokens == 0 { throw .invalid("Invalid 'input': input cannot be an empty string.", param: "input") }
            if input.tokens > 8192 {
                throw .invalid(
                    "This model's maximum context length is 8192 tokens, however you requested \(input.tokens) tokens "
                        + "(\(input.tokens) in your prompt; 0 for the completion). Please reduce your prompt; or "
                        + "completion length.")
            }
        }
        let all = inputs.reduce(0) { $0 + $1.tokens }
        if all > 300_000 {
            throw .invalid(
                "Invalid 'input': maximum request size is 300000 tokens per request.", param: "input",
                code: "max_tokens_per_request")
        }
    }

    private func write(_ vector: [Float], _ index: Int, _ isPacked: Bool, to document: inout Document) {
        document.member("object", "embedding")
        document.member("index", index)
        if isPacked {
            let bytes = vector.flatMap { value in
                let bits = value.bitPattern
                return [UInt8(bits & 255), UInt8(bits >> 8 & 255), UInt8(bits >> 16 & 255), UInt8(bits >> 24)]
            }
            document.member("embedding", Base64.encode(bytes))
        } else {
            document.array("embedding") { for value in vector { $0.raw("\(value)") } }
        }
    }
}
