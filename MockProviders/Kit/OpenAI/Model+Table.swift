/// The models, one line each: to add a model, add a line. The names are those of the SDK's lists
/// (`openai/types/shared`).
extension Model {
    /// A model. If a date is given, the name in answers ends with it.
    private static func row(
        _ id: String, at day: String? = nil, _ kind: Kind, _ context: Int = 8192, _ output: Int = 4096,
        _ traits: Traits = [], _ efforts: [String] = [], _ painter: Painter? = nil
    ) -> Model {
        Model(
            id: id, snapshot: day.map { "\(id)-\($0)" } ?? id, kind: kind, context: context, maxOutput: output,
            traits: traits, efforts: efforts, painter: painter)
    }

    private static func thinker(
        _ id: String, at day: String? = nil, _ efforts: [String], _ traits: Traits = .sees, context: Int = 400_000,
        output: Int = 128_000
    ) -> Model {
        row(id, at: day, .reasoning, context, output, traits, efforts)
    }

    private static func small(_ id: String, at day: String? = nil, _ efforts: [String], _ traits: Traits = .sees)
        -> Model
    {
        thinker(id, at: day, efforts, traits, context: 200_000, output: 100_000)
    }

    private static func painter(_ id: String, at day: String? = nil, _ painter: Painter) -> Model {
        row(id, at: day, .image, 8192, 4096, [], [], painter)
    }

    static let all = chats + thinkers + responses + pictures + others

    private static let chats: [Model] = [
        row("gpt-4o", at: "2024-08-06", .chat, 128_000, 16_384, .sees),
        row("gpt-4o-2024-05-13", .chat, 128_000, 4096, .sees),
        row("gpt-4o-2024-11-20", .chat, 128_000, 16_384, .sees),
        row("gpt-4o-mini", at: "2024-07-18", .chat, 128_000, 16_384, .sees),
        row("gpt-4o-audio-preview", at: "2025-06-03", .chat, 128_000, 16_384),
        row("gpt-4o-audio-preview-2024-12-17", .chat, 128_000, 16_384),
        row("gpt-4o-audio-preview-2024-10-01", .chat, 128_000, 16_384),
        row("gpt-4o-mini-audio-preview", at: "2024-12-17", .chat, 128_000, 16_384),
        row("gpt-audio-mini", at: "2025-12-15", .chat, 128_000, 16_384),
        row("gpt-audio-1.5", .chat, 128_000, 16_384),
        row("gpt-4o-search-preview", at: "2025-03-11", .chat, 128_000, 16_384),
        row("gpt-4o-mini-search-preview", at: "2025-03-11", .chat, 128_000, 16_384),
        row("chatgpt-4o-latest", .chat, 128_000, 16_384, .sees),
        row("gpt-5-chat-latest", .chat, 128_000, 16_384, .sees),
        row("gpt-4.1", at: "2025-04-14", .chat, 1_047_576, 32_768, .sees),
        row("gpt-4.1-mini", at: "2025-04-14", .chat, 1_047_576, 32_768, .sees),
        row("gpt-4.1-nano", at: "2025-04-14", .chat, 1_047_576, 32_768, .sees),
        row("gpt-4", at: "0613", .chat, 8192, 8192),
        row("gpt-4-0314", .chat, 8192, 8192),
        row("gpt-4-32k", at: "0613", .chat, 32_768, 32_768),
        row("gpt-4-turbo", at: "2024-04-09", .chat, 128_000, 4096, .sees),
        row("gpt-4-turbo-preview", .chat, 128_000, 4096),
        row("gpt-4-vision-preview", .chat, 128_000, 4096, .sees),
        row("gpt-4-32k-0314", .chat, 32_768, 32_768),
        row("gpt-4-1106-preview", .chat, 128_000, 4096),
        row("gpt-4-0125-preview", .chat, 128_000, 4096),
        row("gpt-3.5-turbo", at: "0125", .chat, 16_385, 4096),
        row("gpt-3.5-turbo-1106", .chat, 16_385, 4096),
        row("gpt-3.5-turbo-0613", .chat, 4096, 4096),
        row("gpt-3.5-turbo-0301", .chat, 4096, 4096),
        row("gpt-3.5-turbo-16k", at: "0613", .chat, 16_385, 4096),
        row("ft:gpt-4o-mini-2024-07-18:acme::B1mock01", .chat, 128_000, 16_384, .sees),
        row("mock-tokens-50", .any, .max, .max, .sees, Effort.all),
    ]

