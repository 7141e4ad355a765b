import JSON

extension Gemini.Request {
    mutating func readTools(_ tools: [JSON]) throws(Gemini.Failure) {
        var problems: [String] = []
        for (place, tool) in tools.enumerated() {
            for (index, function) in (tool["functionDeclarations"]?.array ?? []).enumerated() {
                try declare(function, "tools[\(place)].function_declarations[\(index)]", &problems)
            }
            let others = tool.object?.members.map(\.key).filter { $0 != "functionDeclarations" } ?? []
            serverTools.formUnion(others)
        }
        if !problems.isEmpty { throw .rules("GenerateContentRequest", problems) }
        if !serverTools.isEmpty, !prompt.tools.isEmpty, model.generation < 3 {
            throw .invalid("Tool use with function calling is unsupported")
        }
    }

    private mutating func declare(
        _ function: JSON, _ path: String, _ problems: inout [String]
    ) throws(Gemini.Failure) {
        guard let name = function["name"]?.string, Self.isName(name) else {
            problems.append(
                "\(path).name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric "
                    + "(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
            )
            return
        }
        if prompt.tools.contains(where: { $0.name == name }) {
            throw .invalid("Duplicate function declaration found: \(name)")
        }
        if let schema = function["parameters"] {
            if function["parametersJsonSchema"] != nil {
                throw .invalid("Only one of parameters and parameters_json_schema may be set in \(path).")
            }
            problems += Gemini.problems(of: schema, "\(path).parameters", mayBeEmpty: model.generation >= 2)
        }
        let parameters = function["parametersJsonSchema"] ?? Gemini.standard(function["parameters"] ?? .null)
        prompt.tools.append(Prompt.Tool(name: name, parameters: parameters))
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
        let isLetter = { (byte: UInt8) in
            (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
        }
        return isLetter(first)
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || ".:-".utf8.contains($0) }
    }

    mutating func readChoice(_ config: JSON?) throws(Gemini.Failure) {
        guard let config else { return }
        let mode = config["mode"]?.string ?? "AUTO"
        let names = config["allowedFunctionNames"]?.array?.compactMap(\.string) ?? []
        if !names.isEmpty, mode != "ANY", mode != "VALIDATED" {
            throw .invalid("Allowed function names can only be set when function calling mode is ANY.")
        }
        for name in names where !prompt.tools.contains(where: { $0.name == name }) {
            throw .invalid("allowed_function_names contains a function that is not declared: \(name.prefix(64))")
        }
        if !names.isEmpty { prompt.tools.removeAll { !names.contains($0.name) } }
        switch mode {
        case "ANY":
            guard !prompt.tools.isEmpty else {
                throw .invalid("Function calling config is set without function_declarations.")
            }
            prompt.choice = .required
        case "NONE": prompt.choice = .none
        default: break
        }
    }
}

/// The subset of OpenAPI's schema (spec/wire/gemini.md §4.2).
extension Gemini {
    /// The problems of a schema beyond unknown names and wrong types.
    static func problems(of schema: JSON, _ path: String, mayBeEmpty: Bool) -> [String] {
        var found: [String] = []
        let type = schema["type"]?.string
        let properties = schema["properties"]?.object?.members ?? []
        if type == "STRING", let format = schema["format"]?.string, !["enum", "date-time"].contains(format) {
            found.append("\(path).format: only 'enum' and 'date-time' are supported for STRING type")
        }
        if type == "ARRAY", schema["items"] == nil { found.append("\(path).items: missing field.") }
        if type == "OBJECT", properties.isEmpty, !mayBeEmpty {
            found.append("\(path).properties: should be non-empty for OBJECT type")
        }
        for (index, name) in (schema["required"]?.array ?? []).enumerated() {
            if properties.contains(where: { .string($0.key) == name }) { continue }
            found.append("\(path).required[\(index)]: property is not defined")
        }
        for member in properties {
            found += problems(of: member.value, "\(path).properties[\(member.key)]", mayBeEmpty: mayBeEmpty)
        }
        if let items = schema["items"] { found += problems(of: items, "\(path).items", mayBeEmpty: mayBeEmpty) }
        for (index, option) in (schema["anyOf"]?.array ?? []).enumerated() {
            found += problems(of: option, "\(path).any_of[\(index)]", mayBeEmpty: mayBeEmpty)
        }
        return found
    }

    /// The subset as JSON Schema, from which sample values are made.
    static func standard(_ schema: JSON) -> JSON {
        guard let members = schema.object?.members else { return schema }
        var object = JSONObject()
        for member in members {
            switch member.key {
            case "type": object.append("type", .string(member.value.string?.lowercased() ?? "string"))
            case "items": object.append("items", standard(member.value))
            case "anyOf": object.append("anyOf", .array((member.value.array ?? []).map(standard)))
            case "properties":
                var properties = JSONObject()
                for property in member.value.object?.members ?? [] {
                    properties.append(property.key, standard(property.value))
                }
                object.append("properties", .object(properties))
            default: object.append(member.key, member.value)
            }
        }
        return .object(object)
    }
}
