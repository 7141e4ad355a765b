import JSON

extension Ali {
    /// The completions of the compatible mode, which can fill in the middle of a text.
    func completion(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.text])
        let isStream = try fields.bool("stream") ?? false
        let options = try Options(fields, model, isStream: isStream)
        guard let text = try fields.string("prompt"), !text.isEmpty else { throw .badRequest }
        let suffix = try fields.string("suffix") ?? ""
        let talk = Talk(text + suffix, model, prompts)
        let say = Say(Request(model: model, writing: .plain, options: options, talk: talk), call, prompts)
        if say.isFiltered { throw .badOutput }
        let served = say.usage.served(call, model: model.id)
        guard isStream else {
            let words = say.choices.first?.reply.text.text ?? ""
            return Self.whole(call, served: served) { root in
                say.writeCompletion(words, finish: say.choices.first?.finish, usage: say.reported, to: &root)
            }
        }
        var events = (say.choices.first?.reply.text ?? []).map { piece in
            Self.dataEvent { say.writeCompletion(piece.text, finish: nil, usage: nil, to: &$0) }
        }
        let includesUsage = try fields.object("stream_options")?.bool("include_usage") ?? false
        events.append(
            Self.dataEvent { root in
                say.writeCompletion(
                    "", finish: say.choices.first?.finish, usage: includesUsage ? say.reported : nil, to: &root)
            })
        return Answer(
            headers: Self.headers(call, isStream: true),
            body: .events(events, end: Array("data: [DONE]\n\n".utf8)), served: served)
    }

    private static func dataEvent(_ body: (inout Document) -> Void) -> [UInt8] {
        var document = Document()
        document.object(body)
        return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
    }
}

extension Ali.Say {
    fileprivate func writeCompletion(
        _ text: String, finish: String?, usage: Ali.Usage?, to root: inout Document
    ) {
        root.member("id", "cmpl-\(id)")
        root.array("choices") { list in
            list.object { choice in
                choice.member("text", text)
                choice.member("finish_reason", finish)
                choice.member("index", 0)
                choice.member("logprobs", nil)
            }
        }
        root.member("object", "text_completion")
        usage?.writeCompatible(to: &root)
        root.member("created", created)
        root.member("system_fingerprint", nil)
        root.member("model", request.model.id)
    }
}
