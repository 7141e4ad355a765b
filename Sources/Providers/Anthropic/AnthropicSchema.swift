import JSON

/// A JSON schema in the subset that Claude's structured output takes (spec/wire/anthropic.md §6): closed objects, and no
/// limits on numbers, lengths and counts. What the schema says beyond that moves into the description, where the model
/// reads it.
enum AnthropicSchema {
    private static let unsupported: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems",
        "uniqueItems", "minProperties", "maxProperties", "patternProperties", "$schema", "$id", "default", "examples",
    ]

    static func sanitized(_ schema: JSON, depth: Int = 0) -> JSON {
        guard let object = schema.object, depth < 64 else { return schema }
        var result = JSONObject()
        var dropped: [String] = []
        for member in object.members {
            switch member.key {
            case "properties", "$defs", "definitions":
                var inner = JSONObject()
                for property in member.value.object?.members ?? [] {
                    inner.append(property.key, sanitized(property.value, depth: depth + 1))
                }
                result.append(member.key, .object(inner))
            case "items", "not": result.append(member.key, sanitized(member.value, depth: depth + 1))
            case "anyOf", "allOf", "oneOf":
                let options = (member.value.array ?? []).map { sanitized($0, depth: depth + 1) }
                result.append(member.key == "oneOf" ? "anyOf" : member.key, .array(options))
            case "minItems" where (member.value.int ?? 0) > 1: dropped.append("minItems: \(text(member.value))")
            case "additionalProperties": break
            case let key where unsupported.contains(key):
                if !key.hasPrefix("$") { dropped.append("\(key): \(text(member.value))") }
            default: result.append(member.key, member.value)
            }
        }
        if object["type"]?.string == "object" || object["properties"] != nil {
            result["additionalProperties"] = false
        }
        if !dropped.isEmpty {
            let note = dropped.joined(separator: ", ")
            result["description"] = .string(
                [result["description"]?.string, note].compactMap { $0 }.joined(
                    separator: " ("
                ) + (result["description"] == nil ? "" : ")"))
        }
        return .object(result)
    }

    private static func text(_ value: JSON) -> String { String(decoding: value.encoded(), as: UTF8.self) }
}
