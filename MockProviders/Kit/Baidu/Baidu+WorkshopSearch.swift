import JSON

/// The search tool (spec/wire/baidu.md §3.1). It has two forms: `web_search`, and `baidu_search`, which the SDK's
/// `BaiduSearchTool` sends to chats and to raw completions.
extension Baidu.Workshop.Request {
    private static let name: StaticString = "baidu_search"

    mutating func readSearch(_ fields: Baidu.Fields) throws(Baidu.Failure) {
        var isOffered = false
        if let tools = fields.member("tools") {
            guard tools.isArray else { throw .kind("tools", .workshop) }
            try tools.forEachElement { (tool) throws(Baidu.Failure) in
                if tool["type"]?.equals("tool") == true {
                    try readTool(tool["tool"])
                    isOffered = true
                } else if let search = tool["web_search"], search["enable"]?.bool != false {
                    searches = true
                    cites = cites || search["enable_citation"]?.bool == true
                }
            }
        }
        guard let choice = fields.member("tool_choice"), choice["type"]?.equals("tool") == true else { return }
        guard isOffered, choice["tool"]?["name"]?.equals(Self.name) == true else {
            throw .value("tool_choice is invalid", .workshop)
        }
    }

    /// `{"name": "baidu_search", "baidu_search": {"channel": "normal", "top_n": 2}}`
    private mutating func readTool(_ tool: JSONView?) throws(Baidu.Failure) {
        guard let tool, tool["name"]?.equals(Self.name) == true else { throw .value("tools is invalid", .workshop) }
        searches = true
        guard let settings = tool["baidu_search"], !settings.isNull else { return }
        guard settings.isObject else { throw .kind("tools", .workshop) }
        let options = Baidu.Fields(settings, .workshop)
        _ = try options.string("channel")
        finds = try options.int("top_n", 1...10) ?? finds
    }
}
