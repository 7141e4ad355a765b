import JSON

extension Claude {
    /// Checks the schema of a structured answer (spec/wire/anthropic.md §6).
    struct SchemaRules {
        private static let numeric = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
        private static let refused: [String: [String]] = [
            "number": numeric, "integer": numeric, "string": ["minLength", "maxLength"],
            "array": ["maxItems", "uniqueItems"],
        ]
        private let root: JSON
        private let path: String
        /// The references that are being followed, and those that were followed.
        private var open: Set<String> = []
        private var done: Set<String> = []

        static func check(_ schema: JSON, _ path: String) throws(Failure) {
            var rules = SchemaRules(root: schema, path: path)
            try rules.check(schema)
        }

        private init(root: JSON, path: String) {
            self.root = root
            self.path = path
        }

        private mutating func check(_ schema: JSON) throws(Failure) {
            guard let object = schema.object else { return }
            try checkKeywords(object)
            if let reference = object["$ref"]?.string { try follow(reference) }
            for key in ["properties", "$defs", "definitions"] {
                for member in object[key]?.object?.members ?? [] { try check(member.value) }
            }
            for key in ["anyOf", "oneOf", "allOf"] {
                for item in object[key]?.array ?? [] { try check(item) }
            }
            if let items = object["items"] { try check(items) }
        }

        private func checkKeywords(_ object: JSONObject) throws(Failure) {
            let type = object["type"]?.string ?? (object["properties"] == nil ? "" : "object")
            if type == "object", object["additionalProperties"]?.bool != false {
                throw .at(path, "For 'object' type, 'additionalProperties' must be explicitly set to false")
            }
            let found = (Self.refused[type] ?? []).filter { object[$0] != nil }.sorted()
            if !found.isEmpty {
                throw .at(path, "For '\(type)' type, properties \(found.joined(separator: ", ")) are not supported")
            }
            if let least = object["minItems"]?.int, least > 1 {
                throw .at(path, "For 'array' type, 'minItems' values other than 0 or 1 are not supported")
            }
        }

        /// Follows a reference. It has to stay within the schema and must not lead back to itself.
        private mutating func follow(_ reference: String) throws(Failure) {
            if done.contains(reference) { return }
            let isInside = reference.hasPrefix("#/")
            guard isInside, open.insert(reference).inserted else {
                let kind = isInside || reference == "#" ? "Recursive" : "External"
                throw .at(path, "\(kind) schema references are not supported: '\(reference.prefix(100))'")
            }
            var place: JSON? = root
            for step in reference.split(separator: "/").dropFirst() { place = place?[String(step)] }
            if let place { try check(place) }
            open.remove(reference)
            done.insert(reference)
        }
    }
}
