/// Limits of a request. They are higher than anybody needs, and they keep the cost of a request in proportion to its
/// bytes.
package struct RequestLimits: Sendable, Equatable {
    package var messages = 10_000
    /// The number of tools and functions together.
    package var tools = 1024
    /// The number of parts of all messages together.
    package var parts = 20_000
    /// OpenAI's own limit.
    package var embeddingInputs = 2048
    /// The number of tokens in all inputs that the client has already encoded.
    package var embeddingTokens = 1_000_000
    /// The number of values of any kind in a body's JSON.
    package var values = 2_000_000

    package init() {}
}
