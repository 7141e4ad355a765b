package import JSON

/// A family of wire formats. It tells to whom a block or a member belongs.
package enum WireFormat: String, Sendable, Equatable {
    case openAI, anthropic, gemini, palm, baidu, ali, zhipu
}

/// A value that only one format understands. It is kept unchanged, so that it can be sent back in that format.
package struct Opaque: Sendable, Equatable {
    package var format: WireFormat
    package var value: JSON

    package init(_ format: WireFormat, _ value: JSON) {
        self.format = format
        self.value = value
    }
}

/// Members that have no property in the hub, with their format. They are sent only to upstreams of that format.
package struct Extras: Sendable, Equatable {
    package var format: WireFormat
    package var members: JSONObject

    package init(_ format: WireFormat, _ members: JSONObject = JSONObject()) {
        self.format = format
        self.members = members
    }

    package var isEmpty: Bool { members.members.isEmpty }

    /// The members for a target of `format`; none if they belong to another format.
    package func members(for format: WireFormat) -> [JSONObject.Member] {
        format == self.format ? members.members : []
    }
}
