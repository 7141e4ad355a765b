import JSON

extension Ali {
    /// Serves one path that models which read pictures and models which draw share (§3, §5).
    func multimodalGeneration(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let name = try fields.model()
        let model = try Model.find(name, [.vision, .painter])
        let isMockPainter = name.hasPrefix("qwen-image") && name.firstRange(of: "mock-") != nil
        guard model.kind == .painter || isMockPainter else { return try generation(call, .vision) }
        return try paint(call, fields, model)
    }

    private func paint(_ call: Call, _ fields: Fields, _ model: Model) throws(Failure) -> Answer {
        let parameters = try fields.parameters()
        let talk = try Talk(
            try fields.input().member("messages"), .keyed, model, tools: "",
            resolves: call.readsObjects, prompts)
        if talk.lastUserText.firstRange(of: "mock-blocked") != nil { throw .badInput }
        let size = try Self.size(parameters?.string("size"))
        let count = try parameters?.int("n", 1...6) ?? 1
        let id = Self.identifier(call.ids)
        let addresses = (1...count).map { Self.address("\(id)-\($0).png", call) }
        let usage = Usage(prompt: call.script?.promptTokens ?? talk.promptTokens)
        return Self.whole(call, served: usage.served(call, model: model.id)) { root in
            root.object("output") { output in
                output.array("choices") { list in
                    list.object { choice in
                        choice.member("finish_reason", "stop")
                        choice.object("message") { message in
                            message.member("role", "assistant")
                            message.array("content") { parts in
                                for address in addresses { parts.object { $0.member("image", address) } }
                            }
                        }
                    }
                }
                output.object("task_metric") { metric in
                    metric.member("TOTAL", count)
                    metric.member("SUCCEEDED", count)
                    metric.member("FAILED", 0)
                }
            }
            if call.usage != .missing {
                let factor = call.usage == .zero ? 0 : call.usage == .wrong ? 10 : 1
                root.object("usage") { counts in
                    counts.member("width", size.width)
                    counts.member("height", size.height)
                    counts.member("image_count", count * factor)
                }
            }
            root.member("request_id", id)
        }
    }
}
