extension Zhipu.Platform {
    /// Speech: the request is JSON, the answer is audio (spec/wire/zhipu.md §6).
    func speak(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let model = try fields.model(for: .speech, method: "speech")
        let request = try fields.requestID()
        let input = try fields.needed("input")
        _ = try fields.string("voice")
        let format = try fields.string("response_format") ?? "wav"
        guard ["wav", "pcm"].contains(format) else { throw .invalid("response_format") }
        if input.firstRange(of: "mock-blocked") != nil { throw .code(1301) }
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let tokens = prompts.count(input, model: model.id)
        let sound = Sound.bytes(format: format, milliseconds: min(60 * tokens, 20_000))
        let served = Zhipu.Usage(prompt: tokens).served(id: id, model: model.id, call: call)
        let headers = Zhipu.headers(id: request ?? id, type: "audio/\(format)")
        return Answer(headers: headers, body: .whole(sound), served: served)
    }

    /// Transcription: the request is a form with audio, the answer is text. The same audio always gives the same text.
    func transcribe(_ call: Call) throws(Zhipu.Failure) -> Answer {
        guard case .form(let form) = call.content else { throw .code(1210) }
        guard let name = form["model"]?.text, !name.isEmpty else { throw .missing("model") }
        guard let model = Zhipu.Model.find(name, for: .transcription) else { throw .code(1211) }
        guard model.kind == .transcription else { throw .unsupported("transcriptions") }
        guard let file = form["file"], !file.body.isEmpty else { throw .missing("file") }
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let pieces = Prose.tokens(min(4 + file.body.count % 8, 11), seed: call.ids.content)
        let usage = Zhipu.Usage(prompt: 0, completion: Reply.sum(pieces))
        let served = usage.served(id: id, model: model.id, call: call)
        let request = form["request_id"]?.text ?? id
        if form["stream"]?.text == "true" {
            let headers = Zhipu.headers(id: request, type: Zhipu.streamType)
            let events = Self.events(pieces, id: id, created: ids.created, model: model.id)
            return Answer(headers: headers, body: .events(events, end: Array("data: [DONE]\n\n".utf8)), served: served)
        }
        return answer(id: request, served: served) { root in
            root.member("id", id)
            root.member("request_id", request)
            root.member("created", ids.created)
            root.member("model", model.id)
            root.member("text", pieces.text)
        }
    }

    private static func events(_ pieces: [Piece], id: String, created: Int, model: String) -> [[UInt8]] {
        func event(_ type: String, _ key: StaticString, _ text: String) -> [UInt8] {
            var document = Document()
            document.object { root in
                root.member("id", id)
                root.member("created", created)
                root.member("model", model)
                root.member("type", type)
                root.member(key, text)
            }
            return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
        }
        return pieces.map { event("transcript.text.delta", "delta", $0.text) }
            + [event("transcript.text.done", "text", pieces.text)]
    }
}
