import JSON

extension Claude {
    /// What the mock knows of a model.
    struct Model: Sendable {
        enum Thinking: Sendable { case none, budget, either, adaptive }

        /// The name in answers.
        let id: String
        let aliases: [String]
        let name: String
        let created: String
        let context: Int
        let maxOutput: Int
        var thinking = Thinking.none
        var efforts: [String] = []
        /// Temperature or `top_p`, not both.
        var takesOneSampling = false
        /// No sampling, no prefill, system messages between the turns.
        var isNewest = false
        /// Text completions.
        var isLegacy = false

        var isMock: Bool { id.firstRange(of: "mock-") != nil }
        /// Thinks though nobody asked.
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
    private static func row(
        _ id: String, _ aliases: [String], _ name: String, _ day: String, _ maxOutput: Int,
        _ thinking: Thinking = .none, _ efforts: [String] = [], context: Int = 200_000
    ) -> Claude.Model {
        Claude.Model(
            id: id, aliases: aliases, name: "Claude " + name, created: day + "T00:00:00Z", context: context,
            maxOutput: maxOutput, thinking: thinking, efforts: efforts)
    }

    private func changed(_ body: (inout Claude.Model) -> Void) -> Claude.Model {
        var copy = self
        body(&copy)
        return copy
    }

    private static let four = ["low", "medium", "high", "max"]

    /// Newest first, as the service lists them.
    static let all: [Claude.Model] = [
        row("claude-opus-4-7", [], "Opus 4.7", "2026-04-14", 128_000, .adaptive, four + ["xhigh"])
            .changed { $0.isNewest = true },
        row("claude-sonnet-4-6", [], "Sonnet 4.6", "2026-02-17", 64_000, .either, four)
            .changed { $0.takesOneSampling = true },
        row("claude-opus-4-6", [], "Opus 4.6", "2026-02-04", 128_000, .either, four)
            .changed { $0.takesOneSampling = true },
        row(
            "claude-opus-4-5-20251101", ["claude-opus-4-5"], "Opus 4.5", "2025-11-24", 64_000, .budget,
            ["low", "medium", "high"]
        ).changed { $0.takesOneSampling = true },
        row("claude-haiku-4-5-20251001", ["claude-haiku-4-5"], "Haiku 4.5", "2025-10-15", 64_000, .budget)
            .changed { $0.takesOneSampling = true },
        row("claude-sonnet-4-5-20250929", ["claude-sonnet-4-5"], "Sonnet 4.5", "2025-09-29", 64_000, .budget)
            .changed { $0.takesOneSampling = true },
        row("claude-opus-4-1-20250805", ["claude-opus-4-1"], "Opus 4.1", "2025-08-05", 32_000, .budget)
            .changed { $0.takesOneSampling = true },
        row("claude-opus-4-20250514", ["claude-opus-4-0"], "Opus 4", "2025-05-22", 32_000, .budget),
        row("claude-sonnet-4-20250514", ["claude-sonnet-4-0"], "Sonnet 4", "2025-05-22", 64_000, .budget),
        row("claude-3-7-sonnet-20250219", ["claude-3-7-sonnet-latest"], "Sonnet 3.7", "2025-02-24", 64_000, .budget),
        row("claude-3-5-haiku-20241022", ["claude-3-5-haiku-latest"], "Haiku 3.5", "2024-10-22", 8192),
        row("claude-3-5-sonnet-20241022", ["claude-3-5-sonnet-latest"], "Sonnet 3.5 (New)", "2024-10-22", 8192),
        row("claude-3-5-sonnet-20240620", [], "Sonnet 3.5 (Old)", "2024-06-20", 8192),
        row("claude-3-haiku-20240307", [], "Haiku 3", "2024-03-07", 4096),
        row("claude-3-opus-20240229", ["claude-3-opus-latest"], "Opus 3", "2024-02-29", 4096),
        row("claude-3-sonnet-20240229", [], "Sonnet 3", "2024-02-29", 4096),
        row("claude-2.1", [], "2.1", "2023-11-21", 4096).changed { $0.isLegacy = true },
        row("claude-2.0", [], "2.0", "2023-07-11", 4096, context: 100_000).changed { $0.isLegacy = true },
        row("claude-instant-1.2", [], "Instant 1.2", "2023-08-09", 4096, context: 100_000)
            .changed { $0.isLegacy = true },
    ]

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
