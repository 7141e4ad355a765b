import JSON

/// Finds the JSON Schema in a prompt's text. Clients write it there for models that have no response format for
/// schemas.
enum PromptSchema {
    /// How many objects of a text are tried. The limit keeps texts with many braces cheap.
    private static let tries = 16

    /// The first JSON Schema in a text. Other objects are skipped.
    static func find(in text: String) -> JSON? {
        guard text.firstRange(of: "properties") != nil || text.firstRange(of: "$") != nil else { return nil }
        let bytes = Array(text.utf8)
        var place = 0
        for _ in 0..<tries {
            guard let start = bytes[place...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
            guard let end = end(of: bytes[start...]) else {
                place = start + 1
                continue
            }
            if let value = try? JSON.parse(Array(bytes[start..<end])), let schema = schema(in: value) { return schema }
            place = end
        }
        return nil
    }

    /// The end of the object at the beginning of a text; `nil` if the object is not closed.
    private static func end(of text: ArraySlice<UInt8>) -> Int? {
        var (depth, isInString, isEscaped) = (0, false, false)
        for (index, byte) in zip(text.indices, text) {
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return nil
    }

    /// The value itself if it is a schema, or the schema inside the envelope of OpenAI's `response_format`.
    private static func schema(in value: JSON) -> JSON? {
        let inner = value["json_schema"]?["schema"] ?? value["schema"]
        return [value, inner].compactMap(\.self).first(where: isSchema)
    }

    private static func isSchema(_ value: JSON) -> Bool {
        if value["type"]?.string == "object", value["properties"]?.object != nil { return true }
        return value["$schema"]?.string != nil || (value["$ref"]?.string != nil && value["$defs"]?.object != nil)
    }
}

extension Prompt {
    /// The format in which to answer.
    ///
    /// A model that is told a schema in its prompt follows it: always in JSON mode, otherwise if the text has the word
    /// `schema`.
    var wantedFormat: Format {
        if case .schema = format { return format }
        for text in [systemText, lastUserText] where text.utf8.contains(UInt8(ascii: "{")) {
            if case .text = format, text.lowercased().firstRange(of: "schema") == nil { continue }
            if let schema = PromptSchema.find(in: text) { return .schema(schema) }
        }
        return format
    }
}
