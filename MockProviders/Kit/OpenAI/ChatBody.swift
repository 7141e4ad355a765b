import JSON

extension OpenAI {
    func chat(_ call: Call) throws(Failure) -> Answer {
        let request = try ChatRequest(call, prompts: prompts)
        let answer = ChatAnswer(request, call, prompts: prompts)
        var ids = call.ids
        let headers = Self.headers(isStream: request.isStream, tokens: answer.usage.prompt, ids: &ids)
        let usage = answer.usage.reported(call.usage)
        let served = Served(
            id: answer.id, model: request.name, key: call.identity.key ?? "", promptTokens: answer.usage.prompt,
            completionTokens: answer.usage.completion, cachedTokens: answer.usage.cached,
            reasoningTokens: answer.usage.reasoning)
        let body: Answer.Body
        if request.isStream {
            var stream = ChatStream(answer, usage: usage, seed: call.ids.content)
            body = .events(stream.events(), end: ChatStream.done)
        } else {
            body = .whole(answer.body(usage: usage))
        }
        return Answer(headers: headers, body: body, served: served)
    }
}

extension ChatAnswer {
    /// The whole answer in the service's layout: two spaces of indentation and a line end.
    func body(usage: ChatUsage?) -> [UInt8] {
        var document = Document(indent: 2, reserving: 2048)
        document.object { root in
            root.member("id", id)
            root.member("object", "chat.completion")
            root.member("created", created)
            root.member("model", request.model.snapshot)
            root.array(
                "choices",
                { list in
                    for (index, choice) in choices.enumerated() {
                        list.object { write(choice, index, to: &$0) }
                    }
                })
            if let usage { root.object("usage") { usage.write(to: &$0) } }
            if !request.model.searches { root.member("service_tier", "default") }
            root.member("system_fingerprint", fingerprint)
        }
        return document.bytes + [0x0a]
    }

    private func write(_ choice: Choice, _ index: Int, to document: inout Document) {
        document.member("index", index)
        document.object("message") { message in
            message.member("role", "assistant")
            message.member("content", choice.content?.text)
            if !choice.calls.isEmpty { write(choice.calls, to: &message) }
            message.member("refusal", choice.refusal?.text)
            if let audio = choice.audio {
                message.object("audio") { clip in
                    clip.member("id", audio.id)
                    clip.member("data", audio.data)
                    clip.member("expires_at", audio.expires)
                    clip.member("transcript", audio.transcript.text)
                }
            }
            message.array("annotations") { writeFinds(choice.content, to: &$0) }
        }
        if !request.model.isReasoning {
            document.key("logprobs")
            Logprobs(request: request).write(content: choice.content, refusal: choice.refusal, to: &document)
        }
        document.member("finish_reason", choice.finish)
    }

    private func write(_ calls: [ToolCall], to message: inout Document) {
        if request.isLegacy, let call = calls.first {
            message.object("function_call") { function in
                function.member("name", call.name)
                function.member("arguments", call.arguments)
            }
            return
        }
        message.array(
            "tool_calls",
            { list in
                for call in calls {
                    list.object { item in
                        item.member("id", call.id)
                        item.member("type", call.isCustom ? "custom" : "function")
                        item.key(call.isCustom ? "custom" : "function")
                        item.object { function in
                            function.member("name", call.name)
                            function.key(call.isCustom ? "input" : "arguments")
                            function.string(call.arguments)
                        }
                    }
                }
            })
    }
}

extension [Piece] {
    var text: String {
        var text = ""
        for piece in self { text += piece.text }
        return text
    }
}

/// Writes a choice's `logprobs`; they are `null` unless asked for.
struct Logprobs {
    let request: ChatRequest

    func write(content: [Piece]?, refusal: [Piece]?, to document: inout Document) {
        guard let top = request.topLogprobs else { return document.null() }
        document.object { object in
            object.key("content")
            write(content, top, to: &object)
            object.key("refusal")
            write(refusal, top, to: &object)
        }
    }

    private func write(_ pieces: [Piece]?, _ top: Int, to document: inout Document) {
        guard let pieces else { return document.null() }
        document.array { list in
            for piece in pieces {
                list.object { item in
                    write(piece.text, rank: 0, to: &item)
                    item.array(
                        "top_logprobs",
                        { ranks in
                            for rank in 0..<top {
                                ranks.object { write(alternative(piece.text, rank), rank: rank, to: &$0) }
                            }
                        })
                }
            }
        }
    }

    private func alternative(_ text: String, _ rank: Int) -> String { rank == 0 ? text : "\(text)\(rank)" }

    private func write(_ text: String, rank: Int, to document: inout Document) {
        document.member("token", text)
        document.key("logprob")
        document.raw("-\(rank).01")
        document.array("bytes", { bytes in for byte in text.utf8 { bytes.int(Int(byte)) } })
    }
}
