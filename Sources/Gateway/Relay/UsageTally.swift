import Arithmetic
import Chat
import JSON

/// What came back of an answer, as the meter needs it.
struct Production: Sendable {
    /// Text that is not counted yet; kept only where usage is missing.
    var text: [UInt8] = []
    /// Tokens of text before it, which was counted as it came.
    var countedTokens: Int64 = 0
    /// Bytes of the upstream's answer.
    var received: Int64 = 0
    /// The answer is not whole, so that what the upstream said of it may be of its beginning only.
    var isCut = false
    /// Pictures that came, where they were counted, and what they are said to be. Where the answer is cut, the others may
    /// have been made too.
    var pictures: Int64?
    var size: String?
    var quality: String?
}

/// Counts what an upstream did not tell. A value, since large texts are counted away from the loop.
struct UsageTally: Sendable {
    /// The upstream's name for it, which chooses the tokenizer.
    let model: String
    let body: [UInt8]
    /// What is asked where it is no chat.
    let pieces: [PromptPiece]?
    let approximates: Bool
    /// In whose turn it is counted.
    let userID: Int64
    /// Counted already.
    private(set) var promptTokens: Int64?

    init(
        model: String, body: [UInt8], pieces: [PromptPiece]?, promptTokens: Int64?, userID: Int64,
        approximates: Bool
    ) {
        self.model = model
        self.body = body
        self.pieces = pieces
        self.promptTokens = promptTokens
        self.userID = userID
        self.approximates = approximates
    }

    private func counter(_ parser: JSONParser) -> PromptCounter {
        PromptCounter(parser: parser, approximates: approximates)
    }

    mutating func prompt(_ services: Services) async -> Int64 {
        if let promptTokens { return promptTokens }
        let tally = self
        let counted = await services.offLoop(certainly: body.count, slice: LoopSlice.text, of: userID) { parser in
            let counter = tally.counter(parser)
            return tally.pieces.map { counter.tokens(of: $0, model: tally.model) }
                ?? counter.prompt(of: tally.body, model: tally.model).tokens
        }
        promptTokens = counted
        return counted
    }

    func completion(_ production: Production, _ services: Services) async -> Int64 {
        if production.text.isEmpty { return production.countedTokens }
        let (tally, text) = (self, production.text)
        let counted = await services.offLoop(certainly: text.count, slice: LoopSlice.text, of: userID) {
            tally.counter($0).completionTokens(of: text, model: tally.model)
        }
        return production.countedTokens.plus(counted)
    }

    mutating func usage(_ production: Production, _ services: Services) async -> Usage {
        Usage(
            promptTokens: await prompt(services), completionTokens: await completion(production, services),
            isEstimated: true)
    }
}
