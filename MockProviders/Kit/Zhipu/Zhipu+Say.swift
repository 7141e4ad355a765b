extension Zhipu {
    /// An answer of version 4 (spec/wire/zhipu.md §3).
    struct Say {
        let id: String
        let requestID: String
        let created: Int
        let usage: Usage
        let reported: Usage?
        let request: Request
        /// The text of `reasoning_content`.
        let reasoning: [Piece]
        let text: [Piece]
        let calls: [(id: String, call: Reply.Call)]
        let finish: String
        let isFiltered: Bool

        init(_ request: Request, _ call: Call, _ platform: Platform) {
            var ids = call.ids
            id = Zhipu.identifier(&ids)
            requestID = request.id ?? id
            created = ids.created
            self.request = request
            let marks = request.marks.map { [$0.open, $0.close].map { Self.piece($0, request.model) } } ?? []
            let markTokens = Reply.sum(marks)
            let reply = Reply(
                to: request.prompt(call.ids.content, markTokens: markTokens), script: call.script,
                memory: platform.prompts)
            calls = reply.calls.map { ("call_" + ids.random.hex(24), $0) }
            let isThinkingAloud = request.model.thought == .tags
            let isMarked = marks.count == 2 && (isThinkingAloud || reply.calls.isEmpty)
            if !isMarked {
                (reasoning, text) = (reply.reasoning, reply.text)
            } else if isThinkingAloud {
                (reasoning, text) = ([], [marks[0]] + reply.reasoning + [marks[1]] + reply.text)
            } else {
                (reasoning, text) = (reply.reasoning, [marks[0]] + reply.text + [marks[1]])
            }
            isFiltered = reply.end == .filtered
            finish = call.script?.finishReason ?? Self.finish(reply.end, request)
            var usage = Usage(prompt: request.promptTokens, completion: reply.tokens + (isMarked ? markTokens : 0))
            usage.reasoning = reply.reasoningTokens
            usage.cached = platform.cache.use(request, key: call.identity.key ?? "")
            if let script = call.script {
                usage.prompt = script.promptTokens ?? usage.prompt
                usage.completion = script.completionTokens ?? usage.completion
                usage.cached = script.cachedTokens ?? usage.cached
                usage.reasoning = script.reasoningTokens ?? usage.reasoning
            }
            self.usage = usage
            reported = usage.reported(call.usage)
        }

        private static func piece(_ mark: String, _ model: Model) -> Piece {
            Piece(text: mark, tokens: countTokens(mark, model: model.id))
        }

        private static func finish(_ end: Reply.End, _ request: Request) -> String {
            switch end {
            case .stop, .stopSequence, .refusal: "stop"
            case .length: request.isWindowed ? "model_context_window_exceeded" : "length"
            case .toolCalls: "tool_calls"
            case .filtered: "sensitive"
            }
        }

        // MARK: Whole

        /// - Parameter task: the state of the task that the answer belongs to.
        func whole(task: String? = nil) -> [UInt8] {
            var document = Document(reserving: 768)
            document.object { root in
                root.member("id", id)
                root.member("request_id", requestID)
                root.member("created", created)
                if !request.model.isOld { root.member("object", "chat.completion") }
                root.member("model", request.model.id)
                if let task { root.member("task_status", task) }
                root.array("choices") { choices in
                    choices.object { choice in
                        choice.member("index", 0)
                        choice.member("finish_reason", finish)
                        choice.object("message") { write(to: &$0) }
                    }
                }
                writeExtras(to: &root)
                reported?.write(to: &root, hasDetails: true)
            }
            return document.bytes
        }

        private func write(to message: inout Document) {
            message.member("role", "assistant")
            if calls.isEmpty || !text.isEmpty || !request.model.isOld { message.member("content", text.text) }
            if !reasoning.isEmpty { message.member("reasoning_content", reasoning.text) }
            if calls.isEmpty { return }
            message.array("tool_calls") { list in
                for (index, call) in calls.enumerated() {
                    list.object { write(call, index, arguments: call.call.arguments, to: &$0) }
                }
            }
        }

        /// Writes a call. It has an `index` in whole answers too.
        func write(
            _ call: (id: String, call: Reply.Call), _ index: Int, arguments: String, to item: inout Document
        ) {
            item.member("id", call.id)
            item.member("index", index)
            item.member("type", "function")
            item.object("function") { function in
                function.member("name", call.call.name)
                function.member("arguments", arguments)
            }
        }

        /// Writes the results of the filter and of the search, which stand beside the choices.
        func writeExtras(to root: inout Document) {
            if isFiltered { Zhipu.writeFilter(level: 1, to: &root) }
            guard let search = request.toolbox.search, search.isShown else { return }
            root.array("web_search") { list in
                list.object { Zhipu.writeFind(for: search.query, to: &$0) }
            }
        }
    }

    /// Writes how severe the filter's finding is: 0 is the most, 3 the least severe.
    static func writeFilter(level: Int, to root: inout Document) {
        root.array("content_filter") { list in
            list.object { verdict in
                verdict.member("role", "assistant")
                verdict.member("level", level)
            }
        }
    }

    /// Writes the one page that the mock always finds.
    static func writeFind(for query: String, to find: inout Document) {
        find.member("title", "What the mock found")
        find.member("link", "https://example.test/found")
        find.member("content", query.isEmpty ? "A page of the mock." : "A page of the mock about \(query).")
        find.member("media", "Mock")
        find.member("icon", "https://example.test/icon.png")
        find.member("refer", "ref_1")
        find.member("publish_date", "2025-10-09")
    }
}
