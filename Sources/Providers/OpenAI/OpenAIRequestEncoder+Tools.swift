import Chat
import JSON

extension OpenAIRequestEncoder {
    static func appendTools(_ request: ChatRequest, to root: inout JSONObject) throws(RequestError) {
        root.append("parallel_tool_calls", bool: request.allowsParallelToolCalls)
        if !request.tools.isEmpty {
            var tools: [JSON] = []
            for (index, tool) in request.tools.enumerated() {
                tools.append(try encode(tool, isLegacy: request.usesLegacyFunctions, path: "tools[\(index)]"))
            }
            root.append(request.usesLegacyFunctions ? "functions" : "tools", .array(tools))
        }
        guard let choice = request.toolChoice else { return }
        root.append(
            request.usesLegacyFunctions ? "function_call" : "tool_choice",
            try encode(choice, isLegacy: request.usesLegacyFunctions))
    }

    private static func encode(_ tool: Tool, isLegacy: Bool, path: String) throws(RequestError) -> JSON {
        switch tool {
        case .function(let function):
            var body: JSONObject = ["name": .string(function.name)]
            body.append("description", string: function.description)
            body.append("strict", bool: function.isStrict)
            body.append("parameters", json: function.parameters)
            for member in function.extras?.members(for: .openAI) ?? [] { body.append(member.key, member.value) }
            return isLegacy ? .object(body) : ["type": "function", "function": .object(body)]
        case .custom(let custom):
            var body: JSONObject = ["name": .string(custom.name)]
            body.append("description", string: custom.description)
            body.append("format", json: custom.format)
            return ["type": "custom", "custom": .object(body)]
        case .provider(let opaque): return try own(opaque, path)
        }
    }

    private static func encode(_ choice: ToolChoice, isLegacy: Bool) throws(RequestError) -> JSON {
        switch choice {
        case .none: "none"
        case .automatic: "auto"
        case .required: "required"
        case .function(let name):
            isLegacy ? ["name": .string(name)] : ["type": "function", "function": ["name": .string(name)]]
        case .custom(let name): ["type": "custom", "custom": ["name": .string(name)]]
        case .opaque(let opaque): try own(opaque, "tool_choice")
        }
    }
}
