extension Claude.Failure {
    static let badKey = Self(status: 401, type: "authentication_error", message: "invalid x-api-key")
    static let noKey = Self(status: 401, type: "authentication_error", message: "x-api-key header is required")
    static let badBearer = Self(status: 401, type: "authentication_error", message: "Invalid bearer token")
    static let noVersion = invalid("anthropic-version: header is required")
    static let unknownPath = Self(status: 404, type: "not_found_error", message: "Not Found")
    static let badMethod = Self(status: 405, message: "Method Not Allowed")
    static let tooLarge = Self(status: 413, type: "request_too_large", message: "Request exceeds the maximum size")

    static func noModel(_ name: String) -> Self {
        Self(status: 404, type: "not_found_error", message: "model: \(name)")
    }

    static func notFound(_ what: String, _ id: String) -> Self {
        Self(status: 404, type: "not_found_error", message: "\(what) \(id) not found")
    }

    static let credit = invalid(
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
            + "purchase credits.")
    static let emptyContent = "all messages must have non-empty content except for the optional final assistant message"

    static func tooLong(_ tokens: Int, _ limit: Int) -> Self {
        invalid("prompt is too long: \(tokens) tokens > \(limit) maximum")
    }

    static func sumTooLong(_ input: Int, _ output: Int, _ limit: Int) -> Self {
        invalid(
            "input length and `max_tokens` exceed context limit: \(input) + \(output) > \(limit), decrease input length "
                + "or `max_tokens` and try again")
    }

    static func aboveCap(_ tokens: Int, _ model: String, _ cap: Int) -> Self {
        invalid(
            "max_tokens: \(tokens) > \(cap), which is the maximum allowed number of output tokens for \(model)")
    }

    static func effort(_ level: String, _ levels: [String]) -> Self {
        let sorted = levels.sorted().joined(separator: ", ")
        return invalid("This model does not support effort level '\(level)'. Supported levels: \(sorted).")
    }

    /// The failure for a name, an error type or a status; `MockProviders/Docs/anthropic.md` lists them.
    static func catalogue(_ name: String, model: String, created: Int) -> Self? {
        access(name, model: model) ?? limits(name, model: model, created: created) ?? requests(name) ?? turns(name)
            ?? thoughts(name)
    }

    private static func access(_ name: String, model: String) -> Self? {
        switch name {
        case "401", "authentication_error", "invalid_api_key", "bad_key": badKey
        case "no_api_key", "no_key": noKey
        case "bad_bearer": badBearer
        case "no_version": noVersion
        case "402", "billing_error":
            Self(status: 402, type: "billing_error", message: credit.message)
        case "no_credit", "insufficient_quota": credit
        case "403", "permission_error":
            Self(
                status: 403, type: "permission_error",
                message: "Your API key does not have permission to use the specified resource.")
        case "forbidden": Self(status: 403, type: "forbidden", message: "Request not allowed")
        case "404", "not_found_error", "model_not_found": noModel(model)
        case "unknown_path": unknownPath
        case "405": badMethod
        default: nil
        }
    }

    private static func limits(_ name: String, model: String, created: Int) -> Self? {
        switch name {
        case "408": Self(status: 408, type: "timeout_error", message: "Request timed out")
        case "409", "conflict_error":
            Self(status: 409, type: "conflict_error", message: "The request conflicts with another one.")
        case "413", "request_too_large": tooLarge
        case "422": Self(status: 422, message: "The request was well-formed but could not be followed.")
        case "429", "rate_limit_error", "rate_limit_exceeded": rateLimit(model, created)
        case "500", "api_error": Self(status: 500, type: "api_error", message: "Internal server error")
        case "502": Self(status: 502, type: "api_error", message: "Bad gateway")
        case "503": Self(status: 503, type: "api_error", message: "Service unavailable")
        case "504", "timeout_error": Self(status: 504, type: "timeout_error", message: "Request timed out")
        case "529", "overloaded_error":
            Self(
                status: 529, type: "overloaded_error", message: "Overloaded",
                headers: [("x-should-retry", "true")])
        default: nil
        }
    }

    private static func rateLimit(_ model: String, _ created: Int) -> Self {
        var headers = [("retry-after", "1"), ("x-should-retry", "true")]
        for name in ["requests", "tokens", "input-tokens", "output-tokens"] {
            headers.append(("anthropic-ratelimit-\(name)-limit", "50000"))
            headers.append(("anthropic-ratelimit-\(name)-remaining", "0"))
            headers.append(("anthropic-ratelimit-\(name)-reset", rfc3339(created + 1)))
        }
        return Self(
            status: 429, type: "rate_limit_error",
            message: "This request would exceed your organization's rate limit of 50,000 input tokens per minute (org: "
                + "3fe5ca73-0000-4a1b-8c2d-6d6f636b0001, model: \(model)). Please try again later.", headers: headers)
    }

    private static func requests(_ name: String) -> Self? {
        switch name {
        case "400", "invalid_request_error", "no_max_tokens": missing("max_tokens")
        case "effort": effort("xhigh", ["low", "medium", "high", "max"])
        case "empty_messages": at("messages", "at least one message is required")
        case "max_tokens_above_cap": aboveCap(999_999, "claude-sonnet-4-5-20250929", 64_000)
        case "prompt_too_long", "context_length_exceeded": tooLong(213_462, 200_000)
        case "context_limit": sumTooLong(190_000, 20_000, 200_000)
        case "temperature": at("temperature", "range: 0..1")
        case "both_sampling": bothSampling
        case "tool_name": at("tools.0.custom.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
        case "tool_names_unique": at("tools", "Tool names must be unique.")
        case "tool_schema": at("tools.0.custom.input_schema.type", "Input should be 'object'")
        case "unknown_field": extra("foo")
        case "bad_image": badImage
        case "image_too_big": imageTooBig("messages.0.content.0", 6_291_456)
        case "cache_breakpoints": breakpoints(5)
        default: nil
        }
    }

    private static func turns(_ name: String) -> Self? {
        switch name {
        case "empty_content": at("messages.1", emptyContent)
        case "empty_text": at("messages", "text content blocks must be non-empty")
        case "blank_text": at("messages", "text content blocks must contain non-whitespace text")
        case "prefill_blank": at("messages", "final assistant content cannot end with trailing whitespace")
        case "first_role": at("messages", "first message must use the \"user\" role")
        case "alternate_roles": alternation("user")
        case "system_role": systemRole
        case "tool_use_unanswered": unanswered("messages.5", ["toolu_01AbMock9fGh2JkLmNpQrStU"])
        case "orphan_tool_result": orphan("messages.2.content.0", "toolu_01AbMock9fGh2JkLmNpQrStU")
        case "tool_use_ids_unique": at("messages.1.content.1", "`tool_use` ids must be unique")
        default: nil
        }
    }

    private static func thoughts(_ name: String) -> Self? {
        switch name {
        case "thinking_first": thinkingFirst("messages.1.content.0", "text")
        case "thinking_modified": modified("messages.9.content.15")
        case "thinking_signature": forged("messages.1.content.0")
        case "thinking_budget": smallBudget
        case "budget_above_max_tokens": largeBudget
        case "thinking_temperature": thinkingTemperature
        case "thinking_forced_tool": thinkingForcedTool
        default: nil
        }
    }
}
