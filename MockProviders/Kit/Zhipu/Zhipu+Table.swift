/// The families of models, one line each: to add a family, add a line.
extension Zhipu.Model {
    private static func chat(
        _ maxOutput: Int, _ window: Int, sight: Sight = .none, boxed: Bool = false, streamsTools: Bool = false
    ) -> Zhipu.Model {
        Zhipu.Model(
            kind: .chat, maxOutput: maxOutput, window: window, thought: .field, sight: sight, isBoxed: boxed,
            streamsTools: streamsTools)
    }

    private static let newest = chat(131_072, 200_000, streamsTools: true)
    private static let old = Zhipu.Model(kind: .chat, isOld: true)
    private static let character = Zhipu.Model(kind: .chat, isOld: true, isCharacter: true)

    /// A family matches a name that is its prefix, or that continues with a dash behind it. The first match is used.
    static let families: [(prefix: String, model: Zhipu.Model)] = [
        ("glm-5v", chat(131_072, 200_000, sight: .all, streamsTools: true)),
        ("glm-5.2", newest),
        ("glm-5.1", newest),
        ("glm-5", newest),
        ("glm-4.7", newest),
        ("glm-4.6v", chat(32_768, 128_000, sight: .all, streamsTools: true)),
        ("glm-4.6", newest),
        ("glm-4.5v", chat(16_384, 64_000, sight: .all, boxed: true)),
        ("glm-4.5", chat(98_304, 128_000)),
        ("glm-4.1v", chat(16_384, 64_000, sight: .all, boxed: true)),
        ("glm-z1", Zhipu.Model(kind: .chat, isOld: true, maxOutput: 32_768, thought: .tags)),
        ("glm-4v", Zhipu.Model(kind: .chat, isOld: true, window: 8_192, sight: .bare)),
        ("glm-4", old),
        ("glm-3", old),
        ("glm-zero", old),
        ("charglm", character),
        ("emohaa", old),
        ("codegeex", old),
        ("embedding", Zhipu.Model(kind: .embedding)),
        ("glm-image", Zhipu.Model(kind: .image)),
        ("cogview", Zhipu.Model(kind: .image)),
        ("cogvideox", Zhipu.Model(kind: .video)),
        ("vidu", Zhipu.Model(kind: .video)),
        ("vidu2", Zhipu.Model(kind: .video)),
        ("moderation", Zhipu.Model(kind: .moderation)),
        ("cogtts", Zhipu.Model(kind: .speech)),
        ("glm-tts", Zhipu.Model(kind: .speech)),
        ("glm-asr", Zhipu.Model(kind: .transcription)),
    ]
}
