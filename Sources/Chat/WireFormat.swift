package import JSON

/// A family of wire formats, to tell whose block or member something is.
package enum WireFormat: String, Sendable, Equatable {
    case openAI, anthropic, gemini, palm, baidu, ali, zhipu
}

/// Something that only one format understands, kept as it came for a round trip to the same format.
package struct Opaque: Sendable, Equatable {
    package var format: WireFormat
    package var value: JSON

    package init(_ format: WireFormat, _ value: JSON) {
        self.format = format
        self.value = value
    }
}

/// Members that the hub has no name for, with the format they belong to; they reach a target of that format only.
package struct Extras: Sendable, Equatable {
    package var format: WireFormat
    package var members: JSONObject

    package init(_ format: WireFormat, _ members: JSONObject = JSONObject()) {
        self.format = format
        self.members = members
    }

    package var isEmpty: Bool { members.members.isEmpty }

    /// The members for a target of `format`; none for another's.
    package func members(for format: WireFormat) -> [JSONObject.Member] {
        format == self.format ? members.members : []
    }
}
