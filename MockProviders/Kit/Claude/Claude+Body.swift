import JSON

extension Claude {
    func messages(_ call: Call) throws(Failure) -> Answer {
        let request = try Request(Self.object(call), scope(call))
        let message = Message(request, call, prompts: prompts, cache: cache)
        let usage = message.usage.reported(call.usage)
        var ids = call.ids
        let headers = Self.headers(
            isStream: request.isStream, input: message.usage.prompt, output: message.usage.output, ids: &ids)
        let served = message.usage.served(id: message.id, model: request.name, key: call.identity.key)
        if request.isStream {
            var stream = Stream(message, usage: usage, seed: call.ids.content)
            stream.write()
            return Answer(headers: headers, body: .events(stream.events, end: stream.end), served: served)
        }
        return Answer(headers: headers, body: .whole(message.body(usage: usage)), served: served)
    }

    /// `POST /v1/messages/count_tokens`. It costs nothing and writes no cache.
    func countTokens(_ call: Call) throws(Failure) -> Answer {
        let request = try Request(Self.object(call), scope(call, isCounting: true))
        var ids = call.ids
        let headers = Self.headers(ids: &ids)
        var document = Document()
        document.object { root in
            root.member("input_tokens", request.promptTokens)
            if request.editsContext {
                root.object("context_management") { $0.member("original_input_tokens", request.promptTokens) }
            }
        }
        return Answer(headers: headers, body: .whole(document.bytes))
    }
}

extension Claude.Usage {
    func served(id: String, model: String, key: String?) -> Served {
        Served(
            id: id, model: model, key: key ?? "", promptTokens: prompt, completionTokens: output,
            cachedTokens: cache.read, reasoningTokens: thinking)
    }

    /// - Parameter isFinal: `false` in `message_start`, which does not know the output yet.
    func write(to document: inout Document, isFinal: Bool = true) {
        writeInput(to: &document)
        document.object("cache_creation") { creation in
            creation.member("ephemeral_5m_input_tokens", cache.short)
            creation.member("ephemeral_1h_input_tokens", cache.long)
        }
        document.member("output_tokens", isFinal ? output : min(1, output))
        if isFinal { writeDetails(to: &document) }
        document.member("service_tier", tier)
        document.member("inference_geo", geography)
    }

    /// Writes the usage as `message_delta` has it.
    func writeDelta(to document: inout Document) {
        writeInput(to: &document)
        document.member("output_tokens", output)
        writeDetails(to: &document)
    }

    private func writeInput(to document: inout Document) {
        document.member("input_tokens", input)
        document.member("cache_creation_input_tokens", cache.short + cache.long)
        document.member("cache_read_input_tokens", cache.read)
    }

    private func writeDetails(to document: inout Document) {
        if thinking > 0 { document.object("output_tokens_details") { $0.member("thinking_tokens", thinking) } }
        if searches > 0 {
            document.object("server_tool_use") { use in
                use.member("web_search_requests", searches)
                use.member("web_fetch_requests", 0)
            }
        }
    }
}

extension Claude.Message {
    func body(usage: Claude.Usage?) -> [UInt8] {
        var document = Document(reserving: 1024)
        document.object { root in
            writeHead(to: &root)
            root.array("content", { list in for part in parts { part.write(to: &list) } })
            root.member("stop_reason", stopReason)
            root.member("stop_sequence", stopSequence)
            writeStopDetails(to: &root)
            if let usage { root.object("usage") { usage.write(to: &$0) } }
            if request.editsContext { writeContextEdits(to: &root) }
        }
        return document.bytes
    }

    func writeHead(to root: inout Document) {
        root.member("model", model.id)
        root.member("id", id)
        root.member("type", "message")
        root.member("role", "assistant")
    }

    func writeStopDetails(to root: inout Document) {
        root.key("stop_details")
        guard let refusal else { return root.null() }
        root.object { details in
            details.member("type", "refusal")
            details.member("category", nil as String?)
            details.member("explanation", refusal)
        }
    }

    func writeContextEdits(to root: inout Document) {
        root.object("context_management") { $0.array("applied_edits", { _ in }) }
    }
}

extension Claude.Message.Part {
    func write(to document: inout Document) {
        document.object { block in
            switch self {
            case .thinking(let pieces, let signature):
                block.member("type", "thinking")
                block.member("thinking", pieces.text)
                block.member("signature", signature)
            case .redacted(let data):
                block.member("type", "redacted_thinking")
                block.member("data", data)
            case .text(let pieces, let citation):
                block.member("type", "text")
                block.member("text", pieces.text)
                if let citation { block.array("citations", { citation.write(to: &$0) }) }
            case .toolUse(let id, let name, let arguments):
                Self.writeCall("tool_use", id, name, Self.object(arguments), to: &block)
            case .serverToolUse(let id, let name, let arguments):
                Self.writeCall("server_tool_use", id, name, Self.object(arguments), to: &block)
            case .searchResult(let id, let url, let title): Self.writeResult(id, url, title, to: &block)
            }
        }
    }

    static func writeCall(
        _ type: StaticString, _ id: String, _ name: String, _ input: String, to block: inout Document
    ) {
        block.key("type")
        block.string(type.description)
        block.member("id", id)
        block.member("name", name)
        block.key("input")
        block.raw(input)
        block.object("caller") { $0.member("type", "direct") }
    }

    static func writeResult(_ id: String, _ url: String, _ title: String, to block: inout Document) {
        block.member("type", "web_search_tool_result")
        block.member("tool_use_id", id)
        block.array(
            "content",
            { list in
                list.object { result in
                    result.member("type", "web_search_result")
                    result.member("title", title)
                    result.member("url", url)
                    result.member("encrypted_content", Base64.encode(Array("mock \(url)".utf8)))
                    result.member("page_age", nil as String?)
                }
            })
        block.object("caller") { $0.member("type", "direct") }
    }

    /// The input of a call. Arguments that are not an object, because they were cut off or come from a script, become
    /// an empty object in a whole answer.
    private static func object(_ arguments: String) -> String {
        guard let value = try? JSON.parse(Array(arguments.utf8)), value.object != nil else { return "{}" }
        return value.text
    }
}
