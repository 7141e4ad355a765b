import JSON

extension Google.Failure {
    static let overloaded = Google.Failure(
        code: 503, status: "UNAVAILABLE", message: "The model is overloaded. Please try again later.")
    static let badImage = invalid(
        "Unable to process input image. Please retry or report in "
            + "https://developers.generativeai.google/guide/troubleshooting")
    static let misplacedCall = invalid(
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
    static let unequalResponses = invalid(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
            + "function call turn.")
    static let badRole = invalid("Please use a valid role: user, model.")
    static let noRest = invalid("Budget 0 is invalid. This model only works in thinking mode.")
    static let formattedCalls = invalid(
        "Function calling with a response mime type: 'application/json' is unsupported")
    static let noContents = rule("contents: contents is not specified")
    static let noCache = denied("CachedContent not found (or permission denied)")

    /// A refusal that names one broken rule of a generateContent request.
    static func rule(_ message: String) -> Google.Failure { rules("GenerateContentRequest", [message]) }

    static func emptyPart(_ path: String) -> Google.Failure {
        rule("\(path).data: required oneof field 'data' must have one initialized field")
    }

    static func noFile(_ name: some StringProtocol) -> Google.Failure {
        denied("You do not have permission to access the File \(name.prefix(80)) or it may not exist.")
    }

    static func noModel(_ name: String, _ version: String, _ verb: String) -> Google.Failure {
        // The refusal of a stream names the plain method too.
        let verb = verb == "streamGenerateContent" ? "generateContent" : verb
        let list = version == "v1beta" ? "ModelService.ListModels" : "ListModels"
        return Google.Failure(
            code: 404, status: "NOT_FOUND",
            message: "models/\(name) is not found for API version \(version), or is not supported for \(verb). Call "
                + "\(list) to see the list of available models and their supported methods.")
    }

    static func noSignature(_ function: String, position: Int) -> Google.Failure {
        invalid(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
                + "correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
                + "function call `default_api:\(function)` , position \(position). Please refer to "
                + "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.")
    }

    static func tooLong(_ tokens: Int, limit: Int) -> Google.Failure {
        invalid("The input token count (\(tokens)) exceeds the maximum number of tokens allowed (\(limit)).")
    }

    /// The limit that is used up.
    private enum Limit { case minute, day, tokens }

    private static func quota(_ model: String, _ limit: Limit) -> Google.Failure {
        let (metric, id, value) =
            switch limit {
            case .minute:
                ("generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10")
            case .day:
                ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250")
            case .tokens:
                (
                    "generate_content_free_tier_input_token_count",
                    "GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000"
                )
            }
        let url = "https://ai.google.dev/gemini-api/docs/rate-limits"
        let violation: JSON = [
            "quotaMetric": .string("generativelanguage.googleapis.com/\(metric)"), "quotaId": .string(id),
            "quotaDimensions": ["location": "global", "model": .string(model)], "quotaValue": .string(value),
        ]
        return Google.Failure(
            code: 429, status: "RESOURCE_EXHAUSTED",
            message:
                "You exceeded your current quota, please check your plan and billing details. For more information "
                + "on this error, head to: \(url). \n* Quota exceeded for metric: "
                + "generativelanguage.googleapis.com/\(metric), limit: \(value), model: \(model)\nPlease retry in 26s.",
            details: [
                detail("QuotaFailure", ["violations": [violation]]),
                help("Learn more about Gemini API quotas", url), detail("RetryInfo", ["retryDelay": "26s"]),
            ])
    }

    /// The failure for a name or a status; `MockProviders/Docs/gemini.md` lists them.
    static func gemini(_ name: String, _ call: Call) -> Google.Failure? {
        let model = call.identity.model ?? "gemini-2.5-flash"
        let place = try? Gemini.Place(call)
        switch name {
        case "404", "model_not_found", "not_found":
            return noModel(model, place?.version ?? "v1beta", place?.verb ?? "generateContent")
        case "context_length_exceeded": return tooLong(1_200_000, limit: 1_048_576)
        case "429", "rate_limit_exceeded", "requests", "quota_exceeded": return quota(model, .minute)
        case "insufficient_quota", "daily_quota_exceeded": return quota(model, .day)
        case "tokens", "token_quota_exceeded": return quota(model, .tokens)
        case "resource_exhausted":
            return Google.Failure(
                code: 429, status: "RESOURCE_EXHAUSTED", message: "Resource has been exhausted (e.g. check quota).")
        case "no_contents": return noContents
        case "empty_part": return emptyPart("contents[0].parts[0]")
        case "bad_role": return badRole
        case "call_order": return misplacedCall
        case "response_count": return unequalResponses
        case "missing_thought_signature": return noSignature("f", position: 2)
        case "schema_keyword":
            let path = "tools[0].function_declarations[0].parameters"
            return violations([
                (path, "Invalid JSON payload received. Unknown name \"const\" at '\(path)': Cannot find field.")
            ])
        case "wrong_type":
            let path = "generation_config.temperature"
            return violations([(path, "Invalid value at '\(path)' (TYPE_FLOAT), \"x\"")])
        case "json_with_functions": return formattedCalls
        case "thinking_budget": return noRest
        case "bad_image", "invalid_image_format": return badImage
        case "url_denied", "invalid_image_url":
            return invalid(
                "Cannot fetch content from the provided URL. Please ensure the URL is valid and accessible by Vertex AI. "
                    + "Vertex AI respects robots.txt rules, so confirm the URL is allowed to be crawled. Status: "
                    + "URL_ROBOTED-ROBOTED_DENIED")
        case "file_denied": return noFile("abc")
        case "503", "unavailable", "overloaded", "server_is_overloaded", "service_unavailable": return overloaded
        default: return common(name)
        }
    }
}
