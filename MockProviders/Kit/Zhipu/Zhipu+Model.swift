extension Zhipu {
    /// What a model is called and what it can.
    struct Model: Sendable {
        enum Kind { case chat, embedding, image, video, moderation, speech, transcription }

        enum Thought {
            case none
            /// In `reasoning_content`, on unless the request turns it off.
            case field
            /// Between `<think>` and `</think>` at the head of the content, always.
            case tags
        }

        enum Sight {
            case none
            /// Bare base64 or an address, but no `data:` address.
            case bare
            case all
        }

        var id = ""
        let kind: Kind
        /// Open intervals for sampling, no `object` in answers, `tool_choice` ignored, no empty `content` beside calls.
        var isOld = false
        var maxOutput = 4_095
        var window = 128_000
        var thought = Thought.none
        var sight = Sight.none
        /// Its answers stand between box marks.
        var isBoxed = false
        /// It needs to know who talks to whom.
        var isCharacter = false
        /// It sends arguments in pieces when asked.
        var streamsTools = false

        /// The model of that name, or `nil` if there is none.
        static func find(_ name: String, for kind: Kind) -> Model? {
            if name.firstRange(of: "mock-") != nil { return mock(name, kind) }
            let family = families.first { name == $0.prefix || name.hasPrefix($0.prefix + "-") }
            guard var model = family?.model else { return nil }
            model.id = name
            return model
        }

        /// A model that can everything, without limits but for `mock-window-N`.
        private static func mock(_ name: String, _ kind: Kind) -> Model {
            Model(
                id: name, kind: kind, maxOutput: 1 << 30, window: Zhipu.number(after: "mock-window-", in: name) ?? .max,
                thought: name.firstRange(of: "mock-reasoning") != nil ? .field : .none, sight: .all, streamsTools: true)
        }

        private static func chat(_ maxOutput: Int, _ window: Int, sight: Sight = .none, streamsTools: Bool = false)
            -> Model
        {
            Model(
                kind: .chat, maxOutput: maxOutput, window: window, thought: .field, sight: sight,
                streamsTools: streamsTools)
        }

        private static let old = Model(kind: .chat, isOld: true)
        private static let character = Model(kind: .chat, isOld: true, isCharacter: true)

        /// By the beginning of their names; the first that fits.
        private static let families: [(prefix: String, model: Model)] = [
            ("glm-5", chat(131_072, 200_000, streamsTools: true)),
            ("glm-4.7", chat(131_072, 200_000, streamsTools: true)),
            ("glm-4.6v", chat(32_768, 128_000, sight: .all, streamsTools: true)),
            ("glm-4.6", chat(131_072, 200_000, streamsTools: true)),
            (
                "glm-4.5v",
                Model(
                    kind: .chat, maxOutput: 16_384, window: 64_000, thought: .field, sight: .all, isBoxed: true)
            ),
            ("glm-4.5", chat(98_304, 128_000)),
            ("glm-z1", Model(kind: .chat, isOld: true, maxOutput: 32_768, thought: .tags)),
            ("glm-4v", Model(kind: .chat, isOld: true, window: 8_192, sight: .bare)), ("glm-4", old),
            ("glm-3", old), ("glm-zero", old), ("charglm", character), ("emohaa", old), ("codegeex", old),
            ("embedding", Model(kind: .embedding)), ("cogview", Model(kind: .image)),
            ("cogvideox", Model(kind: .video)), ("vidu", Model(kind: .video)),
            ("moderation", Model(kind: .moderation)), ("cogtts", Model(kind: .speech)),
            ("glm-tts", Model(kind: .speech)), ("glm-asr", Model(kind: .transcription)),
        ]
    }
}
