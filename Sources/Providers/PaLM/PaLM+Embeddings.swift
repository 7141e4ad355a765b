package import Chat
import HTTP
import JSON

/// One text is sent to `embedText`, several to the batch endpoint of the later version (spec/wire/palm.md §1). The
/// gateway counts the tokens.
extension PaLM {
    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        if request.dimensions != nil { throw PaLMRequestEncoder.cannot("dimensions") }
        var texts: [JSON] = []
        for input in request.inputs {
            guard case .text(let text) = input else { throw PaLMRequestEncoder.cannot("input") }
            texts.append(.string(text))
        }
        let model = percentEncoded(call.model.hasPrefix("models/") ? String(call.model.dropFirst(7)) : call.model)
        let body: JSON = texts.count == 1 ? ["text": texts[0]] : ["texts": .array(texts)]
        let path = texts.count == 1 ? "v1beta2/models/\(model):embedText" : "v1beta3/models/\(model):batchEmbedText"
        return Self.request(call, path, body.encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        let root = try Self.root(body, status: status, contentType: nil)
        if let failure = GeminiErrors.hidden(in: root) { throw failure }
        guard let items = root["embeddings"]?.array ?? root["embedding"].map({ [$0] }) else {
            throw OpenAIErrors.missing("embeddings", in: root)
        }
        return EmbeddingAnswer(vectors: items.map { ($0["value"]?.array ?? []).compactMap(\.double) }, usage: nil)
    }
}
