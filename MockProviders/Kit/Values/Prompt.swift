import JSON

/// What a request asks for, independent of any provider's format. The mock's answer follows from it alone.
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

    /// The model's name, which selects the tokenizer.
    let model: String
    /// The name in the request. It may contain `mock-tokens-N`.
    let name: String
    /// A number that follows from the request (`IdentifierSource.content`).
    let content: UInt64
    /// The text of the system messages. It may contain a schema.
    var systemText = ""
    var lastUserText = ""
    /// The last message is the user's, and not a tool's result.
    var endsWithUser = true
    /// The texts of the tool messages at the end.
    var toolResults: [String] = []
    var imageCount = 0
    var tools: [Tool] = []
    var choice = ToolChoice.auto
    var isParallel = true
    var format = Format.text
    /// The limit of tokens, reasoning included.
    var maxTokens = Int.max
    /// How many tokens the model thinks before it answers; 0 if it does not think.
    var reasoningTokens = 0
    var stops: [String] = []

    init(model: String, name: String, content: UInt64) {
        self.model = model
        self.name = name
        self.content = content
    }
}
