/// A request for embeddings (spec/wire/openai.md, embeddings).
package struct EmbeddingRequest: Sendable, Equatable {
    package enum Input: Sendable, Equatable {
        case text(String)
        /// Tokens that the client has already encoded.
        case tokens([Int64])
    }

    package var model: String
    package var inputs: [Input]
    package var dimensions: Int64?
    package var user: String?

    package init(model: String, inputs: [Input], dimensions: Int64? = nil, user: String? = nil) {
        self.model = model
        self.inputs = inputs
        self.dimensions = dimensions
        self.user = user
    }
}

/// The answer to it. `vectors` are in the order of the inputs.
package struct EmbeddingAnswer: Sendable, Equatable {
    package var model: String
    package var vectors: [[Double]]
    /// `nil` if the provider does not report it.
    package var usage: Usage?

    package init(model: String = "", vectors: [[Double]], usage: Usage?) {
        self.model = model
        self.vectors = vectors
        self.usage = usage
    }
}