    private static let thinkers: [Model] = [
        thinker("gpt-6.2-astra", Effort.gpt6),
        thinker("gpt-6.2-sol", Effort.gpt6),
        thinker("gpt-6.1-sol", Effort.gpt6),
        thinker("gpt-6.1-terra", Effort.gpt6),
        thinker("gpt-6-astra", Effort.gpt6),
        thinker("gpt-6-sol", Effort.gpt6),
        thinker("gpt-6-luna", Effort.gpt6),
        thinker("gpt-5.6-sol", Effort.gpt55),
        thinker("gpt-5.6-terra", Effort.gpt55),
        thinker("gpt-5.6-luna", Effort.gpt55),
        thinker("gpt-5.5", at: "2026-04-23", Effort.gpt55),
        thinker("gpt-5.4", at: "2026-03-05", Effort.gpt52),
        thinker("gpt-5.4-mini", at: "2026-03-17", Effort.gpt52),
        thinker("gpt-5.4-nano", at: "2026-03-17", Effort.gpt52),
        thinker("gpt-5.3-chat-latest", Effort.fixed),
        thinker("gpt-5.2", at: "2025-12-11", Effort.gpt52),
        thinker("gpt-5.2-chat-latest", Effort.fixed),
        thinker("gpt-5.2-pro", at: "2025-12-11", Effort.pro),
        thinker("gpt-5.1", at: "2025-11-13", Effort.gpt51),
        thinker("gpt-5.1-chat-latest", Effort.fixed),
        thinker("gpt-5.1-codex", Effort.three),
        thinker("gpt-5", at: "2025-08-07", Effort.gpt5),
        thinker("gpt-5-mini", at: "2025-08-07", Effort.gpt5),
        thinker("gpt-5-nano", at: "2025-08-07", Effort.gpt5),
        small("o1", at: "2024-12-17", Effort.three),
        small("o3", at: "2025-04-16", Effort.three, [.sees, .refusesStop]),
        small("o3-mini", at: "2025-01-31", Effort.three, []),
        small("o4-mini", at: "2025-04-16", Effort.three, [.sees, .refusesStop]),
        thinker("o1-mini", at: "2024-09-12", Effort.fixed, .refusesSystem, context: 128_000, output: 65_536),
        thinker("o1-preview", at: "2024-09-12", Effort.fixed, .refusesSystem, context: 128_000, output: 32_768),
        row("mock-reasoning", .reasoning, .max, .max, .sees, Effort.all),
    ]

    private static let responses: [Model] = [
        row("gpt-6.2-astra-law", .responses),
        row("gpt-6-cyber", .responses),
        row("gpt-6-rosalind", .responses),
        row("gpt-5.6-cyber", .responses),
        row("gpt-rosalind-research", .responses),
        row("gpt-daybreak-blue-latest", .responses),
        row("gpt-daybreak-red-latest", .responses),
        row("gpt-5.5-pro", at: "2026-04-23", .responses),
        row("gpt-5.2-codex", .responses),
        row("gpt-5.1-codex-max", .responses),
        row("gpt-5-codex", .responses),
        row("gpt-5-pro", at: "2025-10-06", .responses),
        row("codex-mini-latest", .responses),
        row("o1-pro", at: "2025-03-19", .responses),
        row("o3-pro", at: "2025-06-10", .responses),
        row("o3-deep-research", at: "2025-06-26", .responses),
        row("o4-mini-deep-research", at: "2025-06-26", .responses),
        row("computer-use-preview", at: "2025-03-11", .responses),
    ]

    private static let pictures: [Model] = [
        painter("gpt-image-2.6-sunburst", .gptImage25),
        painter("gpt-image-2.6-flare", .gptImage25),
        painter("gpt-image-2.5-sunburst", at: "2026-09-08", .gptImage25),
        painter("gpt-image-2.5-flare", at: "2026-09-08", .gptImage25),
        painter("gpt-image-2", at: "2026-04-21", .gptImage2),
        painter("gpt-image-1.5", .gptImage1),
        painter("gpt-image-1", .gptImage1),
        painter("gpt-image-1-mini", .gptImage1),
        painter("chatgpt-image-latest", .gptImage1),
        painter("dall-e-2", .dallE2),
        painter("dall-e-3", .dallE3),
    ]

    private static let others: [Model] = [
        Model(
            id: "gpt-3.5-turbo-instruct",
            snapshot: "gpt-3.5-turbo-instruct:20230824-v2",
            kind: .completion,
            context: 4096, maxOutput: 4096),
        row("davinci-002", .completion, 16_384, 16_384),
        row("babbage-002", .completion, 16_384, 16_384),
        row("text-embedding-ada-002", at: "v2", .embedding),
        row("text-embedding-3-small", .embedding),
        row("text-embedding-3-large", .embedding),
        row("tts-1", .speech),
        row("tts-1-hd", .speech),
        row("gpt-4o-mini-tts", .speech),
        row("gpt-4o-mini-tts-2025-12-15", .speech),
        row("whisper-1", .transcription),
        row("gpt-transcribe", .transcription),
        row("gpt-4o-transcribe", .transcription),
        row("gpt-4o-transcribe-diarize", .transcription),
        row("gpt-4o-mini-transcribe", .transcription),
        row("gpt-4o-mini-transcribe-2025-12-15", .transcription),
        row("omni-moderation-latest", .moderation),
        row("omni-moderation-2024-09-26", .moderation),
        row("text-moderation-stable", .moderation),
        Model(
            id: "text-moderation-latest",
            snapshot: "text-moderation-007",
            kind: .moderation,
            context: 8192,
            maxOutput: 4096),
    ]
}
