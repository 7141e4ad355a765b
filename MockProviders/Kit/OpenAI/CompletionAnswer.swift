import JSON

extension OpenAI {
    func completions(_ call: Call) throws(Failure) -> Answer {
        let request = try CompletionRequest(call)
        var ids = call.ids
        let answer = CompletionAnswer(request, call, id: "cmpl-" + ids.random.alphanumerics(29))
        let headers = Self.headers(isStream: request.isStream, tokens: answer.usage.prompt, ids: &ids)
        let served = Served(
            id: answer.id, model: request.name, key: call.identity.key ?? "", promptTokens: answer.usage.prompt,
            completionTokens: answer.usage.completion, cachedTokens: 0)
        let usage = answer.usage.reported(call.usage)
        let body: Answer.Body =
            request.isStream
            ? .events(answer.events(usage), end: ChatStream.done) : .whole(answer.body(usage))
        return Answer(headers: headers, body: body, served: served)
    }
}

struct CompletionAnswer {
    private struct Choice {
        let pieces: [Piece]
        let finish: String
    }

    let id: String
    private(set) var usage: ChatUsage
    private let request: CompletionRequest
    private let created: Int
    private var choices: [Choice] = []

    init(_ request: CompletionRequest, _ call: Call, id: String) {
        self.request = request
        self.id = id
        created = call.ids.created
        usage = ChatUsage(prompt: request.prompts.reduce(0) { $0 + $1.tokens }, cached: 0)
        for (place, prompt) in request.prompts.enumerated() {
            for variant in 0..<request.n {
                let choice = Self.choice(request, call, prompt.text, place * request.n + variant)
                usage.completion += choice.pieces.reduce(0) { $0 + $1.tokens }
                let echo = request.isEchoing ? [Piece(text: prompt.text, tokens: 0)] : []
                choices.append(Choice(pieces: echo + choice.pieces, finish: choice.finish))
            }
        }
        if let script = call.script { usage.replace(by: script) }
    }

    private static func choice(_ request: CompletionRequest, _ call: Call, _ prompt: String, _ index: Int) -> Choice {
        let model = request.model.id
        var pieces: [Piece]
        if let text = call.script?.text {
            pieces = tokenPieces(text, model: model)
        } else if let count = Prose.wantedTokens(model: request.name, text: prompt) {
            pieces = Prose.tokens(count, seed: call.ids.content)
        } else {
            let topic = prompt.split(whereSeparator: \.isWhitespace).prefix(6).joined(separator: " ")
            pieces = tokenPieces(
                "\n\nAfter \"\(topic)\" comes mock text\(index > 0 ? " \(index + 1)" : "").", model: model)
        }
        let whole = pieces.text
        if let end = request.stops.compactMap({ whole.firstRange(of: $0)?.lowerBound }).min() {
            pieces = tokenPieces(String(whole[..<end]), model: model)
        }
        let isCut = pieces.count > request.maxTokens
        return Choice(pieces: Array(pieces.prefix(request.maxTokens)), finish: isCut ? "length" : "stop")
    }

    private func head(_ document: inout Document) {
        document.member("id", id)
        document.member("object", "text_completion")
        document.member("created", created)
        document.member("model", request.model.snapshot)
    }

    private func write(_ text: String, _ index: Int, _ pieces: [Piece], _ finish: String?, to document: inout Document)
    {
        document.member("text", text)
        document.member("index", index)
        document.key("logprobs")
        if let top = request.logprobs { write(pieces, top, to: &document) } else { document.null() }
        document.member("finish_reason", finish)
    }

    private func write(_ pieces: [Piece], _ top: Int, to document: inout Document) {
        document.object { object in
            object.array("tokens") { for piece in pieces { $0.string(piece.text) } }
            object.array("token_logprobs") { for _ in pieces { $0.raw("-0.01") } }
            object.array("top_logprobs") { list in
                for piece in pieces {
                    list.object { ranks in
                        for rank in 0..<top {
                            ranks.key(rank == 0 ? piece.text : "\(piece.text)\(rank)")
                            ranks.raw("-\(rank).01")
                        }
                    }
                }
            }
            var offset = 0
            object.array("text_offset") { list in
                for piece in pieces {
                    list.int(offset)
                    offset += piece.text.unicodeScalars.count
                }
            }
        }
    }

    func body(_ usage: ChatUsage?) -> [UInt8] {
        var document = Document(indent: 2)
        document.object { root in
            head(&root)
            root.array("choices") { list in
                for (index, choice) in choices.enumerated() {
                    list.object { write(choice.pieces.text, index, choice.pieces, choice.finish, to: &$0) }
                }
            }
            if let usage { root.object("usage") { write(usage, to: &$0) } }
        }
        return document.bytes + [0x0a]
    }

    private func write(_ usage: ChatUsage, to document: inout Document) {
        document.member("prompt_tokens", usage.prompt)
        document.member("completion_tokens", usage.completion)
        document.member("total_tokens", usage.prompt + usage.completion)
    }

    func events(_ usage: ChatUsage?) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for (index, choice) in choices.enumerated() {
            for piece in choice.pieces { events.append(event { write(piece.text, index, [piece], nil, to: &$0) }) }
            events.append(event { write("", index, [], choice.finish, to: &$0) })
        }
        if request.includesUsage, let usage { events.append(event(usage, nil)) }
        return events
    }

    private func event(_ usage: ChatUsage? = nil, _ choice: ((inout Document) -> Void)?) -> [UInt8] {
        var document = Document()
        document.object { root in
            head(&root)
            root.array("choices") { list in if let choice { list.object(choice) } }
            if let usage {
                root.object("usage") { write(usage, to: &$0) }
            } else if request.includesUsage {
                root.key("usage")
                root.null()
            }
        }
        return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
    }
}
