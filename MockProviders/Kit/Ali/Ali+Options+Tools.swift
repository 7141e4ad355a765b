import JSON

extension Ali.Options {
    mutating func readTools(_ fields: Ali.Fields) throws(Ali.Failure) {
        isParallel = try fields.bool("parallel_tool_calls") ?? true
        if let list = fields.member("tools") {
            guard list.isArray else { throw .badRequest }
            try list.forEachElement { (tool) throws(Ali.Failure) in
                let function = tool["function"]
                guard tool["type"]?.equals("function") == true, let name = function?["name"]?.string, !name.isEmpty
                else { throw .parameter("tools[\(tools.count)].function.name is required") }
                let parameters = function?["parameters"].flatMap { $0.isNull ? nil : $0 }
                if let parameters, !parameters.isObject { throw .badRequest }
                tools.append(Prompt.Tool(name: name, parameters: parameters.map { JSON($0) } ?? .null))
            }
            toolText = JSON(list).text
        }
        guard let wanted = fields.member("tool_choice") else { return }
        if let word = wanted.string {
            switch word {
            case "auto": choice = .auto
            case "none": choice = .none
            default: throw .parameter("tool_choice is one of the strings auto and none, or an object")
            }
            return
        }
        guard wanted["type"]?.equals("function") == true, let name = wanted["function"]?["name"]?.string,
            tools.contains(where: { $0.name == name })
        else { throw .parameter("tool_choice must name one of the tools") }
        choice = .named(name)
    }

    mutating func readFormat(_ fields: Ali.Fields) throws(Ali.Failure) {
        guard let wanted = try fields.object("response_format") else { return }
        switch try wanted.word("type", of: ["text", "json_object", "json_schema"]) {
        case "json_object": format = .jsonObject
        case "json_schema":
            guard let schema = try wanted.object("json_schema")?.member("schema"), schema.isObject else {
                throw .parameter("response_format.json_schema.schema is required")
            }
            format = .schema(JSON(schema))
        case "text": break
        default: throw .badRequest
        }
    }
}
