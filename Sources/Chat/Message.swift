/// One turn of a conversation.
package struct Message: Sendable, Equatable {
    package enum Role: String, Sendable {
        case system, developer, user, assistant, tool
    }

    package var role: Role
    package var name: String?
    /// The parts in the order in which the model reads them or wrote them.
    package var parts: [Part]
    /// The members of the message that have no other place.
    package var extras: Extras?

    package init(_ role: Role, name: String? = nil, parts: [Part] = [], extras: Extras? = nil) {
        self.role = role
        self.name = name
        self.parts = parts
        self.extras = extras
    }

    /// The text of all text parts, one after another.
    package var text: String {
        parts.reduce(into: "") { text, part in
            if case .text(let piece) = part.content { text += piece }
        }
    }
}
