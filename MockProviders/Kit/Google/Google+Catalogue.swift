import JSON

extension Google.Failure {
    private static func key(_ message: String) -> Google.Failure {
        invalid(message, details: [info("API_KEY_INVALID"), localized(message)])
    }

    static let badKey = key("API key not valid. Please pass a valid API key.")
    static let emptyKey = key("API Key not found. Please pass a valid API key.")
    static let expiredKey = key("API key expired. Please renew the API key.")
    static let leakedKey = denied("Your API key was reported as leaked. Please use another API key.")
    static let noKey = denied(
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
            + "form of API consumer identity to call this API.")

    static var disabledService: Google.Failure {
        let url =
            "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123"
        let message =
            "Generative Language API has not been used in project 123 before or it is disabled. Enable it by visiting "
            + "\(url) then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
            + "systems and retry."
        var failure = denied(message)
        failure.details = [
            info("SERVICE_DISABLED"), help("Google developers console API activation", url), localized(message),
        ]
        return failure
    }

    static let badToken = Google.Failure(
        code: 401, status: "UNAUTHENTICATED",
        message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            + "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        details: [info("ACCESS_TOKEN_TYPE_UNSUPPORTED")])

    static let badLocation = Google.Failure(
        code: 400, status: "FAILED_PRECONDITION", message: "User location is not supported for the API use.")
    static let tooLarge = invalid("Request payload size exceeds the limit: 20971520 bytes.")

    /// The failures that every service has, by name or by status; `MockProviders/Docs/gemini.md` lists them.
    static func common(_ name: String) -> Google.Failure? {
        switch name {
        case "400", "invalid_argument": invalid("Request contains an invalid argument.")
        case "422":
            Google.Failure(code: 422, status: "INVALID_ARGUMENT", message: "Request contains an invalid argument.")
        case "api_key_invalid", "invalid_api_key": badKey
        case "api_key_not_found": emptyKey
        case "api_key_expired": expiredKey
        case "api_key_leaked": leakedKey
        case "401", "unauthenticated": badToken
        case "403", "unregistered_caller", "no_api_key": noKey
        case "service_disabled": disabledService
        case "location_unsupported", "unsupported_country_region_territory": badLocation
        case "page_not_found": page(404)
        case "405", "408", "413", "502": page(Int(name) ?? 502)
        case "409", "aborted": Google.Failure(code: 409, status: "ABORTED", message: "The operation was aborted.")
        case "request_too_large": tooLarge
        case "bad_json": badJSON("{\"contents\":")
        case "unknown_field":
            violations([("", "Invalid JSON payload received. Unknown name \"max_tokens\": Cannot find field.")])
        case "499", "cancelled":
            Google.Failure(code: 499, status: "CANCELLED", message: "The operation was cancelled.")
        case "500", "server_error", "internal":
            Google.Failure(
                code: 500, status: "INTERNAL",
                message: "An internal error has occurred. Please retry or report in "
                    + "https://developers.generativeai.google/guide/troubleshooting")
        case "504", "deadline_exceeded":
            Google.Failure(
                code: 504, status: "DEADLINE_EXCEEDED", message: "The request timed out. Please try again.")
        case "deadline_expired":
            Google.Failure(
                code: 504, status: "DEADLINE_EXCEEDED",
                message: "Deadline expired before operation could complete.")
        default: nil
        }
    }
}
