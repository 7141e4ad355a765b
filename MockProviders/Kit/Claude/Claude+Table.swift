/// The models, one line each: to add a model, add a line. The names are those of the SDK's list
/// (`anthropic/types/model.py`).
extension Claude.Model {
    /// The date of models whose release date is not known, as the SDK's `ModelInfo` says.
    private static let unknown = "1970-01-01"
    private static let three = ["low", "medium", "high"]
    private static let four = three + ["max"]
    private static let five = four + ["xhigh"]

    private static func row(
        _ id: String, or alias: String? = nil, _ name: String, _ day: String, _ maxOutput: Int,
        _ thinking: Thinking = .none, _ efforts: [String] = [], context: Int = 200_000, sampling: Sampling = .both
    ) -> Claude.Model {
        Claude.Model(
            id: id, aliases: alias.map { [$0] } ?? [], name: "Claude " + name, created: day + "T00:00:00Z",
            context: context, maxOutput: maxOutput, thinking: thinking, efforts: efforts,
            takesOneSampling: sampling == .one, isNewest: sampling == .none)
    }

    private enum Sampling { case both, one, none }

    /// Models that decide by themselves how long to think, and take neither sampling parameters nor a prefill.
    private static func newest(_ id: String, _ name: String, _ day: String = unknown) -> Claude.Model {
        row(id, name, day, 128_000, .adaptive, five, context: 1_000_000, sampling: .none)
    }

    /// Models that serve text completions.
    private static func legacy(_ id: String, _ name: String, _ day: String, context: Int) -> Claude.Model {
        var model = row(id, name, day, 4096, context: context)
        model.isLegacy = true
        return model
    }

    /// Newest first, as the service lists them.
    static let all: [Claude.Model] = [
        newest("claude-fable-5-2", "Fable 5.2"),
        newest("claude-mythos-5-2", "Mythos 5.2"),
        newest("claude-haiku-5-5", "Haiku 5.5"),
        newest("claude-sonnet-5-5", "Sonnet 5.5"),
        newest("claude-fable-5-1", "Fable 5.1"),
        newest("claude-opus-5-5", "Opus 5.5"),
        newest("claude-mythos-5-1", "Mythos 5.1"),
        newest("claude-sonnet-5", "Sonnet 5"),
        newest("claude-fable-5", "Fable 5"),
        newest("claude-mythos-5", "Mythos 5"),
        newest("claude-opus-5", "Opus 5"),
        newest("claude-opus-4-8", "Opus 4.8"),
        row("claude-opus-4-7", "Opus 4.7", "2026-04-14", 128_000, .adaptive, five, sampling: .none),
        row("claude-mythos-preview", "Mythos Preview", "2026-04-07", 128_000, .either, five, sampling: .one),
        row("claude-sonnet-4-6", "Sonnet 4.6", "2026-02-17", 64_000, .either, four, sampling: .one),
        row("claude-opus-4-6", "Opus 4.6", "2026-02-04", 128_000, .either, four, sampling: .one),
        row(
            "claude-opus-4-5-20251101",
            or: "claude-opus-4-5",
            "Opus 4.5",
            "2025-11-24",
            64_000,
            .budget,
            three,
            sampling: .one),
        row(
            "claude-haiku-4-5-20251001",
            or: "claude-haiku-4-5",
            "Haiku 4.5",
            "2025-10-15",
            64_000,
            .budget,
            sampling: .one),
        row(
            "claude-sonnet-4-5-20250929",
            or: "claude-sonnet-4-5",
            "Sonnet 4.5",
            "2025-09-29",
            64_000,
            .budget,
            sampling: .one),
        row(
            "claude-opus-4-1-20250805", or: "claude-opus-4-1", "Opus 4.1", "2025-08-05", 32_000, .budget, sampling: .one
        ),
        row("claude-opus-4-20250514", or: "claude-opus-4-0", "Opus 4", "2025-05-22", 32_000, .budget),
        row("claude-sonnet-4-20250514", or: "claude-sonnet-4-0", "Sonnet 4", "2025-05-22", 64_000, .budget),
        row("claude-3-7-sonnet-20250219", or: "claude-3-7-sonnet-latest", "Sonnet 3.7", "2025-02-24", 64_000, .budget),
        row("claude-3-5-haiku-20241022", or: "claude-3-5-haiku-latest", "Haiku 3.5", "2024-10-22", 8192),
        row("claude-3-5-sonnet-20241022", or: "claude-3-5-sonnet-latest", "Sonnet 3.5 (New)", "2024-10-22", 8192),
        row("claude-3-5-sonnet-20240620", "Sonnet 3.5 (Old)", "2024-06-20", 8192),
        row("claude-3-haiku-20240307", "Haiku 3", "2024-03-07", 4096),
        row("claude-3-opus-20240229", or: "claude-3-opus-latest", "Opus 3", "2024-02-29", 4096),
        row("claude-3-sonnet-20240229", "Sonnet 3", "2024-02-29", 4096),
        legacy("claude-2.1", "2.1", "2023-11-21", context: 200_000),
        legacy("claude-2.0", "2.0", "2023-07-11", context: 100_000),
        legacy("claude-instant-1.2", "Instant 1.2", "2023-08-09", context: 100_000),
    ]
}
