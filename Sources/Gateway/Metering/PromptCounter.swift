import Arithmetic
import Chat
import Database
import Formats
import JSON
import Tokenizer

/// The count of a prompt.
struct CountedPrompt: Equatable, Sendable {
    var tokens: Int64
    /// The number of pictures of unknown size, such as those by address. They may have more tokens than were counted.
    var unsizedPictures: Int64 = 0
}

/// Counts what an upstream did not report.
struct PromptCounter {
    let parser: JSONParser
    /// Whether a byte counts 0.38 tokens and the tokenizer is not used (option ApproximateTokenEnabled).
    let approximates: Bool

    /// Tokens of a chat prompt (spec/billing.md §6.2). They include tools and calls, which one-api does not count.
    /// - Parameter limit: counting may stop above this number; the result is then any number above it.
    func prompt(of body: [UInt8], model: String, upTo limit: Int64 = .max) -> CountedPrompt {
        let limit = Int(clamping: limit)
        let overhead = MessageOverhead(model: model)
        var total = overhead.reply
        var unsized: Int64 = 0
        let tokenizer = Tokenizer(Encoding.forModel(model))
        PromptText.forEach(in: body, parser: parser) { piece in
            guard total <= limit else { return }
            switch piece {
            case .message: total += overhead.message
            case .name(let text): total += overhead.name + count(text, tokenizer, upTo: limit.minus(total))
            case .text(let text): total += count(text, tokenizer, upTo: limit.minus(total))
            case .image(let url, let detail):
                let known = ImageSize.read(dataURL: url)
                if known == nil, detail != "low" { unsized += 1 }
                let size = known ?? (0, 0)
                total += ImageTokens.count(model: model, detail: detail, width: size.width, height: size.height)
            }
        }
        return CountedPrompt(tokens: Int64(total), unsizedPictures: unsized)
    }

    /// The most tokens of a picture of unknown size.
    static func mostOfPicture(_ model: String) -> Int64 {
        // This shape has the most tiles.
        Int64(ImageTokens.count(model: model, detail: "high", width: 2048, height: 768))
    }

    /// Tokens of the text of an answer.
    func completionTokens(of produced: [UInt8], model: String, upTo limit: Int64 = .max) -> Int64 {
        produced.withUnsafeBytes {
            Int64(clamping: count($0, Tokenizer(Encoding.forModel(model)), upTo: Int(clamping: limit)))
        }
    }

    private func count(_ text: UnsafeRawBufferPointer, _ tokenizer: Tokenizer, upTo limit: Int) -> Int {
        approximates ? text.count * 38 / 100 : tokenizer.count(text, upTo: limit)
    }
}

extension PromptCounter {
    /// Tokens of a request that is no chat, for the estimate and for upstreams that report no usage.
    /// - Parameter limit: counting may stop above this number; the result is then any number above it.
    func tokens(of pieces: [PromptPiece], model: String, upTo limit: Int64 = .max) -> Int64 {
        var sum: Int64 = 0
        for piece in pieces where sum <= limit {
            switch piece {
            case .tokens(let count): sum = sum.plus(Int64(clamping: count))
            case .text(let text):
                sum = sum.plus(completionTokens(of: Array(text.utf8), model: model, upTo: limit.minus(sum)))
            case .picture(let address, let detail):
                let size = Array(address.utf8).withUnsafeBytes { ImageSize.read(dataURL: $0) } ?? (0, 0)
                let tokens = ImageTokens.count(model: model, detail: detail, width: size.width, height: size.height)
                sum = sum.plus(Int64(clamping: tokens))
            }
        }
        return sum
    }
}

extension Services {
    /// Tokens of a prompt for an estimate. A large prompt is counted on a worker.
    /// - Parameters:
    ///   - known: the count, if it is known already.
    ///   - pieces: the request's pieces if it is no chat.
    ///   - limit: counting may stop above this number; the result is then any number above it.
    func promptTokens(
        _ known: Int64?, of body: [UInt8], or pieces: [PromptPiece]?, model: String, for principal: Principal,
        upTo limit: Int64, approximates: Bool
    ) async throws(GatewayError) -> CountedPrompt {
        if let known { return CountedPrompt(tokens: known) }
        // If the balance does not pay for an empty prompt, nothing is counted.
        guard limit >= 0 else { return CountedPrompt(tokens: 0) }
        return try await offLoop(bytes: body.count, slice: LoopSlice.text, of: principal.user.id) { parser in
            PromptCounter(parser: parser, approximates: approximates)
                .tokens(of: body, or: pieces, model: model, upTo: limit)
        }
    }
}

extension PromptCounter {
    fileprivate func tokens(
        of body: [UInt8], or pieces: [PromptPiece]?, model: String, upTo limit: Int64
    ) -> CountedPrompt {
        pieces.map { CountedPrompt(tokens: tokens(of: $0, model: model, upTo: limit)) }
            ?? prompt(of: body, model: model, upTo: limit)
    }
}
