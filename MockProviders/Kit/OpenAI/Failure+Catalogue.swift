extension Failure {
    static let noKey = Failure(
        status: 401,
        message: "You didn't provide an API key. You need to provide your API key in an Authorization header using "
            + "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if "
            + "you're accessing the API from your browser and are prompted for a username and password. You can obtain "
            + "an API key from https://platform.openai.com/account/api-keys.",
        layer: .front, headers: [("www-authenticate", "Basic realm=\"OpenAI API\"")])

    static func badKey(_ key: String) -> Failure {
        let stars = String(repeating: "*", count: max(0, key.count - 9))
        let masked = key.count > 12 ? key.prefix(5) + stars + key.suffix(4) : key[...]
        return Failure(
            status: 401, code: "invalid_api_key",
            message: "Incorrect API key provided: \(masked). You can find your API key at "
                + "https://platform.openai.com/account/api-keys.", layer: .front)
    }

    static func badURL(_ method: String, _ route: String) -> Failure {
        Failure(status: 404, message: "Invalid URL (\(method) /v1/\(route))", layer: .front)
    }

    static func badMethod(_ method: String, _ route: String) -> Failure {
        Failure(
            status: 405, code: "method_not_supported", message: "Not allowed to \(method) on /v1/\(route)",
            layer: .front)
    }

    static func noModel(_ model: String) -> Failure {
        Failure(
            status: 404, code: "model_not_found",
            message: "The model `\(model)` does not exist or you do not have access to it.", layer: .front)
    }

    static let notJSON = Failure(
        message: "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
            + "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. "
            + "If you have trouble figuring out how to fix this, please contact us through our help center at "
            + "help.openai.com.)")

    static func tooLarge(limit: Int) -> Failure {
        Failure(
            status: 413, type: "server_error", message: "Maximum content size limit (\(limit)) exceeded")
    }

    static let server = Failure(
        status: 500, type: "server_error",
        message: "The server had an error while processing your request. Sorry about that! You can retry your request, "
            + "or contact us through our help center at help.openai.com if the error persists.")

    private static func rateLimit(_ dimension: String, model: String) -> Failure {
        let unit = dimension == "tokens" ? "tokens per min (TPM)" : "requests per min (RPM)"
        let numbers =
            dimension == "tokens" ? "Limit 30000, Used 28039, Requested 2048" : "Limit 3, Used 3, Requested 1"
        return Failure(
            status: 429, type: dimension, code: "rate_limit_exceeded",
            message: "Rate limit reached for \(model) in organization org-mock on \(unit): \(numbers). Please try "
                + "again in 174ms. Visit https://platform.openai.com/account/rate-limits to learn more.",
            headers: [
                ("retry-after", "1"), ("retry-after-ms", "174"), ("x-ratelimit-limit-\(dimension)", "30000"),
                ("x-ratelimit-remaining-\(dimension)", "0"), ("x-ratelimit-reset-\(dimension)", "174ms"),
            ])
    }

    private static let quota = Failure(
        status: 429, type: "insufficient_quota", code: "insufficient_quota",
        message: "You exceeded your current quota, please check your plan and billing details. For more information on "
            + "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.")

    /// The failure for a name or a status; `MockProviders/README.md` lists them.
    static func catalogue(_ name: String, model: String, key: String) -> Failure? {
        refusals(name, model: model, key: key) ?? limits(name, model: model) ?? rejections(name)
    }

    private static func refusals(_ name: String, model: String, key: String) -> Failure? {
        switch name {
        case "401", "invalid_api_key": badKey(key)
        case "no_api_key": noKey
        case "mismatched_organization":
            Failure(
                status: 401, code: name, message: "OpenAI-Organization header should match organization for API key",
                layer: .front)
        case "403", "unsupported_country_region_territory":
            Failure(
                status: 403, type: "request_forbidden", code: "unsupported_country_region_territory",
                message: "Country, region, or territory not supported", layer: .front)
        case "model_access":
            Failure(
                status: 403, code: "model_not_found",
                message: "Project `proj_mock` does not have access to model `\(model)`", layer: .front)
        case "404", "model_not_found": noModel(model)
        case "405", "method_not_supported": badMethod("POST", "chat/completions")
        case "not_a_chat_model": notChat
        default: nil
        }
    }

    static let notChat = Failure(
        status: 404, param: "model",
        message: "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to "
            + "use v1/completions?")

    static let onlyResponses = Failure(
        status: 404, param: "model",
        message: "This model is only supported in v1/responses and not in v1/chat/completions.")

    private static func limits(_ name: String, model: String) -> Failure? {
        switch name {
        case "429", "rate_limit_exceeded", "tokens": rateLimit("tokens", model: model)
        case "requests": rateLimit("requests", model: model)
        case "insufficient_quota": quota
        case "request_too_large":
            Failure(
                status: 429, type: "tokens", code: "rate_limit_exceeded",
                message:
                    "Request too large for \(model) in organization org-mock on tokens per min (TPM): Limit 30000, "
                    + "Requested 30601. The input or output tokens must be reduced in order to run successfully. Visit "
                    + "https://platform.openai.com/account/rate-limits to learn more.")
        case "500", "server_error": server
        case "502":
            Failure(status: 502, type: "server_error", message: "Bad gateway.")
        case "503", "service_unavailable":
            Failure(
                status: 503, type: "server_error",
                message: "The engine is currently overloaded, please try again later")
        case "504": Failure(status: 504, type: "server_error", message: "The request timed out.")
        case "server_is_overloaded":
            Failure(
                status: 503, type: "service_unavailable_error", code: name,
                message: "Our servers are currently overloaded. Please try again later.")
        case "slow_down":
            Failure(
                status: 503, type: "rate_limit_error", code: name,
                message: "Slow down. Your requests grew too fast; please raise your rate gradually.")
        case "408": Failure(status: 408, message: "Request timed out.", layer: .front)
        default: nil
        }
    }

    private static func rejections(_ name: String) -> Failure? {
        switch name {
        case "400": .invalid("Invalid value: 'mock'.", param: "messages", code: "invalid_value")
        case "context_length_exceeded": contextLength(128_000, messages: 204_308)
        case "unsupported_parameter": unsupported("max_tokens")
        case "unsupported_value": unsupportedValue("temperature", got: "0.2")
        case "content_policy_violation", "invalid_prompt":
            .invalid(
                "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again "
                    + "with a different prompt.", code: name)
        case "moderation_blocked":
            Failure(
                type: "image_generation_user_error", code: name,
                message: "Your request was rejected as a result of our safety system.")
        case "invalid_image_url": .invalid("Error while downloading the image.", code: name)
        case "invalid_image_format":
            .invalid(
                "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
                    + "['png', 'jpeg', 'gif', 'webp'].", code: name)
        case "409": Failure(status: 409, message: "The request conflicts with another one.")
        case "413": tooLarge(limit: 26_214_400)
        case "422": Failure(status: 422, message: "The request was well-formed but could not be followed.")
        default: nil
        }
    }

    static func contextLength(_ limit: Int, messages: Int) -> Failure {
        .invalid(
            "This model's maximum context length is \(limit) tokens. However, your messages resulted in \(messages) "
                + "tokens. Please reduce the length of the messages.", param: "messages",
            code: "context_length_exceeded")
    }

    static func unsupported(_ name: String) -> Failure {
        let hint = name == "max_tokens" ? " Use 'max_completion_tokens' instead." : ""
        return .invalid(
            "Unsupported parameter: '\(name)' is not supported with this model.\(hint)", param: name,
            code: "unsupported_parameter")
    }

    static func unsupportedValue(_ name: String, got: String) -> Failure {
        .invalid(
            "Unsupported value: '\(name)' does not support \(got) with this model. Only the default (1) value is "
                + "supported.", param: name, code: "unsupported_value")
    }

    static func missing(_ name: String) -> Failure {
        if name == "model" { return .invalid("you must provide a model parameter") }
        return .invalid("Missing required parameter: '\(name)'.", param: name, code: "missing_required_parameter")
    }
}
