import JSON

extension ChatRequest {
    mutating func readTools(_ body: JSONView) throws(Failure) {
        if let view = body["tools"], !view.isNull { tools = try Self.tools(view) }
        if let view = body["functions"], !view.isNull {
            isLegacy = true
            var found: [Prompt.Tool] = []
            try view.forEachElement { (item) throws(Failure) in
                found.append(try Self.function(item, "functions[\(found.count)]"))
            }
            tools = found
        }
        if tools.isEmpty { choice = .none }
        if let view = body["parallel_tool_calls"]?.bool {
            guard !tools.isEmpty else {
                throw .invalid(
                    "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
                        + "specified.", param: "parallel_tool_calls")
            }
            isParallel = view
        }
        if isLegacy { isParallel = false }
        if let view = isLegacy ? body["function_call"] : body["tool_choice"], !view.isNull {
            choice = try toolChoice(view, isLegacy ? "function_call" : "tool_choice")
        }
    }

    private static func tools(_ view: JSONView) throws(Failure) -> [Prompt.Tool] {
        var tools: [Prompt.Tool] = []
        try view.forEachElement { (item) throws(Failure) in
            let path = "tools[\(tools.count)]"
            switch item["type"]?.string {
            case "function":
                guard let function = item["function"] else { throw .missing("\(path).function") }
                tools.append(try Self.function(function, "\(path).function"))
            case "custom":
                guard let name = item["custom"]?["name"]?.string else { throw .missing("\(path).custom.name") }
                try checkName(name, "\(path).custom.name")
                tools.append(Prompt.Tool(name: name, parameters: .null, isCustom: true))
            case nil: throw .missing("\(path).type")
            case let other: throw .badChoice("\(path).type", other ?? "", ["function", "custom"])
            }
        }
        return tools
    }

    private static func function(_ view: JSONView, _ path: String) throws(Failure) -> Prompt.Tool {
        guard view.isObject else { throw .wrongType(path, "an object", view) }
        guard let name = view["name"]?.string else { throw .missing("\(path).name") }
        try checkName(name, "\(path).name")
        let parameters = view["parameters"].map(JSON.init) ?? .null
        if view["strict"]?.bool == true {
            try SchemaCheck.strict(parameters, "function '\(name)'", "\(path).parameters")
        }
        return Prompt.Tool(name: name, parameters: parameters)
    }

    private mutating func toolChoice(_ view: JSONView, _ field: String) throws(Failure) -> Prompt.ToolChoice {
        if let word = view.string {
            switch word {
            case "none": return .none
            case "auto", "required":
                if tools.isEmpty { throw Self.needsTools(field) }
                return word == "auto" ? .auto : .required
            default: throw .badChoice(field, word, ["none", "auto", "required"])
            }
        }
        guard view.isObject else { throw .wrongType(field, "one of 'none', 'auto', 'required' or an object", view) }
        if tools.isEmpty { throw Self.needsTools(field) }
        if view["type"]?.equals("allowed_tools") == true { return try allowedTools(view) }
        let named = isLegacy ? view["name"] : view["function"]?["name"] ?? view["custom"]?["name"]
        guard let name = named?.string else { throw .missing("\(field).function.name") }
        guard tools.contains(where: { $0.name == name }) else {
            throw .invalid(
                "Tool choice '\(name)' not found in '\(isLegacy ? "functions" : "tools")' parameter.", param: field)
        }
        return .named(name)
    }

    private mutating func allowedTools(_ view: JSONView) throws(Failure) -> Prompt.ToolChoice {
        guard let allowed = view["allowed_tools"] else { throw .missing("tool_choice.allowed_tools") }
        var names: [String] = []
        allowed["tools"]?.forEachElement { item in
            if let name = (item["function"]?["name"] ?? item["custom"]?["name"])?.string { names.append(name) }
        }
        tools.removeAll { !names.contains($0.name) }
        return allowed["mode"]?.equals("required") == true ? .required : .auto
    }

    private static func needsTools(_ field: String) -> Failure {
        .invalid("Invalid value for '\(field)': '\(field)' is only allowed when 'tools' are specified.", param: field)
    }
}
