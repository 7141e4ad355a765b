/// A piece of what is asked where it is no chat, as far as its tokens are counted.
package enum PromptPiece: Sendable, Equatable {
    case text(String)
    /// How many tokens the client encoded itself.
    case tokens(Int)
    /// - Parameter address: may be a data address.
    case picture(address: String, detail: String?)
}

extension EmbeddingRequest {
    package var pieces: [PromptPiece] {
        inputs.map { input in
            switch input {
            case .text(let text): .text(text)
            case .tokens(let tokens): .tokens(tokens.count)
            }
        }
    }
}

/// A request to judge texts and pictures (spec/wire/openai.md §9).
package struct ModerationRequest: Sendable, Equatable {
    package var model: String
    package var pieces: [PromptPiece]

    package init(model: String, pieces: [PromptPiece]) {
        self.model = model
        self.pieces = pieces
    }
}
