import JSON

extension Ali {
    /// The chat of the compatible mode (§7).
    func chat(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.text, .vision])
        let isStream = try fields.bool("stream") ?? false
        var options = try Options(fields, model, isStream: isStream)
        if let settings = try fields.object("stream_options") {
            guard isStream else {
                throw .parameter("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
            }
            options.includesUsage = try settings.bool("include_usage") ?? false
        }
        let talk = try Talk(
            fields.member("messages"), .typed, model, tools: options.toolText,
            resolves: call.readsObjects, prompts)
        let request = Request(model: model, writing: .typed, options: options, talk: talk)
        try request.checkFormat()
        let say = Say(request, call, prompts)
        let served = say.usage.served(call, model: model.id)
        if isStream {
            let events = CompatibleStream(say).events()
            // An error ends a stream without its terminator.
            let end = say.isFiltered ? [] : Array("data: [DONE]\n\n".utf8)
            return Answer(
                headers: Self.headers(call, isStream: true), body: .events(events, end: end),
                served: say.isFiltered ? nil : served)
        }
        if say.isFiltered { throw .badOutput }
        return Self.whole(call, served: served) { say.writeCompatible(to: &$0) }
    }
}

extension Ali.Say {
    func writeCompatible(to root: inout Document) {
        root.array("choices") { list in
            for (index, choice) in choices.enumerated() { list.object { writeCompatible(choice, index, to: &$0) } }
        }
        root.member("object", "chat.completion")
        reported?.writeCompatible(to: &root)
        root.member("created", created)
        root.member("system_fingerprint", nil)
        root.member("model", request.model.id)
        root.member("id", "chatcmpl-\(id)")
    }

    private func writeCompatible(_ choice: Choice, _ index: Int, to document: inout Document) {
        document.object("message") { message in
            message.member("content", choice.reply.text.text)
            if !choice.reply.reasoning.isEmpty {
                message.member("reasoning_content", choice.reply.reasoning.text)
            }
            message.member("role", "assistant")
            if !choice.calls.isEmpty {
                message.array("tool_calls") { list in
                    for (number, call) in choice.calls.enumerated() {
                        list.object { Self.write(call, number, arguments: call.call.arguments, to: &$0) }
                    }
                }
            }
        }
        document.member("finish_reason", choice.finish)
        document.member("index", index)
        document.key("logprobs")
        writeLogprobs(choice.reply.text, to: &document)
    }

    static func write(
        _ call: (id: String, call: Reply.Call), _ number: Int, arguments: String, to item: inout Document
    ) {
        item.member("index", number)
        item.member("id", call.id)
        item.member("type", "function")
        item.object("function") { function in
            function.member("name", call.call.name)
            function.member("arguments", arguments)
        }
    }
}

extension Ali {
    /// The chunks of a stream in the compatible mode. The choices come first in a chunk, and before the end the finish
    /// reason is `null`.
    struct CompatibleStream {
        private let say: Say
        private var output: [[UInt8]] = []

        init(_ say: Say) { self.say = say }

        func events() -> [[UInt8]] {
            var copy = self
            var queues = say.choices.enumerated().map { index, choice in
                Array(chunks(choice, index).reversed())
            }
            while queues.contains(where: { !$0.isEmpty }) {
                for index in queues.indices {
                    if let chunk = queues[index].popLast() { copy.output.append(chunk) }
                }
            }
            if say.isFiltered {
                copy.output.append(Array("data: ".utf8) + Failure.badOutput.compatible(id: say.id) + [0x0a, 0x0a])
            } else if say.request.options.includesUsage, let reported = say.reported {
                copy.output.append(framed(reported) { root in root.array("choices", { _ in }) })
            }
            return copy.output
        }

        private func chunks(_ choice: Say.Choice, _ index: Int) -> [[UInt8]] {
            var list = [
                chunk(index) { delta in
                    delta.member("content", "")
                    if !choice.reply.reasoning.isEmpty { delta.member("reasoning_content", "") }
                    delta.member("role", "assistant")
                }
            ]
            for piece in choice.reply.reasoning {
                list.append(
                    chunk(index) { delta in
                        delta.member("content", nil)
                        delta.member("reasoning_content", piece.text)
                    })
            }
            let thinks = !choice.reply.reasoning.isEmpty
            for piece in choice.reply.text {
                list.append(
                    chunk(index, logged: piece) { delta in
                        delta.member("content", piece.text)
                        if thinks { delta.member("reasoning_content", nil) }
                    })
            }
            for (number, call) in choice.calls.enumerated() { list += fragments(call, number, index) }
            if choice.reply.end == .filtered { return list }
            return list + [chunk(index, finish: choice.finish) { $0.member("content", "") }]
        }

        private func fragments(_ call: (id: String, call: Reply.Call), _ number: Int, _ index: Int) -> [[UInt8]] {
            var list = [
                chunk(index) { delta in
                    delta.array("tool_calls") { calls in
                        calls.object { Say.write(call, number, arguments: "", to: &$0) }
                    }
                }
            ]
            for piece in tokenPieces(call.call.arguments, model: say.request.model.id) {
                list.append(
                    chunk(index) { delta in
                        delta.array("tool_calls") { calls in
                            calls.object { item in
                                item.member("index", number)
                                item.member("id", "")
                                item.member("type", "function")
                                item.object("function") { $0.member("arguments", piece.text) }
                            }
                        }
                    })
            }
            return list
        }

        private func chunk(
            _ index: Int, finish: String? = nil, logged: Piece? = nil, _ body: (inout Document) -> Void
        ) -> [UInt8] {
            framed(nil) { root in
                root.array("choices") { list in
                    list.object { choice in
                        // In the last chunk the finish reason comes first.
                        if let finish { choice.member("finish_reason", finish) }
                        choice.object("delta", body)
                        choice.member("index", index)
                        choice.key("logprobs")
                        if let logged { say.writeLogprobs([logged], to: &choice) } else { choice.null() }
                        if finish == nil { choice.member("finish_reason", nil) }
                    }
                }
            }
        }

        private func framed(_ usage: Usage?, _ choices: (inout Document) -> Void) -> [UInt8] {
            var document = Document(reserving: 384)
            document.object { root in
                choices(&root)
                root.member("object", "chat.completion.chunk")
                if let usage { usage.writeCompatible(to: &root) } else { root.member("usage", nil) }
                root.member("created", say.created)
                root.member("system_fingerprint", nil)
                root.member("model", say.request.model.id)
                root.member("id", "chatcmpl-\(say.id)")
            }
            return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
        }
    }
}
