import HTTP
import JSON

extension Baidu.Workshop {
    func chat(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        let request = try Request(call, endpoint, prompts)
        return say(Say(request, call, prompts), call)
    }

    /// A raw completion, which has a prompt instead of messages.
    func completion(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        let fields = try Baidu.Fields(call, .workshop)
        var request = try Request(fields, endpoint)
        let prompt = try fields.needed("prompt")
        guard prompt.count <= endpoint.maxCharacters else {
            throw .workshop(336_006, "the max length of current question is \(endpoint.maxCharacters)")
        }
        _ = try fields.int("top_k", 1...Int(Int32.max))
        request.talk = Talk(prompt, endpoint, prompts)
        request.promptTokens = request.talk.tokens
        return say(Say(request, call, prompts, object: "completion", isSafe: 1), call)
    }

    /// A plugin. It has a query, and its streams have a line with the type of each event.
    func plugin(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        let fields = try Baidu.Fields(call, .workshop)
        var request = try Request(fields, endpoint)
        let query = try fields.needed("query")
        _ = try fields.strings("plugins")
        request.talk = Talk(query, endpoint, prompts)
        request.promptTokens = request.talk.tokens
        return say(Say(request, call, prompts, event: "chat"), call)
    }

    /// Describes a picture.
    func image2text(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        let fields = try Baidu.Fields(call, .workshop)
        var request = try Request(fields, endpoint)
        let prompt = try fields.needed("prompt")
        guard let image = Base64.decode(try fields.needed("image")), !image.isEmpty else {
            throw .value("image is invalid", .workshop)
        }
        request.talk = Talk(prompt, endpoint, prompts)
        request.promptTokens = request.talk.tokens
        return say(Say(request, call, prompts, isSafe: 1, images: 1), call)
    }

    func tokenizer(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        let fields = try Baidu.Fields(call, .workshop)
        let prompt = try fields.needed("prompt")
        _ = try fields.string("model")
        let usage = Baidu.Usage(prompt: prompts.count(prompt, model: endpoint.name))
        var ids = call.ids
        var document = Document()
        document.object { root in
            root.member("id", Baidu.identifier(&ids))
            root.member("object", "tokenizer.erniebot")
            root.member("created", ids.created)
            usage.reported(call.usage)?.write(to: &root, isChat: false)
        }
        return Answer(headers: Baidu.headers(call), body: .whole(document.bytes))
    }

    private func say(_ answer: Say, _ call: Call) -> Answer {
        let isStream = answer.request.isStream
        let headers = Baidu.headers(
            call, type: isStream ? "text/event-stream" : "application/json", tokens: answer.usage.prompt)
        var served = answer.usage.served(id: answer.id, model: answer.request.endpoint.name, call: call)
        served.toolCalls = min(answer.reply.calls.count, 1)
        let body = isStream ? answer.stream() : .whole(answer.whole())
        return Answer(headers: headers, body: body, served: served)
    }

    /// An answer with text or a function call, and its layout (spec/wire/baidu.md §3.3–3.5).
    struct Say {
        let request: Request
        let id: String
        let usage: Baidu.Usage
        private let object: String
        private let event: String?
        private let isSafe: Int?
        private let created: Int
        let reply: Reply
        private let pieces: [Piece]
        private let function: Reply.Call?
        private let finish: String
        private let reported: Baidu.Usage?

        init(
            _ request: Request, _ call: Call, _ prompts: PromptMemory, object: String = "chat.completion",
            event: String? = nil, isSafe: Int? = nil, images: Int = 0
        ) {
            var ids = call.ids
            id = Baidu.identifier(&ids)
            created = ids.created
            self.request = request
            self.object = object
            self.event = event
            self.isSafe = isSafe
            var prompt = request.prompt(call.ids.content)
            prompt.imageCount = images
            var script = call.script
            // The service makes one call per answer, whatever the script says.
            if let calls = script?.toolCalls { script?.toolCalls = Array(calls.prefix(1)) }
            reply = Reply(to: prompt, script: script, memory: prompts)
            let mark = Piece(text: "[1]", tokens: countTokens("[1]", model: request.endpoint.name))
            let isMarked = request.cites && reply.end == .stop
            let wanted = reply.calls.first
            let said = request.callsInWords ? wanted.map { Request.words(of: $0, model: request.endpoint.name) } : nil
            function = said == nil ? wanted : nil
            pieces = (said ?? reply.text) + (isMarked ? [mark] : [])
            usage = Baidu.Usage(
                prompt: request.promptTokens,
                completion: said.map(Reply.sum) ?? reply.tokens + (isMarked ? mark.tokens : 0), script: call.script)
            reported = usage.reported(call.usage)
            let end = said != nil && reply.end == .toolCalls ? .stop : reply.end
            finish = call.script?.finishReason ?? Self.finish(end)
        }

