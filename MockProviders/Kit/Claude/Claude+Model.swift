import JSON

extension Claude {
    /// What the mock knows of a model: its row in the table (`Claude+Table.swift`).
    struct Model: Sendable {
        enum Thinking: Sendable { case none, budget, either, adaptive }

        /// The model's name in answers.
        let id: String
        let aliases: [String]
        let name: String
        let created: String
        let context: Int
        let maxOutput: Int
        var thinking = Thinking.none
        var efforts: [String] = []
        /// The model takes `temperature` or `top_p`, but not both.
        var takesOneSampling = false
        /// The model takes neither sampling parameters nor a prefill, and allows system messages between the turns.
        var isNewest = false
        /// The model serves text completions.
        var isLegacy = false

        var isMock: Bool { id.firstRange(of: "mock-") != nil }
        /// The model thinks even if it was not asked to.
        var alwaysThinks: Bool { id.firstRange(of: "mock-reasoning") != nil }

        static func find(_ name: String) -> Model? {
            if let known = byName[name] { return known }
            return name.firstRange(of: "mock-") != nil ? mock(name) : nil
        }

        private static func mock(_ name: String) -> Model {
            Model(
                id: name, aliases: [], name: name, created: "2025-10-01T00:00:00Z", context: 1 << 50,
                maxOutput: 1 << 40, thinking: .either, efforts: ["low", "medium", "high", "xhigh", "max"],
                isLegacy: true)
        }

        private static let byName: [String: Model] = {
            var names: [String: Model] = [:]
            for model in all { for name in [model.id] + model.aliases { names[name] = model } }
            return names
        }()
    }
}

extension Claude.Model {
    func write(to document: inout Document) {
        document.member("type", "model")
        document.member("id", id)
        document.member("display_name", name)
        document.member("created_at", created)
        document.member("max_input_tokens", context)
        document.member("max_tokens", maxOutput)
        document.member("capabilities", nil as String?)
    }
}
