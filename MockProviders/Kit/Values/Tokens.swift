import Tokenizer

/// Tokens of a text as the model counts them; the only door to the tokenizer.
func countTokens(_ text: String, model: String) -> Int {
    Tokenizer(Encoding.forModel(model)).count(text)
}

/// A text in the pieces in which a stream sends it: a token each, joined where a letter spans several.
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

/// Part of an answer.
struct Piece: Sendable, Equatable {
    let text: String
    /// Nearly always 1.
    let tokens: Int
}
