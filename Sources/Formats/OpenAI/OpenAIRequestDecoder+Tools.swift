import Chat
import JSON

extension OpenAIRequestDecoder {
    static func readTools(_ reader: inout FieldReader, _ request: inout ChatRequest) throws(RequestError) {
        request.allowsParallelToolCalls = try reader.bool("parallel_tool_calls")
        let isLegacy = reader.isThere("functions") && !reader.isThere("tools")
        if isLegacy {
            request.usesLegacyFunctions = true
            for (index, item) in (try reader.array("functions") ?? []).enumerated() {
                request.tools.append(.function(try function(FieldReader(item, at: reader.place("functions", index)))))
            }
            request.toolChoice = try legacyChoice(&reader)
            return
        }
        for (index, item) in (try reader.array("tools") ?? []).enumerated() {
            request.tools.append(try tool(item, at: reader.place("tools", index)))
        }
        request.toolChoice = try choice(&reader)
    }

    private static func tool(_ value: JSON, at place: @escaping () -> String) throws(RequestError) -> Tool {
        var reader = try FieldReader(value, at: place)
        switch try reader.string("type") ?? "function" {
        case "function":
            var function = try function(reader.requiredReader("function"))
            // The mark stands beside the function, as in Anthropic's tools.
            function.cacheBreakpoint = OpenAIMessageDecoder.breakpoint(&reader) ?? function.cacheBreakpoint
            return .function(function)
        case "custom":
            var custom = try reader.requiredReader("custom")
            return .custom(
                CustomTool(
                    name: try custom.requiredString("name"), description: try custom.string("description"),
                    format: try custom.object("format")))
        default: return .provider(Opaque(.openAI, value))
        }
    }

    private static func function(_ fields: FieldReader) throws(RequestError) -> FunctionTool {
        var reader = fields
        let name = try reader.requiredString("name")
        let breakpoint = OpenAIMessageDecoder.breakpoint(&reader)
        return FunctionTool(
            name: name, description: try reader.string("description"), parameters: try reader.object("parameters"),
            isStrict: try reader.bool("strict"), cacheBreakpoint: breakpoint, extras: reader.rest)
    }

    private static func choice(_ reader: inout FieldReader) throws(RequestError) -> ToolChoice? {
        guard let value = reader.value("tool_choice") else { return nil }
        if let word = value.string {
            switch word {
            case "none": return ToolChoice.none
            case "auto": return .automatic
            case "required": return .required
            default:
                throw RequestError(
                    .invalidValue, "Invalid 'tool_choice': expected none, auto, required or an object.",
                    parameter: "tool_choice")
            }
        }
        var choice = try reader.reader(value, "tool_choice")
        switch try choice.requiredString("type") {
        case "function":
            var function = try choice.requiredReader("function")
            return .function(try function.requiredString("name"))
        case "custom":
            var custom = try choice.requiredReader("custom")
            return .custom(try custom.requiredString("name"))
        default: return .opaque(Opaque(.openAI, value))
        }
    }

    private static func legacyChoice(_ reader: inout FieldReader) throws(RequestError) -> ToolChoice? {
        guard let value = reader.value("function_call") else { return nil }
        switch value.string {
        case "none": return ToolChoice.none
        case "auto": return .automatic
        case .some:
            throw RequestError(
                .invalidValue, "Invalid 'function_call': expected none, auto or an object.", parameter: "function_call")
        case .none:
            var choice = try reader.reader(value, "function_call")
            return .function(try choice.requiredString("name"))
        }
    }
}
