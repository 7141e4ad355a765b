import JSON

extension Zhipu {
    /// The tools of a chat (spec/wire/zhipu.md §2).
    struct Toolbox {
        private(set) var tools: [Prompt.Tool] = []
        /// What the service's own search looks for, and whether the answer shows the pages.
        private(set) var search: (query: String, isShown: Bool)?
        /// The text of the tools, which counts in the prompt.
        private(set) var text = ""

        init(_ fields: Fields, _ model: Model) throws(Failure) {
            if let list = fields.member("tools") {
                guard list.isArray else { throw .invalid("tools") }
                try list.forEachElement { (tool) throws(Failure) in try read(tool) }
                if tools.count > 128 { throw .invalid("tools") }
                text = tools.isEmpty ? "" : JSON(list).text
            }
            // Newer models refuse it, and older ones ignore it.
            if let choice = fields.member("tool_choice"), !model.isOld, choice.string != "auto" {
                throw .invalid("tool_choice")
            }
        }

        private mutating func read(_ tool: JSONView) throws(Failure) {
            switch tool["type"]?.string {
            case "function": try readFunction(tool["function"])
            case "web_search":
                let options = tool["web_search"]
                if options?["enable"]?.bool == false { return }
                search = (options?["search_query"]?.string ?? "", options?["search_result"]?.bool ?? false)
            case "retrieval":
                guard tool["retrieval"]?["knowledge_id"]?.string != nil else { throw .invalid("tools") }
            case "mcp": guard tool["mcp"]?.isObject == true else { throw .invalid("tools") }
            default: throw .invalid("tools")
            }
        }

        private mutating func readFunction(_ function: JSONView?) throws(Failure) {
            guard let name = function?["name"]?.string, Self.isName(name) else { throw .invalid("tools") }
            var schema = JSON.null
            if let parameters = function?["parameters"], !parameters.isNull {
                // `{}` is a valid schema; it says nothing about the object.
                guard parameters.isObject, parameters["type"].map({ $0.equals("object") }) ?? true else {
                    throw .invalid("tools")
                }
                schema = JSON(parameters)
            }
            tools.append(Prompt.Tool(name: name, parameters: schema))
        }

        private static func isName(_ name: String) -> Bool {
            (1...64).contains(name.utf8.count)
                && name.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2d: true
                    default: false
                    }
                }
        }
    }
}
