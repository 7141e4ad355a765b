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

    /// Whether some object of the schema allows members without naming any, as a map does. Closed, as Claude wants it, that
    /// object would have to stay empty.
    static func hasMap(_ schema: JSON, depth: Int = 0) -> Bool {
        guard let object = schema.object, depth < 64 else { return false }
        let isNamed = object["properties"]?.object?.members.isEmpty == false
        if !isNamed, allowsMore(object) { return true }
        return object.members.contains { member in
            switch member.key {
            case "properties", "$defs", "definitions":
                member.value.object?.members.contains { hasMap($0.value, depth: depth + 1) } == true
            case "items", "not": hasMap(member.value, depth: depth + 1)
            case "anyOf", "allOf", "oneOf", "prefixItems":
                member.value.array?.contains { hasMap($0, depth: depth + 1) } == true
            default: false
            }
        }
    }

    private static func allowsMore(_ object: JSONObject) -> Bool {
        if object["patternProperties"]?.object?.members.isEmpty == false { return true }
        return object["additionalProperties"].map { $0 == true || $0.object != nil } ?? false
    }

    private static func text(_ value: JSON) -> String { String(decoding: value.encoded(), as: UTF8.self) }
}
