import JSON

extension Zhipu.Platform {
    /// `POST web_search`: the intent of the query, and the pages that were found.
    func search(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let request = try fields.requestID()
        _ = try fields.needed("search_engine")
        let query = try fields.needed("search_query")
        if query.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        return answer(id: request ?? id) { root in
            root.member("id", id)
            root.member("created", ids.created)
            root.member("request_id", request ?? id)
            Self.writeIntent(query, to: &root)
            Self.writeFinds(query, to: &root)
        }
    }

    /// `POST tools`: the tool `web-search-pro`, which is asked by messages and answers the same.
    func useTool(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let request = try fields.requestID()
        var tool = try fields.string("tool")
        if tool == nil { tool = try fields.needed("model") }
        guard let tool, tool == "web-search-pro" else { throw .code(1211) }
        let model = Zhipu.Model(id: tool, kind: .chat)
        let talk = try Zhipu.Talk(fields, model, keepsReasoning: false, prompts)
        let isStream = try fields.bool("stream") ?? false
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let step = ToolStep(id: id, requestID: request ?? id, created: ids.created, query: talk.lastUserText)
        guard isStream else { return answer(id: step.requestID) { step.write(ToolStep.parts, to: &$0) } }
        let events = (ToolStep.parts.map { [$0] } + [[]]).map { parts in
            var document = Document()
            document.object { step.write(parts, isDelta: true, to: &$0) }
            return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
        }
        return Answer(
            headers: Zhipu.headers(id: step.requestID, type: Zhipu.streamType),
            body: .events(events, end: Array("data: [DONE]\n\n".utf8)))
    }

    /// The answer of the search tool, whole or step by step. The last step of a stream has no parts.
    private struct ToolStep {
        let id: String
        let requestID: String
        let created: Int
        let query: String
        static let parts = ["search_intent", "search_result"]

        func write(_ parts: [String], isDelta: Bool = false, to root: inout Document) {
            root.member("id", id)
            root.member("request_id", requestID)
            root.member("created", created)
            root.array("choices") { choices in
                choices.object { choice in
                    choice.member("index", 0)
                    if !isDelta || parts.isEmpty { choice.member("finish_reason", "stop") }
                    choice.object(isDelta ? "delta" : "message") { message in
                        message.member("role", "tool")
                        message.array("tool_calls") { list in
                            for part in parts { list.object { write(part, to: &$0) } }
                        }
                    }
                }
            }
        }

        private func write(_ part: String, to item: inout Document) {
            item.member("id", "call_\(id)")
            item.member("index", 0)
            item.member("type", part)
            if part == "search_intent" {
                writeIntent(query, isIndexed: true, to: &item)
            } else {
                writeFinds(query, isIndexed: true, to: &item)
            }
        }
    }

    /// - Parameter isIndexed: the tool numbers the rounds of its search.
    private static func writeIntent(_ query: String, isIndexed: Bool = false, to root: inout Document) {
        root.array("search_intent") { list in
            list.object { intent in
                if isIndexed { intent.member("index", 0) }
                intent.member("query", query)
                intent.member("intent", "SEARCH_ALL")
                intent.member("keywords", query)
            }
        }
    }

    private static func writeFinds(_ query: String, isIndexed: Bool = false, to root: inout Document) {
        root.array("search_result") { list in
            list.object { find in
                if isIndexed { find.member("index", 0) }
                Zhipu.writeFind(for: query, to: &find)
            }
        }
    }
}
