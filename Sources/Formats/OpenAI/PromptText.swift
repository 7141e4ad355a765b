package import JSON

/// The parts of a chat request that count as prompt (spec/billing.md §6.2). They are needed for an exact count.
package enum PromptText {
    package enum Piece {
        /// The beginning of a message.
        case message
        case name(UnsafeRawBufferPointer)
        /// The role, the content, tool calls, or the definition of a tool.
        case text(UnsafeRawBufferPointer)
        case image(url: UnsafeRawBufferPointer, detail: String?)
    }

    /// Visits the pieces of a request that the inspector has accepted. A request that does not parse has none.
    package static func forEach(
        in body: [UInt8], parser: JSONParser, _ visit: (Piece) -> Void
    ) {
        guard let root = try? parser.parse(body) else { return }
        root["messages"]?.forEachElement { message in
            visit(.message)
            _ = message["role"]?.withUTF8 { visit(.text($0)) }
            _ = message["name"]?.withUTF8 { visit(.name($0)) }
            let isAnswer = message["role"]?.equals("assistant") == true
            if let content = message["content"] { self.content(content, isAnswer: isAnswer, visit) }
            message["images"]?.forEachElement { picture($0, visit) }
            message["tool_calls"]?.forEachElement { call in
                _ = call["function"]?["name"]?.withUTF8 { visit(.text($0)) }
                _ = call["function"]?["arguments"]?.withUTF8 { visit(.text($0)) }
            }
        }
        for list: StaticString in ["tools", "functions"] {
            root[list]?.forEachElement { strings(in: $0, visit) }
        }
    }

    /// - Parameter isAnswer: the assistant's, whose pictures may stand in the text as Markdown.
    private static func content(_ content: JSONView, isAnswer: Bool, _ visit: (Piece) -> Void) {
        func text(_ bytes: UnsafeRawBufferPointer) {
            guard isAnswer else { return visit(.text(bytes)) }
            MarkdownPictures.forEach(in: bytes) { piece in
                switch piece {
                case .text(let text): visit(.text(text))
                case .picture(let address): visit(.image(url: address, detail: nil))
                }
            }
        }
        if content.withUTF8({ text($0) }) != nil { return }
        content.forEachElement { part in
            _ = part["text"]?.withUTF8 { text($0) }
            picture(part, visit)
        }
    }

    private static func picture(_ part: JSONView, _ visit: (Piece) -> Void) {
        guard let image = part["image_url"] else { return }
        _ = image["url"]?.withUTF8 { visit(.image(url: $0, detail: image["detail"]?.string)) }
    }

    /// The names and texts of a tool's definition, which the model reads too.
    private static func strings(in value: JSONView, _ visit: (Piece) -> Void) {
        switch value.kind {
        case .string: _ = value.withUTF8 { visit(.text($0)) }
        case .array: value.forEachElement { strings(in: $0, visit) }
        case .object:
            value.forEachMember { key, member in
                visit(.text(key))
                strings(in: member, visit)
            }
        case .null, .bool, .number: break
        }
    }
}
