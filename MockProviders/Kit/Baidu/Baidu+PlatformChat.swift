import HTTP
import JSON

extension Baidu.Platform {
    func chat(_ call: Call) throws(Baidu.Failure) -> Answer {
        let request = try Request(call, prompts)
        let answer = Say(request, call, prompts)
        let headers = Baidu.headers(
            call, type: request.isStream ? "text/event-stream" : "application/json", tokens: request.promptTokens)
        let served = answer.usage.served(id: answer.id, model: request.model.id, call: call)
        let body: Answer.Body =
            request.isStream
            ? .events(answer.events(), end: Array("data: [DONE]\n\n".utf8)) : .whole(answer.whole())
        return Answer(headers: headers, body: body, served: served)
    }

    /// An answer and its layout (spec/wire/baidu.md §4).
    struct Say {
        let id: String
        let usage: Baidu.Usage
        private let request: Request
        private let created: Int
        private let reply: Reply
        private let text: [Piece]
        private let calls: [(id: String, call: Reply.Call)]
        private let finish: String
        private let reported: Baidu.Usage?

        init(_ request: Request, _ call: Call, _ prompts: PromptMemory) {
            var ids = call.ids
            id = Baidu.identifier(&ids)
            created = ids.created
            self.request = request
            reply = Reply(to: request.prompt(call.ids.content), script: call.script, memory: prompts)
            let mark = Piece(text: "[1]", tokens: countTokens("[1]", model: request.model.id))
            let isMarked = request.cites && reply.end == .stop
            text = reply.text + (isMarked ? [mark] : [])
            calls = reply.calls.map { ("call_" + ids.random.alphanumerics(22), $0) }
            usage = Baidu.Usage(
                prompt: request.promptTokens, completion: reply.tokens + (isMarked ? mark.tokens : 0),
                script: call.script)
            reported = usage.reported(call.usage)
            finish = call.script?.finishReason ?? Self.finish(reply.end)
        }

        private static func finish(_ end: Reply.End) -> String {
            switch end {
            case .stop, .stopSequence, .refusal: "stop"
            case .length: "length"
            case .toolCalls: "tool_calls"
            case .filtered: "content_filter"
            }
        }

        func whole() -> [UInt8] {
            document("chat.completion") { root in
                root.array("choices") { choices in
                    choices.object { choice in
                        choice.member("index", 0)
                        choice.object("message") { message in
                            message.member("role", "assistant")
                            message.member("content", text.text)
                            if !reply.reasoning.isEmpty { message.member("reasoning_content", reply.reasoning.text) }
                            if !calls.isEmpty { message.array("tool_calls") { write(calls, to: &$0) } }
                        }
                        choice.member("finish_reason", finish)
                        writeVerdict(to: &choice)
                    }
                }
                writeFinds(to: &root)
                reported?.write(to: &root)
            }
        }

        func events() -> [[UInt8]] {
            var events = [
                event { delta in
                    delta.member("role", "assistant")
                    delta.member("content", "")
                }
            ]
            for piece in reply.reasoning { events.append(event { $0.member("reasoning_content", piece.text) }) }
            for piece in text { events.append(event { $0.member("content", piece.text) }) }
            for (index, call) in calls.enumerated() { events += self.events(of: call, index) }
            events.append(last)
            if request.includesUsage, let reported {
                events.append(
                    framed { root in
                        root.array("choices", { _ in })
                        reported.write(to: &root)
                    })
            }
            return events
        }

        private func events(of call: (id: String, call: Reply.Call), _ index: Int) -> [[UInt8]] {
            var events = [
                event { delta in
                    delta.array("tool_calls") { list in
                        list.object { write(call, index, arguments: "", to: &$0) }
                    }
                }
            ]
            for piece in tokenPieces(call.call.arguments, model: request.model.id) {
                events.append(
                    event { delta in
                        delta.array("tool_calls") { list in
                            list.object { item in
                                item.member("index", index)
                                item.object("function") { $0.member("arguments", piece.text) }
                            }
                        }
                    })
            }
            return events
        }

        private func event(_ body: (inout Document) -> Void) -> [UInt8] {
            framed { root in
                root.array("choices") { choices in
                    choices.object { choice in
                        choice.member("index", 0)
                        choice.object("delta", body)
                        choice.key("finish_reason")
                        choice.null()
                        choice.member("flag", 0)
                    }
                }
                writeNoUsage(to: &root)
            }
        }

        private var last: [UInt8] {
            framed { root in
                root.array("choices") { choices in
                    choices.object { choice in
                        choice.member("index", 0)
                        choice.object("delta") { $0.member("content", "") }
                        choice.member("finish_reason", finish)
                        writeVerdict(to: &choice)
                    }
                }
                writeFinds(to: &root)
                writeNoUsage(to: &root)
            }
        }

        private func document(_ object: String, _ body: (inout Document) -> Void) -> [UInt8] {
            var document = Document(reserving: 512)
            document.object { root in
                root.member("id", id)
                root.member("object", object)
                root.member("created", created)
                root.member("model", request.model.id)
                body(&root)
            }
            return document.bytes
        }

        private func framed(_ body: (inout Document) -> Void) -> [UInt8] {
            Array("data: ".utf8) + document("chat.completion.chunk", body) + [0x0a, 0x0a]
        }

        private func write(_ calls: [(id: String, call: Reply.Call)], to list: inout Document) {
            for (index, call) in calls.enumerated() {
                list.object { write(call, index, arguments: call.call.arguments, to: &$0) }
            }
        }

        private func write(
            _ call: (id: String, call: Reply.Call), _ index: Int, arguments: String, to item: inout Document
        ) {
            if request.isStream { item.member("index", index) }
            item.member("id", call.id)
            item.member("type", "function")
            item.object("function") { function in
                function.member("name", call.call.name)
                function.member("arguments", arguments)
            }
        }

        private func writeVerdict(to choice: inout Document) {
            choice.member("flag", reply.end == .filtered ? 1 : 0)
            guard reply.end == .refusal else { return }
            choice.member("ban_round", -1)
            choice.member("need_clear_history", true)
        }

        private func writeFinds(to root: inout Document) {
            guard request.searches else { return }
            root.array("search_results") { list in
                list.object { find in
                    find.member("index", 1)
                    find.member("url", "https://example.test/found")
                    find.member("title", "What the mock found")
                }
            }
        }

        private func writeNoUsage(to root: inout Document) {
            guard request.includesUsage else { return }
            root.key("usage")
            root.null()
        }
    }
}
