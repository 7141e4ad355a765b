import HTTP
import JSON

extension Ali {
    struct Model: Sendable {
        enum Kind: Sendable { case text, vision, picture, video, painter, embedding, multimodalEmbedding, rerank }

        let id: String
        let kind: Kind
        /// What it may still say.
        var maxOutput = 8192
        var maxInput = 129_024
        /// Thinks when told to, or always.
        var thinking = Thinking.none
        /// Answers in `output.text` unless asked otherwise.
        var saysText = false
        /// Models of the first two generations, where `top_p` is open at both ends.
        var isOld = false

        enum Thinking: Sendable { case none, optional, always }

        /// Open weights refuse to think in a whole answer.
        var isOpenWeight: Bool { id.hasPrefix("qwen3-") && !id.hasSuffix("plus") && !id.hasSuffix("max") }
        /// Older multimodal models leave the sum out.
        var omitsTotal: Bool { id == "qwen-vl-plus" || id == "qwen-vl-max" }

        static func find(_ name: String, _ kinds: [Kind]) throws(Failure) -> Model {
            if name.firstRange(of: "mock-") != nil, let kind = kinds.first {
                let always = name.firstRange(of: "mock-reasoning") != nil
                return Model(
                    id: name, kind: kind, maxOutput: 131_072, maxInput: 1_000_000,
                    thinking: always ? .always : .optional)
            }
            guard let model = all.first(where: { $0.id == name }) else { throw .noModel(name) }
            guard kinds.contains(model.kind) else { throw .otherModel }
            return model
        }

        static let all: [Model] = [
            Model(id: "qwen-turbo", kind: .text, thinking: .optional, saysText: true),
            Model(id: "qwen-plus", kind: .text, maxOutput: 32_768, thinking: .optional, saysText: true),
            Model(id: "qwen-max", kind: .text, maxInput: 30_720, saysText: true),
            Model(id: "qwen-flash", kind: .text, maxOutput: 32_768, thinking: .optional),
            Model(id: "qwen-long", kind: .text, maxInput: 10_000_000),
            Model(id: "qwen-mt-plus", kind: .text, maxInput: 16_384),
            Model(id: "qwen2.5-72b-instruct", kind: .text),
            Model(id: "qwen2-72b-instruct", kind: .text, maxOutput: 6144, saysText: true, isOld: true),
            Model(id: "qwen1.5-72b-chat", kind: .text, maxOutput: 2000, maxInput: 30_720, saysText: true, isOld: true),
            Model(id: "qwen2.5-coder-32b-instruct", kind: .text),
            Model(id: "qwen3-max", kind: .text, maxOutput: 65_536),
            Model(id: "qwen3-235b-a22b", kind: .text, maxOutput: 16_384, thinking: .optional),
            Model(id: "qwen3-32b", kind: .text, maxOutput: 16_384, thinking: .optional),
            Model(id: "qwen3-8b", kind: .text, thinking: .optional),
            Model(id: "qwen3-235b-a22b-thinking-2507", kind: .text, maxOutput: 32_768, thinking: .always),
            Model(id: "qwq-plus", kind: .text, thinking: .always),
            Model(id: "deepseek-v3", kind: .text), Model(id: "deepseek-r1", kind: .text, thinking: .always),
            Model(id: "qwen-vl-plus", kind: .vision), Model(id: "qwen-vl-max", kind: .vision),
            Model(id: "qwen-vl-ocr", kind: .vision), Model(id: "qwen2.5-vl-72b-instruct", kind: .vision),
            Model(id: "qwen3-vl-plus", kind: .vision, maxOutput: 32_768, thinking: .optional),
            Model(id: "qwen-audio-turbo", kind: .vision),
            Model(id: "wanx-v1", kind: .picture), Model(id: "wanx2.1-t2i-turbo", kind: .picture),
            Model(id: "wanx2.1-imageedit", kind: .picture), Model(id: "wan2.5-t2i-preview", kind: .picture),
            Model(id: "wanx-background-generation-v2", kind: .picture),
            Model(id: "wanx-style-repaint-v1", kind: .picture),
            Model(id: "wanx2.1-t2v-turbo", kind: .video), Model(id: "wan2.5-t2v-preview", kind: .video),
            Model(id: "qwen-image", kind: .painter), Model(id: "qwen-image-plus", kind: .painter),
            Model(id: "qwen-image-edit", kind: .painter),
            Model(id: "text-embedding-v1", kind: .embedding), Model(id: "text-embedding-v2", kind: .embedding),
            Model(id: "text-embedding-v3", kind: .embedding), Model(id: "text-embedding-v4", kind: .embedding),
            Model(id: "text-embedding-async-v1", kind: .embedding),
            Model(id: "text-embedding-async-v2", kind: .embedding),
            Model(id: "multimodal-embedding-v1", kind: .multimodalEmbedding),
            Model(id: "gte-rerank", kind: .rerank), Model(id: "gte-rerank-v2", kind: .rerank),
            Model(id: "qwen3-rerank", kind: .rerank),
        ]
    }

    /// `GET /compatible-mode/v1/models`.
    func models(_ call: Call, _ name: Substring?) throws(Failure) -> Answer {
        func write(_ model: Model, to item: inout Document) {
            item.member("id", model.id)
            item.member("object", "model")
            item.member("created", 1_735_689_600)
            item.member("owned_by", "system")
        }
        if let name {
            let model = try Model.find(
                percentDecoded(name),
                [.text, .vision, .embedding, .picture, .video, .painter, .multimodalEmbedding, .rerank])
            return Self.whole(call) { write(model, to: &$0) }
        }
        return Self.whole(call) { root in
            root.array("data") { list in
                for model in Model.all { list.object { write(model, to: &$0) } }
            }
            root.member("object", "list")
        }
    }
}
