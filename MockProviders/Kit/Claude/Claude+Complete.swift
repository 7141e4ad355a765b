import JSON

extension Claude {
    /// `POST /v1/complete`: the text completions of the old models (spec/wire/anthropic.md §8).
    func complete(_ call: Call) throws(Failure) -> Answer {
        let body = try Self.object(call)
        let completion = try Completion(body, call, prompts)
        var ids = call.ids
        let isStream = body["stream"]?.bool ?? false
        let headers = Self.headers(isStream: isStream, ids: &ids)
        let answer = isStream ? Answer.Body.events(completion.events, end: completion.end) : .whole(completion.whole)
        return Answer(headers: headers, body: answer, served: completion.served)
    }

    struct Completion {
        private static let human = "\n\nHuman:"
        private static let assistant = "\n\nAssistant:"

        private let id: String
        private let logID: String
        private let model: String
        private let pieces: [Piece]
        private var reason = "stop_sequence"
        private var stop: String? = Self.human
        let served: Served

        init(_ body: JSONView, _ call: Call, _ prompts: PromptMemory) throws(Failure) {
            try Shape.completion.check(body, "", Betas(call))
            let name = body["model"]?.string ?? ""
            guard let model = Model.find(name) else { throw .noModel(name) }
            guard model.isLegacy else {
                throw .invalid("\"\(name)\" is not supported on this API. Please use the Messages API instead.")
            }
            let text = body["prompt"]?.string ?? ""
            guard let turn = Self.lastTurn(of: text) else {
                throw .at(
                    "prompt", "must start with \"\\n\\nHuman:\" turn and end with \"\\n\\nAssistant:\" turn")
            }
            var prompt = Prompt(model: model.id, name: name, content: call.ids.content)
            prompt.lastUserText = turn
            prompt.maxTokens = Int(body["max_tokens_to_sample"]?.int ?? 0)
            var stops: [String] = []
            body["stop_sequences"]?.forEachElement { stops.append($0.string ?? "") }
            prompt.stops = stops
            let reply = Reply(to: prompt, script: call.script, memory: prompts)
            var ids = call.ids
            id = "compl_01" + ids.random.base58(22)
            logID = id
            self.model = model.id
            // The answer begins with a space, because the prompt ends without one.
            pieces = [Piece(text: " ", tokens: 0)] + reply.text
            switch reply.end {
            case .length: (reason, stop) = ("max_tokens", nil)
            case .stopSequence(let sequence): stop = sequence
            default: break
            }
            served = Served(
                id: id, model: name, key: call.identity.key ?? "", promptTokens: prompts.count(text, model: model.id),
                completionTokens: reply.tokens, cachedTokens: 0)
        }

        /// The last words of the human; `nil` if the prompt has not the form that the models require.
        private static func lastTurn(of prompt: String) -> String? {
            let bytes = Array(prompt.utf8)
            let (human, assistant) = (Array(human.utf8), Array(assistant.utf8))
            guard let start = bytes.indices.last(where: { bytes[$0] == 0x0a && bytes[$0...].starts(with: human) })
            else {
                return nil
            }
            let turn = bytes[(start + human.count)...]
            guard let end = turn.indices.first(where: { bytes[$0] == 0x0a && bytes[$0...].starts(with: assistant) })
            else { return nil }
            return String(decoding: turn[..<end].drop { $0 == 0x20 }, as: UTF8.self)
        }

        var whole: [UInt8] { object(pieces.text, isLast: true) }

        private func object(_ text: String, isLast: Bool) -> [UInt8] {
            var document = Document()
            document.object { root in
                root.member("type", "completion")
                root.member("id", id)
                root.member("completion", text)
                root.member("stop_reason", isLast ? reason : nil)
                root.member("stop", isLast ? stop : nil)
                root.member("model", model)
                root.member("log_id", logID)
            }
            return document.bytes
        }

        var events: [[UInt8]] {
            let pieces = pieces.map { event(object($0.text, isLast: false)) }
            return Array(pieces.prefix(1)) + [Stream.ping] + pieces.dropFirst()
        }

        /// The event with the reason why the answer ended.
        var end: [UInt8] { event(object("", isLast: true)) }

        private func event(_ data: [UInt8]) -> [UInt8] {
            Array("event: completion\ndata: ".utf8) + data + [0x0a, 0x0a]
        }
    }
}
