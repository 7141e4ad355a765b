package import JSON

/// Something that the model may call.
package enum Tool: Sendable, Equatable {
    case function(FunctionTool)
    case custom(CustomTool)
    /// One that the provider runs itself, such as a web search.
    case provider(Opaque)
}

/// A function of the client's, described by a JSON schema.
package struct FunctionTool: Sendable, Equatable {
    package var name: String
    package var description: String?
    /// `nil`: no arguments.
    package var parameters: JSON?
    /// Arguments must follow the schema exactly.
    package var isStrict: Bool?
    package var cacheBreakpoint: CacheBreakpoint?
    package var extras: Extras?

    package init(
        name: String, description: String? = nil, parameters: JSON? = nil, isStrict: Bool? = nil,
        cacheBreakpoint: CacheBreakpoint? = nil, extras: Extras? = nil
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.isStrict = isStrict
        self.cacheBreakpoint = cacheBreakpoint
        self.extras = extras
    }
}

/// A tool that takes free text, perhaps bound by a grammar.
package struct CustomTool: Sendable, Equatable {
    package var name: String
    package var description: String?
    package var format: JSON?

    package init(name: String, description: String? = nil, format: JSON? = nil) {
        self.name = name
        self.description = description
        self.format = format
    }
}

/// Whether and what the model must call.
package enum ToolChoice: Sendable, Equatable {
    case none, automatic, required
    case function(String)
    case custom(String)
    /// Only some of the tools, which a provider may express in its own way.
    case opaque(Opaque)
}

/// What the text of the answer must look like.
package enum ResponseFormat: Sendable, Equatable {
    case text
    case jsonObject
    case jsonSchema(name: String, description: String?, schema: JSON?, isStrict: Bool?)
    case opaque(Opaque)
}
