/// How much of something a request may have: more than anybody needs, so that nobody can make a request cost more than
/// its bytes.
package struct RequestLimits: Sendable, Equatable {
    package var messages = 10_000
    /// Tools and functions together.
    package var tools = 1024
    /// Parts of all messages together.
    package var parts = 20_000
    /// OpenAI's own limit.
    package var embeddingInputs = 2048
    /// Tokens that a client has encoded itself, of all inputs together.
    package var embeddingTokens = 1_000_000
    /// Values of any kind in a body's JSON.
    package var values = 2_000_000

    package init() {}
}
