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
        /// A block that only the provider that made it understands.
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
        /// The call has OpenAI's deprecated form `function_call`, which has no id.
        case legacyFunction
    }

    package var id: String
    package var kind: Kind
    package var name: String
    /// The JSON text that the model wrote. It may be cut off or invalid. For a custom tool it is free text.
    package var arguments: String
    /// Gemini's signature of the thought that led to the call. It has to be sent back with the call.
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

/// The result of a tool.
package struct ToolResult: Sendable, Equatable {
    /// The id of the call; empty if the format names only the function.
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

/// The reasoning of the model. It is sent back with the next turn if the provider asks for it.
package struct Reasoning: Sendable, Equatable {
    package var text: String
    /// The signature by which the provider recognises its own text.
    package var signature: String?
    /// The encrypted text, where the provider hides the text.
    package var encrypted: String?
    /// A step of the provider, such as a search, instead of a text. It has to be sent back whole.
    package var block: JSON?
    /// The provider's format to which the signature, the encryption or the block belongs. No other provider understands
    /// them.
    package var format: WireFormat?
    /// The number of this piece in its answer. Clients join the pieces of a stream by it.
    package var index: Int?
    /// How much of the answer came before it; `nil` if nothing did, or if it does not matter to the provider.
    package var place: Place?

    /// The number of Unicode scalars of text, and the number of calls.
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

/// Marks the end of a cached prefix.
package struct CacheBreakpoint: Sendable, Equatable {
    /// How long the prefix is kept, such as `5m` or `1h`; `nil` is the provider's default.
    package var lifetime: String?

    package init(lifetime: String? = nil) { self.lifetime = lifetime }
}
