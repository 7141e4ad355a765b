package import JSON

/// One piece of a message.
package struct Part: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case text(String)
        case image(Media, detail: String?)
        case audio(Media)
        case document(Media, name: String?)
        case video(Media)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
        case reasoning(Reasoning)
        case refusal(String)
        /// A block that only its own provider understands.
        case opaque(Opaque)
    }

    package var content: Content
    /// The prompt up to and including this part may be cached.
    package var cacheBreakpoint: CacheBreakpoint?
    /// Gemini's proof of the thought that led to a picture of its own, to be sent back with it.
    package var thoughtSignature: String?

    package init(_ content: Content, cacheBreakpoint: CacheBreakpoint? = nil, thoughtSignature: String? = nil) {
        self.content = content
        self.cacheBreakpoint = cacheBreakpoint
        self.thoughtSignature = thoughtSignature
    }

    package static func text(_ text: String) -> Part { Part(.text(text)) }
}

/// A call that the model made.
package struct ToolCall: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case function, custom
        /// OpenAI's deprecated `function_call`, which has no id.
        case legacyFunction
    }

    package var id: String
    package var kind: Kind
    package var name: String
    /// JSON text as the model wrote it, perhaps cut or invalid; free text for a custom tool.
    package var arguments: String
    /// Gemini's proof of the thought that led to the call, to be sent back with it.
    package var thoughtSignature: String?

    package init(
        id: String, kind: Kind = .function, name: String, arguments: String, thoughtSignature: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.arguments = arguments
        self.thoughtSignature = thoughtSignature
    }
}

/// What a tool answered.
package struct ToolResult: Sendable, Equatable {
    /// Of the call that it answers; empty where the format names the function only.
    package var callID: String
    package var name: String?
    package var parts: [Part]
    package var isError: Bool

    package init(callID: String, name: String? = nil, parts: [Part], isError: Bool = false) {
        self.callID = callID
        self.name = name
        self.parts = parts
        self.isError = isError
    }
}

/// What the model thought, to be sent back with the next turn where the provider asks for it.
package struct Reasoning: Sendable, Equatable {
    package var text: String
    /// Proves to the provider that the text is its own.
    package var signature: String?
    /// In place of the text, where the provider hides it.
    package var encrypted: String?
    /// In place of the text: a step of the provider's own, such as a search that it made, to be sent back whole.
    package var block: JSON?
    /// Whose signature, encryption or block it is: no other provider understands it.
    package var format: WireFormat?
    /// Counts these pieces of one answer, since clients that join a stream go by it.
    package var index: Int?
    /// What of the answer came before it; `nil` means nothing, or that the provider does not care.
    package var place: Place?

    /// Letters (Unicode scalars) of the text, and calls.
    package struct Place: Sendable, Equatable {
        package var letters: Int
        package var calls: Int

        package init(letters: Int, calls: Int) {
            self.letters = letters
            self.calls = calls
        }
    }

    package init(
        text: String, signature: String? = nil, encrypted: String? = nil, block: JSON? = nil,
        format: WireFormat? = nil, index: Int? = nil, place: Place? = nil
    ) {
        self.text = text
        self.signature = signature
        self.encrypted = encrypted
        self.block = block
        self.format = format
        self.index = index
        self.place = place
    }
}

/// Marks where a cached prefix ends.
package struct CacheBreakpoint: Sendable, Equatable {
    /// Such as `5m` or `1h`; `nil` is the provider's default.
    package var lifetime: String?

    package init(lifetime: String? = nil) { self.lifetime = lifetime }
}
