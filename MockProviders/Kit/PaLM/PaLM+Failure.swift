import JSON

extension Google.Failure {
    static let unavailable = Google.Failure(
        code: 503, status: "UNAVAILABLE", message: "The service is currently unavailable.")
    static let noMessages = invalid("Messages should not be empty.")
    static let badAuthors = invalid("Messages must alternate between authors.")
    static let noText = invalid("Text should not be empty.")

    private static var messageQuota: Google.Failure {
        let metric = "Generate Message API requests"
        return Google.Failure(
            code: 429, status: "RESOURCE_EXHAUSTED",
            message: "Quota exceeded for quota metric '\(metric)' and limit '\(metric) per minute' of service "
                + "'generativelanguage.googleapis.com' for consumer 'project_number:1234'.",
            details: [
                detail(
                    "ErrorInfo",
                    [
                        "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                        "metadata": [
                            "service": "generativelanguage.googleapis.com", "consumer": "projects/1234",
                            "quota_limit": "GenerateMessageRequestsPerMinutePerProject", "quota_limit_value": "90",
                        ],
                    ]),
                help("Request a higher quota limit.", "https://cloud.google.com/docs/quota#requesting_higher_quota"),
            ])
    }

    /// The failure for a name or a status; `MockProviders/Docs/palm.md` lists them.
    static func palm(_ name: String, _ call: Call) -> Google.Failure? {
        let place = try? PaLM.Place(call)
        switch name {
        case "404", "model_not_found", "not_found":
            return noModel(
                call.identity.model ?? "chat-bison-001", place?.version ?? "v1beta2",
                place?.verb ?? "generateMessage")
        case "429", "rate_limit_exceeded", "requests", "quota_exceeded", "insufficient_quota": return messageQuota
        case "503", "unavailable", "overloaded", "server_is_overloaded", "service_unavailable": return unavailable
        case "no_messages": return noMessages
        case "bad_authors": return badAuthors
        case "bad_temperature":
            return rules("GenerateMessageRequest", ["temperature: must be in the range [0.0, 1.0]."])
        default: return common(name)
        }
    }
}
