import JSON

extension Ali {
    /// Serves applications (§6). An answer always has `output.text` and a session.
    func application(_ call: Call, _ app: String) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let input = try fields.input()
        if app.firstRange(of: "mock-draft") != nil {
            throw Failure.catalogue("FlowNotPublished", model: "") ?? .badRequest
        }
        let model = Model(id: "qwen-plus", kind: .text)
        let parameters = try fields.parameters()
        let isStream = call.asksForEvents
        var options = try Options(parameters, model, isStream: isStream)
        options.saysText = true
        options.isIncremental = try parameters?.bool("incremental_output") ?? false
        let talk: Talk
        if let text = try input.string("prompt"), !text.isEmpty {
            talk = Talk(text, model, prompts)
        } else {
            talk = try Talk(input.member("messages"), .plain, model, tools: "", resolves: false, prompts)
        }
        var ids = call.ids
        // The answer's id is taken from the source before this one.
        _ = Self.uuid(&ids.random)
        let session = try input.string("session_id") ?? ids.random.hex(32)
        let app = Application(
            session: session, hasThoughts: try parameters?.bool("has_thoughts") ?? false,
            hasReferences: try parameters?.object("rag_options") != nil)
        let say = Say(Request(model: model, writing: .plain, options: options, talk: talk), call, prompts)
        if say.isFiltered { throw .badOutput }
        let served = say.usage.served(call, model: call.identity.model.flatMap { $0.isEmpty ? nil : $0 } ?? model.id)
        if !isStream {
            return Self.whole(call, served: served) { root in
                app.write(say.choices.first?.reply.text.text ?? "", "stop", say, say.reported, to: &root)
            }
        }
        return Answer(
            headers: Self.headers(call, isStream: true), body: .events(app.events(say), end: []), served: served)
    }

    private struct Application {
        let session: String
        let hasThoughts: Bool
        let hasReferences: Bool

        func write(_ text: String, _ finish: String, _ say: Say, _ usage: Usage?, to root: inout Document) {
            root.object("output") { output in
                output.member("finish_reason", finish)
                output.member("session_id", session)
                output.member("text", text)
                if hasThoughts { writeThoughts(to: &output) }
                if hasReferences { writeReferences(to: &output) }
            }
            if let usage {
                root.object("usage") { counts in
                    counts.array("models") { list in
                        list.object { model in
                            model.member("input_tokens", usage.prompt)
                            model.member("output_tokens", usage.completion)
                            model.member("model_id", say.request.model.id)
                        }
                    }
                }
            }
            root.member("request_id", say.id)
        }

        private func writeThoughts(to output: inout Document) {
            output.array("thoughts") { list in
                list.object { thought in
                    thought.member("action_name", "Thought")
                    thought.member("action_type", "reasoning")
                    thought.member("thought", "The answer follows from the question.")
                }
            }
        }

        private func writeReferences(to output: inout Document) {
            output.array("doc_references") { list in
                list.object { reference in
                    reference.member("index_id", "1")
                    reference.member("title", "What the mock found")
                    reference.member("doc_id", "file_mock")
                    reference.member("doc_name", "mock.txt")
                    reference.member("text", "Grass is green.")
                }
            }
        }

        func events(_ say: Say) -> [[UInt8]] {
            let all = say.choices.first?.reply.text ?? []
            let pieces = say.request.options.isIncremental ? all : Ali.grouped(all)
            var (text, tokens) = ("", 0)
            var events: [[UInt8]] = []
            for (index, piece) in pieces.enumerated() {
                text += piece.text
                tokens += piece.tokens
                var usage = say.usage
                usage.completion = tokens
                let told = say.reported == nil ? nil : usage.reported(say.fault)
                events.append(
                    frame(index + 1) {
                        write(say.request.options.isIncremental ? piece.text : text, "null", say, told, to: &$0)
                    })
            }
            events.append(
                frame(pieces.count + 1) {
                    write(say.request.options.isIncremental ? "" : text, "stop", say, say.reported, to: &$0)
                })
            return events
        }

        private func frame(_ number: Int, _ body: (inout Document) -> Void) -> [UInt8] {
            var document = Document()
            document.object(body)
            return Ali.framed(document.bytes, number: number)
        }
    }
}
