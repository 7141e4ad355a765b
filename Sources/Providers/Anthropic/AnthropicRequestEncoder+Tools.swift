import Chat
import JSON

extension AnthropicRequestEncoder {
    mutating func addTools() throws(RequestError) {
        var tools: [JSON] = []
        for (index, tool) in request.tools.enumerated() {
            switch tool {
            case .function(let function): tools.append(encode(function))
            case .custom: throw Self.cannot("call tools of free text", "tools[\(index)].type")
            case .provider(let opaque):
                guard opaque.format == .anthropic || opaque.value["type"]?.string?.contains("_20") == true else {
                    throw Self.cannot("run this tool", "tools[\(index)].type")
                }
                tools.append(opaque.value)
            }
        }
        if let search = request.webSearch { tools.append(Self.webSearch(search)) }
        if let formatTool {
            tools.append([
                "name": .string(formatTool.name), "description": "Gives the answer in the wanted form.",
                "input_schema": Self.objectSchema(formatTool.schema),
            ])
        }
        guard !tools.isEmpty else { return }
        body.append("tools", .array(tools))
        if let choice = try toolChoice() { body.append("tool_choice", choice) }
    }

    private static func webSearch(_ options: JSON) -> JSON {
        var tool: JSONObject = ["type": "web_search_20250305", "name": "web_search"]
        if let place = options["user_location"]?["approximate"]?.object {
            var location: JSONObject = ["type": "approximate"]
            for name in ["city", "region", "country", "timezone"] {
                if let value = place[name], !value.isNull { location.append(name, value) }
            }
            tool.append("user_location", .object(location))
        }
        return .object(tool)
    }

    private func encode(_ function: FunctionTool) -> JSON {
        var object: JSONObject = ["name": .string(function.name)]
        if let description = function.description { object.append("description", .string(description)) }
        let schema = Self.objectSchema(function.parameters ?? [:])
        let isStrict = function.isStrict == true && model.hasResponseFormat && !AnthropicSchema.hasMap(schema)
        object.append("input_schema", isStrict ? AnthropicSchema.sanitized(schema) : schema)
        if isStrict { object.append("strict", true) }
        if let mark = function.cacheBreakpoint { object.append("cache_control", Self.cacheControl(mark)) }
        return .object(object)
    }

    /// A tool's schema must be an object's.
    private static func objectSchema(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return ["type": "object", "properties": [:]] }
        if object["type"]?.string != "object" { object["type"] = "object" }
        return .object(object)
    }

    static func cacheControl(_ mark: CacheBreakpoint) -> JSON {
        var object: JSONObject = ["type": "ephemeral"]
        if let lifetime = mark.lifetime { object.append("ttl", .string(lifetime)) }
        return .object(object)
    }

    private func toolChoice() throws(RequestError) -> JSON? {
        if let formatTool { return ["type": "tool", "name": .string(formatTool.name)] }
        let isSingle = request.allowsParallelToolCalls == false
        var object: JSONObject = ["type": "auto"]
        if let choice = request.toolChoice {
            switch choice {
            // It has no word about calls side by side.
            case .none: return ["type": "none"]
            case .automatic: break
            case .required: object = ["type": "any"]
            case .function(let name): object = ["type": "tool", "name": .string(name)]
            case .custom, .opaque: throw Self.cannot("be held to this choice of tools", "tool_choice")
            }
        } else if !isSingle {
            return nil
        }
        if isSingle { object.append("disable_parallel_tool_use", true) }
        return .object(object)
    }

    var isToolForced: Bool {
        if formatTool != nil { return true }
        switch request.toolChoice {
        case .required, .function: return true
        default: return false
        }
    }
}
