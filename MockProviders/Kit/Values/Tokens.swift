import Tokenizer

/// The number of tokens of a text as the model counts them. All code of the mock counts tokens here.
func countTokens(_ text: String, model: String) -> Int {
    Tokenizer(Encoding.forModel(model)).count(text)
}

/// A text in the pieces that a stream sends: one token each, joined where a character spans several tokens.
func tokenPieces(_ text: String, model: String) -> [Piece] {
    let tokenizer = Tokenizer(Encoding.forModel(model))
    var pieces: [Piece] = []
    var open: [UInt8] = []
    var count = 0
    for token in tokenizer.encode(text) {
        open += tokenizer.decode([token])
        count += 1
        guard let piece = String(validating: open, as: UTF8.self) else { continue }
        pieces.append(Piece(text: piece, tokens: count))
        open = []
        count = 0
    }
    return pieces
}

/// A piece of an answer.
struct Piece: Sendable, Equatable {
    let text: String
    /// The number of tokens; nearly always 1.
    let tokens: Int
}
