package import JSON

/// Something that the model may call.
package enum Tool: Sendable, Equatable {
    case function(FunctionTool)
    case custom(CustomTool)
    /// A tool that the provider runs itself, such as a web search.
    case provider(Opaque)
}

/// A function of the client's, described by a JSON schema.
package struct FunctionTool: Sendable, Equatable {
    package var name: String
    package var description: String?
    /// The schema of the arguments; `nil` if there are none.
    package var parameters: JSON?
    /// The arguments must follow the schema exactly.
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

/// A tool that takes free text, which a grammar may restrict.
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

/// Whether the model must call a tool, and which one.
package enum ToolChoice: Sendable, Equatable {
    case none, automatic, required
    case function(String)
    case custom(String)
    /// Only some of the tools are allowed. Providers express this in their own ways.
    case opaque(Opaque)
}

/// The form that the answer's text must have.
package enum ResponseFormat: Sendable, Equatable {
    case text
    case jsonObject
    case jsonSchema(name: String, description: String?, schema: JSON?, isStrict: Bool?)
    case opaque(Opaque)
}
