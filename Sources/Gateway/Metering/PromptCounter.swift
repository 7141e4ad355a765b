import Arithmetic
import Chat
import Database
import Formats
import JSON
import Tokenizer

/// A prompt as it was counted.
struct CountedPrompt: Equatable, Sendable {
    var tokens: Int64
    /// Pictures among them whose size is not known, such as those by address: they may come to more than was counted.
    var unsizedPictures: Int64 = 0
}

/// Counts what an upstream did not report.
struct PromptCounter {
    let parser: JSONParser
    /// 0.38 tokens a byte instead of the tokenizer (option ApproximateTokenEnabled).
    let approximates: Bool

    /// Tokens of a chat prompt (spec/billing.md §6.2), with tools and calls, which one-api leaves out.
    /// - Parameter limit: more need not be counted: the result is then some number above it.
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

    /// Tokens of a picture whose size is not known, at most.
    static func mostOfPicture(_ model: String) -> Int64 {
        // The shape with the most tiles.
        Int64(ImageTokens.count(model: model, detail: "high", width: 2048, height: 768))
    }

    /// Tokens of what an answer said.
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
    /// Tokens of what is asked, for the estimate and for upstreams that do not say.
    /// - Parameter limit: more need not be counted: the result is then some number above it.
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
    /// A prompt's tokens for an estimate, counted on a worker where it is large.
    /// - Parameters:
    ///   - known: counted already.
    ///   - pieces: what is asked where it is no chat.
    ///   - limit: more need not be counted: the result is then some number above it.
    func promptTokens(
        _ known: Int64?, of body: [UInt8], or pieces: [PromptPiece]?, model: String, for principal: Principal,
        upTo limit: Int64, approximates: Bool
    ) async throws(GatewayError) -> CountedPrompt {
        if let known { return CountedPrompt(tokens: known) }
        // Where not even an empty prompt is paid for, nothing is counted.
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
