import JSON

extension Claude {
    /// The tools of a request, and which of them may be called (spec/wire/anthropic.md §4).
    struct Toolbox {
        private(set) var tools: [Prompt.Tool] = []
        /// The service itself searches the web.
        private(set) var searchesWeb = false
        private(set) var choice = Prompt.ToolChoice.auto
        private(set) var isParallel = true
        private var names: [String] = []

        /// The model has to call a tool.
        var isForced: Bool { choice != .auto && choice != .none }

        init() {}

        init(_ body: JSONView, _ scope: Scope, model: Model, prefix: inout Prefix) throws(Failure) {
            var index = 0
            try body["tools"]?.forEachElement { (tool) throws(Failure) in
                let marker = try read(tool, "tools.\(index)", scope, model)
                var text = JSONObject()
                tool.forEachMember { key, value in
                    let name = String(decoding: key, as: UTF8.self)
                    if name != "cache_control" { text.append(name, JSON(value)) }
                }
                let encoded = JSON.object(text).text
                var hash = StableHash()
                hash.mix(encoded)
                prefix.add(hash.value, tokens: scope.prompts.count(encoded, model: model.id), marker: marker)
                index += 1
            }
            if Set(names).count < names.count { throw .at("tools", "Tool names must be unique.") }
            if let view = body["tool_choice"] { try readChoice(view, scope) }
        }

        private mutating func read(
            _ tool: JSONView, _ path: String, _ scope: Scope, _ model: Model
        ) throws(Failure) -> Int? {
            guard tool.isObject else { throw .at(path, "Input should be a valid dictionary") }
            if let type = tool["type"], !type.isNull, !type.equals("custom") {
                guard let tag = type.string else { throw .at(path + ".type", "Input should be a valid string") }
                return try readBuiltIn(tool, tag, path, scope)
            }
            let place = path + ".custom"
            try Shape.tool.check(tool, place, scope.betas)
            let name = tool["name"]?.string ?? ""
            try Self.checkName(name, place + ".name", limit: model.takesOneSampling || model.isNewest ? 128 : 64)
            let schema = tool["input_schema"].map(JSON.init) ?? [:]
            guard let type = schema["type"] else { throw .missing(place + ".input_schema.type") }
            guard type.string == "object" else {
                throw .at(place + ".input_schema.type", "Input should be 'object'")
            }
            if tool["strict"]?.bool == true { try SchemaRules.check(schema, place) }
            names.append(name)
            tools.append(Prompt.Tool(name: name, parameters: schema))
            return try Prefix.marker(tool, place, scope.betas)
        }

        private static func checkName(_ name: String, _ path: String, limit: Int) throws(Failure) {
            let isGood = name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2d: true
                default: false
                }
            }
            guard isGood, (1...limit).contains(name.utf8.count) else {
                throw .at(path, "String should match pattern '^[a-zA-Z0-9_-]{1,\(limit)}$'")
            }
        }

        // MARK: Tools of the service

        /// The service's own tools by the beginnings of their types: the tool's name, and its input if the client runs
        /// it.
        private static let builtIn: [(type: String, name: String?, input: JSON?)] = [
            ("bash_", "bash", input("command")),
            ("text_editor_20250124", "str_replace_editor", input("command", "path")),
            ("text_editor_", "str_replace_based_edit_tool", input("command", "path")),
            ("memory_", "memory", input("command", "path")), ("computer_toolset_", nil, nil),
            ("computer_", "computer", input("action")), ("web_search_", "web_search", nil),
            ("web_fetch_", "web_fetch", nil), ("code_execution_", "code_execution", nil),
            ("tool_search_tool_regex", "tool_search_tool_regex", nil),
            ("tool_search_tool_bm25", "tool_search_tool_bm25", nil), ("mcp_toolset", nil, nil),
            ("browser_toolset_", nil, nil), ("advisor_", nil, nil),
        ]

        private static func input(_ names: String...) -> JSON {
            var properties = JSONObject()
            for name in names { properties.append(name, ["type": "string"]) }
            return ["type": "object", "properties": .object(properties)]
        }

        private mutating func readBuiltIn(
            _ tool: JSONView, _ type: String, _ path: String, _ scope: Scope
        ) throws(Failure) -> Int? {
            guard let kind = Self.builtIn.first(where: { type.hasPrefix($0.type) }) else {
                throw .badTag(path, type, ["custom"] + Self.builtIn.map(\.type))
            }
            let place = "\(path).\(type)"
            if let name = kind.name {
                guard let given = tool["name"] else { throw .missing(place + ".name") }
                guard given.string == name else { throw .at(place + ".name", "Input should be '\(name)'") }
                names.append(name)
                if let input = kind.input { tools.append(Prompt.Tool(name: name, parameters: input)) }
                searchesWeb = searchesWeb || name == "web_search"
            }
            return try Prefix.marker(tool, place, scope.betas)
        }

        // MARK: Choice

        private mutating func readChoice(_ view: JSONView, _ scope: Scope) throws(Failure) {
            guard let tag = view["type"]?.string else { throw .missing("tool_choice.type") }
            guard let shape = Shape.toolChoice[tag] else {
                throw .badTag("tool_choice", tag, ["auto", "any", "tool", "none"])
            }
            try shape.check(view, "tool_choice.\(tag)", scope.betas)
            if names.isEmpty, tag != "none" {
                throw .invalid("tool_choice may only be specified while providing tools.")
            }
            isParallel = view["disable_parallel_tool_use"]?.bool != true
            switch tag {
            case "any": choice = .required
            case "none": choice = .none
            case "tool":
                let name = view["name"]?.string ?? ""
                guard names.contains(name) else { throw .invalid("Tool '\(name)' not found in provided tools") }
                choice = .named(name)
            default: choice = .auto
            }
        }
    }
}
