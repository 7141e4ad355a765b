import JSON

extension Ali {
    /// The request of a chat, of either interface.
    struct Request {
        let model: Model
        let writing: Writing
        var options: Options
        let talk: Talk

        func prompt(_ content: UInt64) -> Prompt {
            var prompt = Prompt(model: model.id, name: model.id, content: content)
            prompt.systemText = talk.systemText
            prompt.lastUserText = talk.lastUserText
            prompt.endsWithUser = talk.toolResults.isEmpty
            prompt.toolResults = talk.toolResults
            prompt.imageCount = talk.imageCount
            prompt.tools = options.tools
            prompt.choice = options.choice
            prompt.isParallel = options.isParallel
            prompt.format = options.format
            prompt.maxTokens = options.maxTokens
            prompt.reasoningTokens = options.reasoningTokens
            prompt.stops = options.stops
            return prompt
        }

        /// The JSON mode requires the word `json` in the messages.
        func checkFormat() throws(Failure) {
            guard case .jsonObject = options.format, !talk.mentionsJSON else { return }
            throw .parameter(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                    + "'json_object'.")
        }
    }

    /// An answer before it is written in the layout of a body or a stream.
    struct Say {
        struct Choice {
            let reply: Reply
            let calls: [(id: String, call: Reply.Call)]
            let finish: String
        }

        let request: Request
        let id: String
        let created: Int
        private(set) var choices: [Choice] = []
        private(set) var usage: Usage
        let reported: Usage?
        let fault: UsageFault

        init(_ request: Request, _ call: Call, _ prompts: PromptMemory) {
            var ids = call.ids
            self.request = request
            id = Ali.uuid(&ids.random)
            created = ids.created
            usage = Usage(request.talk)
            for index in 0..<request.options.n {
                let reply = Reply(
                    to: request.prompt(call.ids.content &+ UInt64(index)), script: call.script, memory: prompts,
                    variant: index)
                let calls = reply.calls.map { call in
                    var call = call
                    call.arguments = Self.spaced(call.arguments)
                    return ("call_" + ids.random.hex(22), call)
                }
                // After a forced function the finish reason is `stop`, as after plain text.
                let isForced = if case .named = request.options.choice { true } else { false }
                let finish = call.script?.finishReason ?? Self.finish(reply.end, isForced: isForced)
                choices.append(Choice(reply: reply, calls: calls, finish: finish))
                usage.completion += reply.tokens
                usage.reasoning += reply.reasoningTokens
            }
            if let script = call.script { usage.replace(by: script) }
            fault = call.usage
            reported = usage.reported(call.usage)
        }

        /// Arguments as Qwen writes them, with a space behind each colon and comma between values.
        private static func spaced(_ json: String) -> String {
            var output: [UInt8] = []
            output.reserveCapacity(json.utf8.count + 16)
            var (isInString, isEscaped, owesBlank) = (false, false, false)
            for byte in json.utf8 {
                if owesBlank, byte != 0x20 { output.append(0x20) }
                owesBlank = !isInString && (byte == 0x3a || byte == 0x2c)
                output.append(byte)
                if byte == 0x22, !isEscaped { isInString.toggle() }
                isEscaped = isInString && byte == 0x5c && !isEscaped
            }
            return String(decoding: output, as: UTF8.self)
        }

        private static func finish(_ end: Reply.End, isForced: Bool) -> String {
            switch end {
            case .stop, .stopSequence, .refusal, .filtered: "stop"
            case .length: "length"
            case .toolCalls: isForced ? "stop" : "tool_calls"
            }
        }

        /// The service's filter removed the answer.
        var isFiltered: Bool { choices.contains { $0.reply.end == .filtered } }

        /// Choices and calls have an index only if there may be several.
        var hasIndex: Bool { request.options.n > 1 || !request.options.tools.isEmpty }

        func writeLogprobs(_ pieces: [Piece], to document: inout Document) {
            guard let top = request.options.topLogprobs else { return document.null() }
            document.object { object in
                object.array("content") { list in
                    for piece in pieces { list.object { Self.write(piece.text, top: top, to: &$0) } }
                }
            }
        }

        private static func write(_ text: String, top: Int, to item: inout Document) {
            writeToken(text, rank: 0, to: &item)
            item.array("top_logprobs") { list in
                for rank in 0..<top {
                    list.object { writeToken(rank == 0 ? text : "\(text)\(rank)", rank: rank, to: &$0) }
                }
            }
        }

        private static func writeToken(_ text: String, rank: Int, to item: inout Document) {
            item.member("token", text)
            item.member("logprob", number: rank == 0 ? -0.01 : -4.5 - Double(rank))
            item.array("bytes") { bytes in for byte in text.utf8 { bytes.int(Int(byte)) } }
        }
    }
}
