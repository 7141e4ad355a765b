import JSON

/// Makes a value that a JSON schema accepts.
struct SchemaSample {
    private let root: JSON
    private var random: Seeded
    /// How many values may still be made. It ends a schema that contains itself several times.
    private var budget = 10_000

    init(root: JSON, random: Seeded) {
        self.root = root
        self.random = random
    }

    /// - Parameter name: the property's name, from which the text of a string is made.
    mutating func value(_ schema: JSON, name: String = "value", depth: Int = 0) -> JSON {
        // A recursive schema ends here. Its optional members were left out at a smaller depth.
        budget -= 1
        if depth > 24 || budget < 0 { return .null }
        if let reference = schema["$ref"]?.string { return value(resolve(reference), name: name, depth: depth + 1) }
        if let constant = schema["const"] { return constant }
        if let choices = schema["enum"]?.array, !choices.isEmpty { return choices[random.below(choices.count)] }
        for key in ["anyOf", "oneOf", "allOf"] {
            guard let options = schema[key]?.array, let first = options.first else { continue }
            // At this depth the last option is taken. It usually ends the recursion, because it is `null` or has no
            // members.
            return value(depth > 6 ? options.last ?? first : first, name: name, depth: depth + 1)
        }
        switch type(of: schema) {
        case "object": return object(schema, depth)
        case "array": return array(schema, name, depth)
        case "string": return .string(text(schema, name))
        case "integer": return .int(number(schema))
        case "number": return .int(number(schema))
        case "boolean": return .bool(random.below(2) == 1)
        default: return .null
        }
    }

    private func type(of schema: JSON) -> String {
        if let type = schema["type"]?.string { return type }
        if let types = schema["type"]?.array { return types.first?.string ?? "null" }
        return schema["properties"] != nil ? "object" : schema["items"] != nil ? "array" : "string"
    }

    private func resolve(_ reference: String) -> JSON {
        var place = root
        for step in reference.split(separator: "/").dropFirst() {
            guard let next = place[String(step)] else { return .null }
            place = next
        }
        return place
    }

    private mutating func object(_ schema: JSON, _ depth: Int) -> JSON {
        var object = JSONObject()
        let required = schema["required"]?.array?.compactMap(\.string)
        for member in schema["properties"]?.object?.members ?? [] {
            if depth > 4, required?.contains(member.key) != true { continue }
            object.append(member.key, value(member.value, name: member.key, depth: depth + 1))
        }
        return .object(object)
    }

    private mutating func array(_ schema: JSON, _ name: String, _ depth: Int) -> JSON {
        let least = Int(schema["minItems"]?.int ?? 0)
        let most = Int(schema["maxItems"]?.int ?? 64)
        let count = min(max(least, depth > 6 ? 0 : 2), most, 64)
        let items = schema["items"] ?? ["type": "string"]
        var values: [JSON] = []
        for _ in 0..<max(0, count) { values.append(value(items, name: name, depth: depth + 1)) }
        return .array(values)
    }

    private mutating func text(_ schema: JSON, _ name: String) -> String {
        switch schema["format"]?.string {
        case "date-time": return "2025-10-09T08:53:20Z"
        case "date": return "2025-10-09"
        case "time": return "08:53:20Z"
        case "duration": return "PT1H"
        case "email": return "mock@example.test"
        case "uri", "url": return "https://example.test/\(name)"
        case "hostname": return "example.test"
        case "ipv4": return "192.0.2.7"
        case "ipv6": return "2001:db8::7"
        case "uuid": return "123e4567-e89b-42d3-a456-426614174000"
        default: break
        }
        var text = Self.samples[name.lowercased()] ?? "mock \(name)"
        let least = Int(schema["minLength"]?.int ?? 0)
        while text.count < min(least, 4096) { text += " mock" }
        return String(text.prefix(max(0, Int(schema["maxLength"]?.int ?? 4096))))
    }

    private static let samples = [
        "city": "Oslo", "location": "Oslo", "country": "Norway", "name": "Ada", "unit": "celsius", "title": "A note",
        "language": "English", "query": "weather in Oslo", "answer": "42",
    ]

    private mutating func number(_ schema: JSON) -> Int {
        let least = schema["minimum"]?.double ?? schema["exclusiveMinimum"].map { ($0.double ?? 0) + 1 } ?? 1
        let most = schema["maximum"]?.double ?? schema["exclusiveMaximum"].map { ($0.double ?? 0) - 1 } ?? least + 41
        let range = max(0, min(most - least, 1e6))
        let step = Int(max(1, min(schema["multipleOf"]?.double ?? 1, 1e15)))
        let value = Int(max(-1e15, min(least.rounded(.up), 1e15))) + random.below(Int(range) + 1)
        if step == 1 { return value }
        let multiple = value / step * step
        return Double(multiple) < least ? multiple + step : multiple
    }
}
