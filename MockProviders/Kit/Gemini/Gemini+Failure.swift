import HTTP
import JSON

extension Gemini {
    /// An error answer (spec/wire/gemini.md §9).
    struct Failure: Error {
        let code: Int
        let status: String
        let message: String
        var details: [JSON] = []
        /// A page of Google's front end instead of JSON.
        var isPage = false

        static func invalid(_ message: String, details: [JSON] = []) -> Failure {
            Failure(code: 400, status: "INVALID_ARGUMENT", message: message, details: details)
        }

        /// A rule of the request's meaning, with the service's bullet.
        static func rule(_ message: String) -> Failure { invalid("* GenerateContentRequest.\(message)\n") }

        var document: JSON {
            var error: JSONObject = [
                "code": .int(code), "message": .string(message), "status": .string(status),
            ]
            if !details.isEmpty { error.append("details", .array(details)) }
            return ["error": .object(error)]
        }

        static let page = """
            <!DOCTYPE html>
            <html lang=en>
              <meta charset=utf-8>
              <title>Error 404 (Not Found)!!1</title>
              <p><b>404.</b> <ins>That’s an error.</ins>
              <p>The requested URL was not found on this server.  <ins>That’s all we know.</ins>

            """
    }

    static func answer(_ failure: Failure, _ call: Call) -> Answer {
        if failure.isPage {
            return Answer(
                status: 404, headers: ["content-type": "text/html; charset=UTF-8", "referrer-policy": "no-referrer"],
                body: .whole(Array(Failure.page.utf8)))
        }
        // A stream in the form of a list has its error in a list too.
        let isList = call.route.hasSuffix(":streamGenerateContent") && call.queryValue("alt") != "sse"
        return answer(isList ? [failure.document] : failure.document, call, status: failure.code)
    }
}

extension Gemini.Failure {
    private static func detail(_ type: String, _ members: JSONObject) -> JSON {
        var object: JSONObject = ["@type": .string("type.googleapis.com/google.rpc.\(type)")]
        for member in members.members { object.append(member.key, member.value) }
        return .object(object)
    }

    private static func info(_ reason: String, _ message: String) -> [JSON] {
        [
            detail(
                "ErrorInfo",
                [
                    "reason": .string(reason), "domain": "googleapis.com",
                    "metadata": ["service": "generativelanguage.googleapis.com"],
                ]),
            detail("LocalizedMessage", ["locale": "en-US", "message": .string(message)]),
        ]
    }

    static func violations(_ found: [(field: String, description: String)]) -> Gemini.Failure {
        let listed = found.map { ["field": .string($0.field), "description": .string($0.description)] as JSON }
        return invalid(
            found.map(\.description).joined(separator: "\n"),
            details: [detail("BadRequest", ["fieldViolations": .array(listed)])])
    }

    private static func key(_ message: String) -> Gemini.Failure {
        invalid(message, details: info("API_KEY_INVALID", message))
    }

    static let badKey = key("API key not valid. Please pass a valid API key.")
    static let expiredKey = key("API key expired. Please renew the API key.")
    static let noKey = denied(
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
            + "form of API consumer identity to call this API.")
    static let leakedKey = denied("Your API key was reported as leaked. Please use another API key.")
    static let noPage = Gemini.Failure(code: 404, status: "NOT_FOUND", message: "", isPage: true)

    static func denied(_ message: String) -> Gemini.Failure {
        Gemini.Failure(code: 403, status: "PERMISSION_DENIED", message: message)
    }

    static var disabledService: Gemini.Failure {
        let message =
            "Generative Language API has not been used in project 123 before or it is disabled. Enable it by visiting "
            + "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123 "
            + "then retry."
        var failure = denied(message)
        failure.details = info("SERVICE_DISABLED", message)
        return failure
    }

