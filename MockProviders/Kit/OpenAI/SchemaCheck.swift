import JSON

/// Checks strict schemas.
enum SchemaCheck {
    /// Requires that every object is closed and that all its properties are required.
    static func strict(_ schema: JSON, _ what: String, _ param: String) throws(Failure) {
        try check(schema, what, param, [])
    }

    private static func check(_ schema: JSON, _ what: String, _ param: String, _ context: [String]) throws(Failure) {
        guard let object = schema.object else { return }
        if object["type"]?.string == "object" || object["properties"] != nil {
            let place = context.isEmpty ? "()" : "(\(context.map { "'\($0)'" }.joined(separator: ", ")))"
            guard object["additionalProperties"]?.bool == false else {
                throw .invalid(
                    "Invalid schema for \(what): In context=\(place), 'additionalProperties' is required to be "
                        + "supplied and to be false.", param: param)
            }
            let required = object["required"]?.array?.compactMap(\.string) ?? []
            for member in object["properties"]?.object?.members ?? [] where !required.contains(member.key) {
                throw .invalid(
                    "Invalid schema for \(what): In context=\(place), 'required' is required to be supplied and to be "
                        + "an array including every key in properties. Missing '\(member.key)'.", param: param)
            }
        }
        for key in ["properties", "$defs", "definitions"] {
            for member in object[key]?.object?.members ?? [] {
                try check(member.value, what, param, context + [key, member.key])
            }
        }
        for item in object["anyOf"]?.array ?? [] { try check(item, what, param, context + ["anyOf"]) }
        if let items = object["items"] { try check(items, what, param, context + ["items"]) }
    }
}
