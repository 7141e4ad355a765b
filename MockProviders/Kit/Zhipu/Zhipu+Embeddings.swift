import JSON

extension Zhipu.Platform {
    /// Embeddings (spec/wire/zhipu.md §6). They are always floats, whatever `encoding_format` says.
    func embeddings(_ call: Call) throws(Zhipu.Failure) -> Answer {
        let fields = try Zhipu.Fields(call)
        let model = try fields.model(for: .embedding, method: "embeddings")
        _ = try fields.requestID()
        let isOlder = model.id.hasPrefix("embedding-2")
        if isOlder, fields.member("dimensions") != nil { throw .invalid("dimensions") }
        let size = try fields.int("dimensions", 256...2_048) ?? (isOlder ? 1_024 : 2_048)
        guard [256, 512, 1_024, 2_048].contains(size) else { throw .invalid("dimensions") }
        let texts = try Self.texts(fields)
        var tokens = 0
        for text in texts {
            let count = prompts.count(text, model: model.id)
            if count > (isOlder ? 512 : 3_072) { throw .invalid("input") }
            tokens += count
        }
        var ids = call.ids
        let id = Zhipu.identifier(&ids)
        let usage = Zhipu.Usage(prompt: tokens)
        let served = usage.served(id: id, model: model.id, call: call)
        return answer(id: id, served: served) { root in
            root.member("model", model.id)
            root.array("data") { list in
                for (index, text) in texts.enumerated() {
                    list.object { item in
                        item.array("embedding") { numbers in
                            for value in Samples.vector(text, model: model.id, full: size, size: size) {
                                numbers.raw("\(value)")
                            }
                        }
                        item.member("index", index)
                        item.member("object", "embedding")
                    }
                }
            }
            root.member("object", "list")
            usage.reported(call.usage)?.write(to: &root, hasDetails: false)
        }
    }

    private static func texts(_ fields: Zhipu.Fields) throws(Zhipu.Failure) -> [String] {
        guard let input = fields.member("input") else { throw .missing("input") }
        if let text = input.string {
            if text.isEmpty { throw .missing("input") }
            return [text]
        }
        guard input.isArray, (1...64).contains(input.arrayCount) else { throw .invalid("input") }
        var texts: [String] = []
        try input.forEachElement { (item) throws(Zhipu.Failure) in
            guard let text = item.string, !text.isEmpty else { throw .invalid("input") }
            texts.append(text)
        }
        return texts
    }
}
