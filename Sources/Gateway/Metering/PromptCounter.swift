import Chat
import Database
import Formats
import JSON
import Tokenizer

/// Counts what an upstream did not report.
struct PromptCounter {
    let parser: JSONParser
    /// 0.38 tokens a byte instead of the tokenizer (option ApproximateTokenEnabled).
    let approximates: Bool

    /// Tokens of a chat prompt (spec/billing.md §6.2), with tools and calls, which one-api leaves out.
    func promptTokens(of body: [UInt8], model: String) -> Int64 {
        let overhead = MessageOverhead(model: model)
        var total = overhead.reply
        let tokenizer = Tokenizer(Encoding.forModel(model))
        PromptText.forEach(in: body, parser: parser) { piece in
            switch piece {
            case .message: total += overhead.message
            case .name(let text): total += overhead.name + count(text, tokenizer)
            case .text(let text): total += count(text, tokenizer)
            case .image(let url, let detail):
                let size = ImageSize.read(dataURL: url) ?? (0, 0)
                total += ImageTokens.count(model: model, detail: detail, width: size.width, height: size.height)
            }
        }
        return Int64(total)
    }

    /// Tokens of a picture whose size is not known, at most.
    static func mostOfPicture(_ model: String) -> Int64 {
        // The shape with the most tiles.
        Int64(ImageTokens.count(model: model, detail: "high", width: 2048, height: 768))
    }

    /// Tokens of what an answer said.
    func completionTokens(of produced: [UInt8], model: String) -> Int64 {
        produced.withUnsafeBytes { Int64(count($0, Tokenizer(Encoding.forModel(model)))) }
    }

    private func count(_ text: UnsafeRawBufferPointer, _ tokenizer: Tokenizer) -> Int {
        approximates ? text.count * 38 / 100 : tokenizer.count(text)
    }
}

extension PromptCounter {
    /// Tokens of what is asked, for the estimate and for upstreams that do not say.
    func tokens(of request: EmbeddingRequest, model: String) -> Int64 {
        request.inputs.reduce(0) { sum, input in
            switch input {
            case .tokens(let tokens): sum + Int64(tokens.count)
            case .text(let text): sum + completionTokens(of: Array(text.utf8), model: model)
            }
        }
    }
}

extension Services {
    /// A prompt's tokens for an estimate, counted on a worker where it is large.
    /// - Parameters:
    ///   - known: counted already.
    ///   - embeddings: what is asked where it is no chat.
    func promptTokens(
        _ known: Int64?, of body: [UInt8], or embeddings: EmbeddingRequest?, model: String, for principal: Principal
    ) async throws(GatewayError) -> Int64 {
        if let known { return known }
        let approximates = options.snapshot.approximatesTokens
        return try await offLoop(bytes: body.count, slice: LoopSlice.text, of: principal.user.id) { parser in
            PromptCounter(parser: parser, approximates: approximates).tokens(of: body, or: embeddings, model: model)
        }
    }
}

extension PromptCounter {
    fileprivate func tokens(of body: [UInt8], or embeddings: EmbeddingRequest?, model: String) -> Int64 {
        embeddings.map { tokens(of: $0, model: model) } ?? promptTokens(of: body, model: model)
    }
}
