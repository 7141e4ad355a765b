import JSON

extension ChatRequest {
    /// What the client asked of the model's thinking, in OpenAI's words or else in OpenRouter's (`reasoning`) or Qwen's
    /// (`thinking_budget`), which stay among the extras since upstreams of OpenAI's format read them themselves.
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
