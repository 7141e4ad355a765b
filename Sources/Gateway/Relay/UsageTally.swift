import Arithmetic
import Chat
import JSON

/// The parts of an answer that the meter needs.
struct Production: Sendable {
    /// Text that was not counted yet. It is kept only if the usage is missing.
    var text: [UInt8] = []
    /// The tokens of the text before it, which was counted when it came.
    var countedTokens: Int64 = 0
    /// The number of bytes of the upstream's answer.
    var received: Int64 = 0
    /// The answer is incomplete. The usage that the upstream reported may then be that of its beginning only.
    var isCut = false
    /// The number of pictures that came, if they were counted, with their size and quality. If the answer was cut, the
    /// other pictures may have been made too.
    var pictures: Int64?
    var size: String?
    var quality: String?
}

/// Counts what an upstream did not report. It is a value, because large texts are counted on another thread.
struct UsageTally: Sendable {
    /// The upstream's name for the model. It selects the tokenizer.
    let model: String
    let body: [UInt8]
    /// The text of a request that is no chat.
    let pieces: [PromptPiece]?
    let approximates: Bool
    /// The user in whose turn the text is counted.
    let userID: Int64
    /// The tokens of the prompt, if they were already counted.
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
