extension Claude.Failure {
    private static let docs = "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/"

    static let bothSampling = invalid(
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    static let badImage = invalid("Could not process image")
    static let smallBudget = at(
        "thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024")
    static let largeBudget = invalid(
        "`max_tokens` must be greater than `thinking.budget_tokens`. \(docs)extended-thinking")
    static let thinkingTemperature = invalid(
        "`temperature` may only be set to 1 when thinking is enabled. \(docs)extended-thinking")
    static let thinkingForcedTool = invalid("Thinking may not be enabled when tool_choice forces tool use.")
    static let systemRole = at(
        "messages",
        "Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an "
            + "input message role.")

    static func imageTooBig(_ path: String, _ size: Int) -> Self {
        at("\(path).image.source.base64", "image exceeds 5 MB maximum: \(size) bytes > 5242880 bytes")
    }

    static func breakpoints(_ count: Int) -> Self {
        invalid("A maximum of 4 blocks with cache_control may be provided. Found \(count).")
    }

    static func alternation(_ role: String) -> Self {
        at(
            "messages",
            "roles must alternate between \"user\" and \"assistant\", but found multiple \"\(role)\" roles in a row")
    }

    static func unanswered(_ path: String, _ ids: [String]) -> Self {
        at(
            path,
            "`tool_use` ids were found without `tool_result` blocks immediately after: \(ids.joined(separator: ", ")). "
                + "Each `tool_use` block must have a corresponding `tool_result` block in the next message.")
    }

    static func orphan(_ path: String, _ id: String) -> Self {
        at(
            path,
            "unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each `tool_result` block must have a "
                + "corresponding `tool_use` block in the previous message.")
    }

    static func thinkingFirst(_ path: String, _ found: String) -> Self {
        at(
            "\(path).type",
            "Expected `thinking` or `redacted_thinking`, but found `\(found)`. When `thinking` is enabled, a final "
                + "`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
                + "`tool_result` blocks). \(docs)extended-thinking")
    }

    static func modified(_ path: String) -> Self {
        at(
            path,
            "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks "
                + "must remain as they were in the original response.")
    }

    static func forged(_ path: String, block: String = "thinking") -> Self {
        at(path, "Invalid `\(block == "thinking" ? "signature" : "data")` in `\(block)` block")
    }
}
