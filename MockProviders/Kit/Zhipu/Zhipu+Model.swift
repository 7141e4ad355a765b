extension Zhipu {
    /// What the mock knows of a model: the row of its family in the table (`Zhipu+Table.swift`).
    struct Model: Sendable {
        enum Kind { case chat, embedding, image, video, moderation, speech, transcription }

        enum Thought {
            case none
            /// The thoughts are in `reasoning_content`. They are on unless the request turns them off.
            case field
            /// The thoughts stand between `<think>` and `</think>` at the beginning of the content, always.
            case tags
        }

        enum Sight {
            case none
            /// The model takes an address or bare base64, but no `data:` URL.
            case bare
            case all
        }

        var id = ""
        let kind: Kind
        /// An older model: open intervals for sampling, no `object` in answers, `tool_choice` is ignored, no empty
        /// `content` beside calls.
        var isOld = false
        var maxOutput = 4_095
        var window = 128_000
        var thought = Thought.none
        var sight = Sight.none
        /// The answers stand between box marks.
        var isBoxed = false
        /// A role-playing model, which needs to know who talks to whom.
        var isCharacter = false
        /// The model sends arguments in pieces when the request asks for it.
        var streamsTools = false

        /// The model with a name, or `nil` if there is none.
        static func find(_ name: String, for kind: Kind) -> Model? {
            if name.firstRange(of: "mock-") != nil { return mock(name, kind) }
            let isOf = { (prefix: String) in name == prefix || name.hasPrefix(prefix + "-") }
            guard var model = families.first(where: { isOf($0.prefix) })?.model else { return nil }
            model.id = name
            return model
        }

        /// A model that can do everything, without limits except for `mock-window-N`.
        private static func mock(_ name: String, _ kind: Kind) -> Model {
            Model(
                id: name, kind: kind, maxOutput: 1 << 30, window: Zhipu.number(after: "mock-window-", in: name) ?? .max,
                thought: name.firstRange(of: "mock-reasoning") != nil ? .field : .none, sight: .all, streamsTools: true)
        }
    }
}
