import HTTP
import JSON

/// Embeddings, rerank and pictures, which are nearly the same in both generations (spec/wire/baidu.md §3.6, §4).
extension Baidu {
    struct Task {
        let call: Call
        let dialect: Dialect
        /// The name of the endpoint or the model.
        let model: String
        let prompts: PromptMemory

        func embeddings() throws(Failure) -> Answer {
            let fields = try Fields(call, dialect)
            guard let input = fields.member("input") else { throw .value("input can not be empty", dialect) }
            // A single string is refused.
            guard input.isArray, let texts = try fields.strings("input") else { throw .kind("input", dialect) }
            let isLong = model.firstRange(of: "tao") != nil
            if texts.isEmpty || texts.contains("") { throw .value("input can not be empty", dialect) }
            if texts.count > (isLong ? 1 : 16) { throw .value("input is invalid", dialect) }
            let counts = texts.map { prompts.count($0, model: model) }
            let limits = isLong ? (tokens: 8192, characters: 28_000) : (tokens: 384, characters: 1000)
            for (text, tokens) in zip(texts, counts) where tokens > limits.tokens || text.count > limits.characters {
                throw tooLong
            }
            let isSmall = model.lowercased().hasPrefix("embedding")
            let size = isSmall ? 384 : 1024
            let usage = Usage(prompt: counts.reduce(0, +), script: call.script)
            return list("embedding_list", usage) { root in
                if dialect == .platform { root.member("model", model) }
                root.array("data") { data in
                    for (index, text) in texts.enumerated() {
                        let vector = Samples.vector(text, model: model, full: size, size: size)
                        data.object { item in
                            item.member("object", "embedding")
                            item.array("embedding") { numbers in for value in vector { numbers.raw("\(value)") } }
                            item.member("index", index)
                        }
                    }
                }
            }
        }

        private var tooLong: Failure {
            dialect == .workshop
                ? .workshop(336_103, "Prompt tokens too long") : .request("tokens_too_long", "Prompt tokens too long")
        }

        func rerank() throws(Failure) -> Answer {
            let fields = try Fields(call, dialect)
            let query = try fields.needed("query")
            guard query.count <= 1600 else { throw .value("query is invalid", dialect) }
            guard let documents = try fields.strings("documents"), !documents.isEmpty else {
                throw .value("documents can not be empty", dialect)
            }
            if documents.count > 64 || documents.contains("") { throw .value("documents is invalid", dialect) }
            let top = try fields.int("top_n", 1...documents.count) ?? documents.count
            let scores = documents.map { score(query, $0) }
            let order = documents.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
            let tokens = ([query] + documents).reduce(0) { $0 + prompts.count($1, model: model) }
            let usage = Usage(prompt: tokens, script: call.script)
            return list("rerank_list", usage) { root in
                root.array("results") { results in
                    for index in order.prefix(top) {
                        results.object { item in
                            item.member("document", documents[index])
                            item.key("relevance_score")
                            item.raw("\(Double(scores[index]) / 10_000)")
                            item.member("index", index)
                        }
                    }
                }
            }
        }

        /// The score in ten-thousandths: the share of the query's words that the document contains, and a small number
        /// that follows from the text.
        private func score(_ query: String, _ document: String) -> Int {
            let words = Set(query.lowercased().split { !$0.isLetter && !$0.isNumber })
            let known = Set(document.lowercased().split { !$0.isLetter && !$0.isNumber })
            var hash = StableHash()
            hash.mix(query)
            hash.mix(document)
            let share = words.isEmpty ? 0 : words.intersection(known).count * 8000 / words.count
            return share + 500 + Int(hash.value % 1000)
        }

        private static let sizes: Set<String> = [
            "512x512", "768x768", "768x1024", "1024x768", "576x1024", "1024x576", "1024x1024", "2048x2048",
        ]

        /// The picture is base64 in the workshop, and an address on the platform.
        func picture() throws(Failure) -> Answer {
            let fields = try Fields(call, dialect)
            let prompt = try fields.needed("prompt")
            if let size = try fields.string("size"), !Self.sizes.contains(size) {
                throw .value("size is invalid", dialect)
            }
            let count = try fields.int("n", 1...4) ?? 1
            _ = try fields.int("steps", 10...50)
            _ = try fields.int("seed", 0...Int(UInt32.max))
            try fields.check("cfg_scale", 0...30)
            for name in ["negative_prompt", "sampler_index", "style", "user_id"] as [StaticString] {
                _ = try fields.string(name)
            }
            if prompt.firstRange(of: "mock-blocked") != nil { throw unsafe }
            let usage = Usage(prompt: prompts.count(prompt, model: model), script: call.script)
            var random = call.ids.random
            return list("image", usage) { root in
                root.array("data") { data in
                    for index in 0..<count {
                        data.object { item in
                            item.member("object", "image")
                            if dialect == .workshop {
                                item.member("b64_image", Samples.png)
                            } else {
                                item.member("url", "https://qianfan.bj.bcebos.com/\(random.hex(32)).png")
                            }
                            item.member("index", index)
                        }
                    }
                }
            }
        }

        private var unsafe: Failure {
            dialect == .workshop
                ? .value("prompt is invalid", .workshop)
                : .platform(400, "unsafe_request", "text_unsafe", "The text is unsafe")
        }

        private func list(_ object: String, _ usage: Usage, _ body: (inout Document) -> Void) -> Answer {
            var ids = call.ids
            let id = Baidu.identifier(&ids)
            var document = Document(reserving: 16_384)
            document.object { root in
                root.member("id", id)
                root.member("object", object)
                root.member("created", ids.created)
                body(&root)
                usage.reported(call.usage)?.write(to: &root, isChat: false)
            }
            let served = usage.served(id: id, model: model, call: call)
            return Answer(
                headers: Baidu.headers(call, tokens: usage.prompt), body: .whole(document.bytes), served: served)
        }
    }
}

extension Baidu.Workshop {
    func embeddings(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        try Baidu.Task(call: call, dialect: .workshop, model: endpoint.name, prompts: prompts).embeddings()
    }

    func rerank(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        try Baidu.Task(call: call, dialect: .workshop, model: endpoint.name, prompts: prompts).rerank()
    }

    func text2image(_ call: Call, _ endpoint: Baidu.Endpoint) throws(Baidu.Failure) -> Answer {
        try Baidu.Task(call: call, dialect: .workshop, model: endpoint.name, prompts: prompts).picture()
    }
}