        private static func finish(_ end: Reply.End) -> String {
            switch end {
            // `need_clear_history` tells of a refusal.
            case .stop, .refusal: "normal"
            case .stopSequence: "stop"
            case .length: "length"
            case .toolCalls: "function_call"
            case .filtered: "content_filter"
            }
        }

        func whole() -> [UInt8] {
            var document = Document(reserving: 1024)
            document.object { root in
                writeHead(to: &root)
                root.member("result", pieces.text)
                root.member("is_truncated", reply.end == .length)
                writeVerdict(to: &root)
                root.member("finish_reason", finish)
                if let function { write(function, to: &root) }
                writeFinds(to: &root)
                reported?.write(to: &root)
            }
            return document.bytes
        }

        /// The events. The last one has `is_end`; there is no `[DONE]`.
        func stream() -> Answer.Body {
            var events = pieces.enumerated().map { index, piece in open(index, piece.text, call: nil) }
            if let function { events.append(open(0, "", call: function)) }
            var document = Document()
            document.object { root in
                writeHead(to: &root)
                root.member("sentence_id", events.count)
                root.member("is_end", true)
                root.member("is_truncated", reply.end == .length)
                root.member("result", "")
                writeVerdict(to: &root)
                root.member("finish_reason", finish)
                writeFinds(to: &root)
                reported?.write(to: &root)
            }
            return .events(events, end: framed(document.bytes))
        }

        private func open(_ index: Int, _ text: String, call: Reply.Call?) -> [UInt8] {
            var document = Document(reserving: 384)
            document.object { root in
                writeHead(to: &root)
                root.member("sentence_id", index)
                root.member("is_end", false)
                root.member("is_truncated", false)
                root.member("result", text)
                root.member("need_clear_history", false)
                root.member("finish_reason", call == nil ? "normal" : finish)
                if let call { write(call, to: &root) }
                // Until the end only the prompt is counted.
                reported.map { Baidu.Usage(prompt: $0.prompt).write(to: &root) }
            }
            return framed(document.bytes)
        }

        private func framed(_ json: [UInt8]) -> [UInt8] {
            let line = event.map { Array("event: \($0)\n".utf8) } ?? []
            return line + Array("data: ".utf8) + json + [0x0a, 0x0a]
        }

        private func writeHead(to root: inout Document) {
            root.member("id", id)
            root.member("object", object)
            root.member("created", created)
        }

        /// Writes the results of the service's filters.
        private func writeVerdict(to root: inout Document) {
            root.member("need_clear_history", reply.end == .refusal)
            if reply.end == .refusal { root.member("ban_round", -1) }
            if reply.end == .filtered { root.member("flag", 1) }
            if let isSafe { root.member("is_safe", reply.end == .filtered || reply.end == .refusal ? 0 : isSafe) }
        }

        private func write(_ call: Reply.Call, to root: inout Document) {
            root.object("function_call") { function in
                function.member("name", call.name)
                function.member("thoughts", "The user asks for what \(call.name) does.")
                function.member("arguments", call.arguments)
            }
        }

        private func writeFinds(to root: inout Document) {
            if request.cites { root.object("search_info") { Self.write("search_results", 1, to: &$0) } }
            guard request.searches else { return }
            root.object("tools_info") { info in
                info.member("name", "baidu_search")
                info.member("rewrite_query", String(request.talk.lastUserText.prefix(100)))
                Self.write("baidu_search", request.finds, to: &info)
            }
        }

        private static func write(_ name: StaticString, _ count: Int, to document: inout Document) {
            document.array(name) { list in
                for index in 1...max(1, count) {
                    list.object { find in
                        find.member("index", index)
                        find.member("url", "https://example.test/found" + (index == 1 ? "" : "-\(index)"))
                        find.member("title", "What the mock found")
                    }
                }
            }
        }
    }
}
