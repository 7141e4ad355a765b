import JSON

extension ChatRequest {
    /// The reasoning that the client asked for, in OpenAI's members, or else in OpenRouter's (`reasoning`) or Qwen's
    /// (`thinking_budget`). The latter two stay among the extras, because upstreams of OpenAI's format read them
    /// themselves.
    package var wantedReasoning: ReasoningOptions? {
        if let reasoning { return reasoning }
        guard let extras else { return nil }
        let object = extras.members["reasoning"]
        let isOff = object?["enabled"]?.bool == false
        let effort = isOff ? "none" : object?["effort"]?.string
        let budget = isOff ? nil : object?["max_tokens"]?.int ?? extras.members["thinking_budget"]?.int
        if effort == nil, budget == nil {
            return object?["enabled"]?.bool == true ? ReasoningOptions(effort: "medium") : nil
        }
        return ReasoningOptions(effort: effort, budget: budget)
    }
}
