/// The models, one line each: to add a model, add a line.
extension Ali.Model {
    static let all: [Ali.Model] = texts + visions + pictures + vectors

    private static func text(
        _ id: String, output: Int = 8192, input: Int = 129_024, _ thinking: Thinking = .none, latest: Bool = false
    ) -> Ali.Model {
        Ali.Model(
            id: id, kind: .text, maxOutput: output, maxInput: input, thinking: thinking, hasLatest: latest)
    }

    /// Models whose standard answer is `output.text`.
    private static func early(
        _ id: String, output: Int = 8192, input: Int = 129_024, _ thinking: Thinking = .none, old: Bool = false
    ) -> Ali.Model {
        Ali.Model(
            id: id, kind: .text, maxOutput: output, maxInput: input, thinking: thinking, saysText: true, isOld: old,
            hasLatest: !old)
    }

    private static func open(_ id: String, of kind: Kind = .text, output: Int = 8192, _ thinking: Thinking)
        -> Ali.Model
    {
        Ali.Model(id: id, kind: kind, maxOutput: output, thinking: thinking, isOpenWeight: true)
    }

    private static func vision(
        _ id: String, output: Int = 8192, _ thinking: Thinking = .none, latest: Bool = false, omitsTotal: Bool = false
    ) -> Ali.Model {
        Ali.Model(
            id: id, kind: .vision, maxOutput: output, thinking: thinking, omitsTotal: omitsTotal, hasLatest: latest)
    }

    private static func plain(_ kind: Kind, _ ids: String...) -> [Ali.Model] {
        ids.map { Ali.Model(id: $0, kind: kind) }
    }

    private static let texts: [Ali.Model] = [
        text("qwen3.8-max", output: 65_536, input: 991_808, .optional),
        text("qwen3.8-flash", output: 65_536, input: 991_808, .optional),
        text("qwen3.7-max", output: 65_536, input: 991_808, .optional),
        text("qwen3.7-plus", output: 65_536, input: 991_808, .optional),
        text("qwen3.5-plus", output: 65_536, input: 991_808, .optional),
        text("qwen3.5-flash", output: 65_536, input: 991_808, .optional),
        text("qwen3-max", output: 65_536, input: 258_048, latest: true),
        text("qwen3-max-preview", output: 65_536, input: 258_048, .optional),
        text("qwen3-coder-plus", output: 65_536, input: 997_952),
        text("qwen3-coder-flash", output: 65_536, input: 997_952),
        early("qwen-turbo", .optional),
        early("qwen-plus", output: 32_768, .optional),
        early("qwen-max", input: 30_720),
        text("qwen-flash", output: 32_768, .optional),
        text("qwen-long", input: 10_000_000, latest: true),
        text("qwen-coder-plus", latest: true),
        text("qwen-math-plus", latest: true),
        text("qwen-mt-plus", input: 16_384),
        text("qwen-mt-turbo", input: 16_384),
        text("qwen-deep-research", output: 32_768),
        text("qwen2.5-72b-instruct"),
        text("qwen2.5-coder-32b-instruct"),
        early("qwen2-72b-instruct", output: 6144, old: true),
        early("qwen1.5-72b-chat", output: 2000, input: 30_720, old: true),
        early("qwen-72b-chat", output: 2000, input: 30_720, old: true),
        early("qwen-14b-chat", output: 2000, input: 6144, old: true),
        early("qwen-7b-chat", output: 1500, input: 6144, old: true),
        open("qwen3-235b-a22b", output: 16_384, .optional),
        open("qwen3-32b", output: 16_384, .optional),
        open("qwen3-8b", .optional),
        open("qwen3-235b-a22b-thinking-2507", output: 32_768, .always),
        open("qwen3-235b-a22b-instruct-2507", output: 32_768, .none),
        text("qwq-plus", .always, latest: true),
        text("qwq-32b", .always),
        text("deepseek-v3"),
        text("deepseek-v3.1", output: 65_536, .optional),
        text("deepseek-v3.2", output: 65_536, .optional),
        text("deepseek-r1", .always),
        text("glm-4.6", output: 16_384, .optional),
        text("kimi-k2-thinking", output: 16_384, .always),
    ]

    private static let visions: [Ali.Model] = [
        vision("qwen-vl-plus", latest: true, omitsTotal: true),
        vision("qwen-vl-max", latest: true, omitsTotal: true),
        vision("qwen-vl-ocr", latest: true),
        vision("qwen2.5-vl-72b-instruct"),
        vision("qwen3-vl-plus", output: 32_768, .optional),
        vision("qwen3-vl-flash", output: 32_768, .optional),
        open("qwen3-vl-30b-a3b-thinking", of: .vision, output: 32_768, .always),
        vision("qvq-max", .always, latest: true),
        vision("qwen-vl-chat-v1", omitsTotal: true),
        vision("qwen-omni-turbo", latest: true),
        vision("qwen-audio-turbo", latest: true),
    ]

    private static let pictures: [Ali.Model] =
        plain(
            .picture, "wanx-v1", "wanx2.1-t2i-turbo", "wanx2.1-imageedit", "wan2.2-t2i-flash", "wan2.5-t2i-preview",
            "wan2.5-i2i-preview", "wanx-sketch-to-image-v1",
            "wanx-background-generation-v2", "wanx-style-repaint-v1")
        + plain(
            .video, "wanx2.1-t2v-turbo", "wanx2.1-t2v-plus", "wanx2.1-i2v-turbo", "wanx2.1-i2v-plus",
            "wanx2.1-kf2v-plus", "wan2.6-r2v", "wan2.7-r2v", "wan2.5-t2v-preview", "wan2.7-t2v", "wan2.7-i2v")
        + plain(.painter, "qwen-image", "qwen-image-plus", "qwen-image-edit", "wan2.6-t2i", "wan2.6-image")

    private static let vectors: [Ali.Model] =
        plain(
            .embedding, "text-embedding-v1", "text-embedding-v2", "text-embedding-v3", "text-embedding-v4",
            "qwen3.7-text-embedding",
            "text-embedding-async-v1", "text-embedding-async-v2")
        + plain(
            .multimodalEmbedding, "multimodal-embedding-v1", "multimodal-embedding-one-peace-v1",
            "qwen2.5-vl-embedding", "qwen3-vl-embedding",
            "tongyi-embedding-vision-plus", "tongyi-embedding-vision-flash")
        + plain(.rerank, "gte-rerank", "gte-rerank-v2", "qwen3-rerank", "qwen3-vl-rerank", "qwen3.7-text-rerank")
}
