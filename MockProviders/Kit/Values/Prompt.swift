import JSON

/// What a request asks, in no provider's format: all that the mock's words follow from.
struct Prompt {
    struct Tool: Sendable {
        let name: String
        let parameters: JSON
        var isCustom = false
    }

    enum ToolChoice: Equatable {
        case none, auto, required
        case named(String)
    }

    enum Format {
        case text, jsonObject
        case schema(JSON)
    }

    /// The name by which tokens are counted.
    let model: String
    /// The name as asked, which may say `mock-tokens-N`.
    let name: String
    /// Follows from the request (`IdentifierSource.content`).
    let content: UInt64
    var lastUserText = ""
    /// The last message is the user's, and no tool's result.
    var endsWithUser = true
    /// Of the tool messages at the end.
    var toolResults: [String] = []
    var imageCount = 0
    var tools: [Tool] = []
    var choice = ToolChoice.auto
    var isParallel = true
    var format = Format.text
    /// Reasoning counts in.
    var maxTokens = Int.max
    /// What the model thinks before it answers; 0 is not at all.
    var reasoningTokens = 0
    var stops: [String] = []

    init(model: String, name: String, content: UInt64) {
        self.model = model
        self.name = name
        self.content = content
    }
}
