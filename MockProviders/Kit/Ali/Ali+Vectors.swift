import JSON

extension Ali {
    /// The lengths of vectors that a model can make; the first is the default.
    private static func sizes(of model: String) -> [Int] {
        switch model {
        case "text-embedding-v1", "text-embedding-v2": [1536]
        case "text-embedding-v4": [1024, 2048, 1536, 768, 512, 256, 128, 64]
        case "text-embedding-v3": [1024, 768, 512, 256, 128, 64]
        default: [1024, 2048, 1536, 768, 512, 256, 128, 64]
        }
    }

    private static func size(_ wanted: Int?, _ model: Model) throws(Failure) -> Int {
        let sizes = sizes(of: model.id)
        guard let wanted else { return sizes.first ?? 1024 }
        guard sizes.contains(wanted) else {
            let list = sizes.map(String.init).joined(separator: ", ")
            throw .parameter("Value error, dimension \(wanted) is not supported, should be one of [\(list)]")
        }
        return wanted
    }

    private static func check(_ texts: [String], _ model: Model) throws(Failure) {
        let limit = model.id == "text-embedding-v1" || model.id == "text-embedding-v2" ? 25 : 10
        guard texts.count <= limit else {
            throw .parameter("batch size is invalid, it should not be larger than \(limit).")
        }
    }

    func tokens(_ texts: [String], _ model: Model, _ call: Call) throws(Failure) -> Usage {
        var sum = 0
        for text in texts {
            let count = prompts.count(text, model: model.id)
            guard count <= 8192 else { throw .parameter("Range of input length should be [1, 8192]") }
            sum += count
        }
        return Usage(prompt: call.script?.promptTokens ?? sum)
    }

    /// The usage of an answer without text. It has only the total.
    static func writeTotal(_ usage: Usage, _ call: Call, to root: inout Document) {
        guard let reported = usage.reported(call.usage) else { return }
        root.object("usage") { $0.member("total_tokens", reported.prompt) }
    }

    private static func write(_ vector: [Float], _ name: StaticString, to item: inout Document) {
        item.array(name) { for value in vector { $0.raw("\(value)") } }
    }

    // MARK: Native

    func textEmbeddings(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.embedding])
        let input = try fields.input()
        if model.id.firstRange(of: "-async-") != nil || input.member("url") != nil {
            return try startTask(call, .vectors)
        }
        let parameters = try fields.parameters()
        let texts = try input.strings("texts")
        try Self.check(texts, model)
        _ = try parameters?.word("text_type", of: ["query", "document"])
        let type = try parameters?.word("output_type", of: ["dense", "sparse", "dense&sparse"]) ?? "dense"
        let size = try Self.size(try parameters?.int("dimension", 1...4096), model)
        let usage = try tokens(texts, model, call)
        let id = Self.identifier(call.ids)
        return Self.whole(call, served: usage.served(call, model: model.id)) { root in
            root.object("output") { output in
                output.array("embeddings") { list in
                    for (index, text) in texts.enumerated() {
                        list.object { item in
                            if type != "dense" { Self.writeSparse(text, model, to: &item) }
                            if type != "sparse" {
                                let vector = Samples.vector(text, model: model.id, full: 2048, size: size)
                                Self.write(vector, "embedding", to: &item)
                            }
                            item.member("text_index", index)
                        }
                    }
                }
            }
            Self.writeTotal(usage, call, to: &root)
            root.member("request_id", id)
        }
    }

    private static func writeSparse(_ text: String, _ model: Model, to item: inout Document) {
        item.array("sparse_embedding") { list in
            for piece in tokenPieces(text, model: model.id) {
                list.object { entry in
                    entry.member("index", tokenNumber(piece.text))
                    entry.member("value", number: 0.5)
                    entry.member("token", piece.text)
                }
            }
        }
    }

    /// A token's number in a vocabulary of Qwen's size. The mock does not have Qwen's vocabulary, but the same text
    /// always gets the same number.
    static func tokenNumber(_ text: String) -> Int {
        var hash = StableHash()
        hash.mix(text)
        return Int(hash.value % 151_643)
    }

    func multimodalEmbeddings(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.multimodalEmbedding])
        guard let contents = try fields.input().member("contents"), contents.isArray, contents.arrayCount > 0 else {
            throw .badRequest
        }
        var items: [(type: String, text: String)] = []
        var texts: [String] = []
        var images = 0
        try contents.forEachElement { (content) throws(Failure) in
            var found = 0
            let kinds: [(String, StaticString)] = [("text", "text"), ("image", "image"), ("video", "video")]
            for (type, name) in kinds {
                guard let value = content[name]?.string, !value.isEmpty else { continue }
                found += 1
                items.append((type, value))
                if type == "text" {
                    texts.append(value)
                } else if !value.hasPrefix("http"), !value.hasPrefix("data:"), !value.hasPrefix("oss://") {
                    throw .badURL
                } else {
                    images += 1
                }
            }
            if found == 0 { throw .badRequest }
        }
        var usage = try tokens(texts, model, call)
        usage.prompt += images * 256
        let id = Self.identifier(call.ids)
        return Self.whole(call, served: usage.served(call, model: model.id)) { root in
            root.object("output") { output in
                output.array("embeddings") { list in
                    for (index, content) in items.enumerated() {
                        list.object { item in
                            item.member("index", index)
                            item.member("type", content.type)
                            let vector = Samples.vector(content.text, model: model.id, full: 1024, size: 1024)
                            Self.write(vector, "embedding", to: &item)
                        }
                    }
                }
            }
            if let reported = usage.reported(call.usage) {
                root.object("usage") { counts in
                    counts.member("input_tokens", reported.prompt)
                    counts.member("image_tokens", images * 256)
                    counts.member("image_count", images)
                    counts.member("total_tokens", reported.prompt)
                }
            }
            root.member("request_id", id)
        }
    }

    // MARK: Compatible

    func compatibleEmbeddings(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.embedding])
        guard let input = fields.member("input") else { throw .badRequest }
        let single = input.string
        let texts = try single == nil ? fields.strings("input") : [single ?? ""]
        if texts.contains("") { throw .badRequest }
        try Self.check(texts, model)
        let size = try Self.size(try fields.int("dimensions", 1...4096), model)
        let isPacked = try fields.word("encoding_format", of: ["float", "base64"]) == "base64"
        let usage = try tokens(texts, model, call)
        return Self.whole(call, served: usage.served(call, model: model.id)) { root in
            root.array("data") { list in
                for (index, text) in texts.enumerated() {
                    list.object { item in
                        let vector = Samples.vector(text, model: model.id, full: 2048, size: size)
                        if isPacked {
                            item.member("embedding", Self.packed(vector))
                        } else {
                            Self.write(vector, "embedding", to: &item)
                        }
                        item.member("index", index)
                        item.member("object", "embedding")
                    }
                }
            }
            root.member("model", model.id)
            root.member("object", "list")
            if let reported = usage.reported(call.usage) {
                root.object("usage") { counts in
                    counts.member("prompt_tokens", reported.prompt)
                    counts.member("total_tokens", reported.prompt)
                }
            }
            root.member("id", Self.identifier(call.ids))
        }
    }

    private static func packed(_ vector: [Float]) -> String {
        Base64.encode(
            vector.flatMap { value in
                let bits = value.bitPattern
                return [UInt8(bits & 255), UInt8(bits >> 8 & 255), UInt8(bits >> 16 & 255), UInt8(bits >> 24)]
            })
    }
}
