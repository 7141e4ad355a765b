import JSON

/// What the operator's own members change of what a request may cost.
extension RequestRules {
    private static let limits = [
        "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "max_new_tokens",
    ]
    private static let counts = ["n", "candidateCount", "candidate_count"]

    /// The most tokens that an answer may have; `nil` where nothing is said of it.
    package var maxTokens: Int64? { Self.limits.compactMap { number($0) }.max() }

    /// How many answers or pictures are asked for; `nil` where nothing is said of it.
    package var count: Int64? { Self.counts.compactMap { number($0) }.max().map { min(max(1, $0), 1024) } }

    /// A text that is set at the top of the body, or in an object there.
    package func text(_ name: String) -> String? { value(name)?.string }

    /// Whether an answer may be sound.
    package var speaks: Bool {
        parameters["audio"]?.object != nil
            || parameters["modalities"]?.array?.contains { $0.string == "audio" } == true
    }

    private func number(_ name: String) -> Int64? { value(name)?.int.map { min(max(0, $0), 1 << 40) } }

    /// Many formats keep limits in an object, such as Gemini's `generationConfig`.
    private func value(_ name: String) -> JSON? {
        parameters[name] ?? parameters.members.lazy.compactMap { $0.value[name] }.first
    }
}