    static let badToken = Gemini.Failure(
        code: 401, status: "UNAUTHENTICATED",
        message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            + "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details: [
            detail(
                "ErrorInfo",
                [
                    "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED", "domain": "googleapis.com",
                    "metadata": ["service": "generativelanguage.googleapis.com"],
                ])
        ])

    static let overloaded = Gemini.Failure(
        code: 503, status: "UNAVAILABLE", message: "The model is overloaded. Please try again later.")
    private static let internalError = Gemini.Failure(
        code: 500, status: "INTERNAL",
        message: "An internal error has occurred. Please retry or report in "
            + "https://developers.generativeai.google/guide/troubleshooting")
    private static let late = Gemini.Failure(
        code: 504, status: "DEADLINE_EXCEEDED", message: "The request timed out. Please try again.")
    static let badImage = invalid(
        "Unable to process input image. Please retry or report in "
            + "https://developers.generativeai.google/guide/troubleshooting")

    static func noModel(_ name: String, _ version: String, _ verb: String) -> Gemini.Failure {
        Gemini.Failure(
            code: 404, status: "NOT_FOUND",
            message: "models/\(name) is not found for API version \(version), or is not supported for \(verb). Call "
                + "ModelService.ListModels to see the list of available models and their supported methods.")
    }

    static func tooLong(_ tokens: Int, limit: Int) -> Gemini.Failure {
        invalid("The input token count (\(tokens)) exceeds the maximum number of tokens allowed (\(limit)).")
    }

    private static func quota(_ model: String, daily: Bool = false) -> Gemini.Failure {
        let id = "GenerateRequestsPer\(daily ? "Day" : "Minute")PerProjectPerModel-FreeTier"
        return Gemini.Failure(
            code: 429, status: "RESOURCE_EXHAUSTED",
            message:
                "You exceeded your current quota, please check your plan and billing details. For more information "
                + "on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.",
            details: [
                detail(
                    "QuotaFailure",
                    [
                        "violations": [
                            [
                                "quotaMetric":
                                    "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                                "quotaId": .string(id),
                                "quotaDimensions": ["location": "global", "model": .string(model)],
                                "quotaValue": "10",
                            ]
                        ]
                    ]),
                detail(
                    "Help",
                    [
                        "links": [
                            [
                                "description": "Learn more about Gemini API quotas",
                                "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                            ]
                        ]
                    ]),
                detail("RetryInfo", ["retryDelay": "26s"]),
            ])
    }

    /// The failure that a name or a status asks for; `MockProviders/Docs/gemini.md` lists them.
    static func catalogue(_ name: String, model: String) -> Gemini.Failure? {
        switch name {
        case "400", "422", "invalid_argument": invalid("Request contains an invalid argument.")
        case "api_key_invalid", "invalid_api_key": badKey
        case "api_key_expired": expiredKey
        case "api_key_leaked": leakedKey
        case "401", "unauthenticated": badToken
        case "403", "unregistered_caller": noKey
        case "service_disabled": disabledService
        case "404", "model_not_found", "not_found": noModel(model, "v1beta", "generateContent")
        case "page_not_found", "405": noPage
        case "413", "context_length_exceeded": tooLong(1_200_000, limit: 1_048_576)
        case "429", "rate_limit_exceeded", "requests", "tokens", "quota_exceeded": quota(model)
        case "insufficient_quota", "daily_quota_exceeded": quota(model, daily: true)
        case "resource_exhausted":
            Gemini.Failure(
                code: 429, status: "RESOURCE_EXHAUSTED", message: "Resource has been exhausted (e.g. check quota).")
        case "location_unsupported":
            Gemini.Failure(
                code: 400, status: "FAILED_PRECONDITION",
                message: "User location is not supported for the API use.")
        case "bad_image": badImage
        case "file_denied": denied("You do not have permission to access the File abc or it may not exist.")
        case "499", "cancelled":
            Gemini.Failure(code: 499, status: "CANCELLED", message: "The operation was cancelled.")
        case "500", "502", "server_error", "internal": internalError
        case "503", "unavailable", "overloaded": overloaded
        case "504", "deadline_exceeded": late
        default: nil
        }
    }
}
