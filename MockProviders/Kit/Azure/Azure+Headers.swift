import HTTP

extension Azure {
    private static let security = ("strict-transport-security", "max-age=31536000; includeSubDomains; preload")

    /// The headers of an answer of a model (spec/wire/azure.md §3.1).
    static func headers(for answer: Answer, _ call: Call, _ api: API) -> HTTPHeaders {
        var ids = call.ids
        var headers = plain(type: answer.headers["content-type"] ?? "application/json", ids: &ids)
        let request = ids.random.uuid()
        headers.add("x-request-id", request)
        headers.add("x-ms-client-request-id", call.headers["x-ms-client-request-id"] ?? request)
        headers.add("x-ms-region", "East US")
        headers.add("azureml-model-session", "v20250301-1-170000000")
        headers.add("cmp-upstream-response-duration", "240")
        headers.add("ms-azureml-model-time", "320")
        headers.add("x-ms-rai-invoked", "true")
        headers.add("x-accel-buffering", "no")
        if let deployment = call.deployment { headers.add("x-ms-deployment-name", deployment.name) }
        let tokens = answer.served?.promptTokens ?? 0
        headers.add("x-ratelimit-limit-requests", "120")
        headers.add("x-ratelimit-limit-tokens", "120000")
        headers.add("x-ratelimit-remaining-requests", "119")
        headers.add("x-ratelimit-remaining-tokens", String(max(0, 120_000 - tokens)))
        if api == .v1 {
            var isStreaming = false
            if case .events = answer.body { isStreaming = true }
            headers.add("azureai-fe-is-streaming", isStreaming ? "True" : "False")
            headers.add("skip-error-remapping", "true")
        }
        return headers
    }

    /// The headers of every answer, also of the gateway's errors.
    static func plain(type: String = "application/json", ids: inout IdentifierSource) -> HTTPHeaders {
        [
            "content-type": type, "apim-request-id": ids.random.uuid(), security.0: security.1,
        ]
    }
}

extension Seeded {
    /// A random UUID (RFC 9562 §5.4).
    mutating func uuid() -> String {
        let digits = hex(30)
        let variant = ["8", "9", "a", "b"][below(4)]
        let parts = [
            digits.prefix(8), digits.dropFirst(8).prefix(4), "4" + digits.dropFirst(12).prefix(3),
            variant + digits.dropFirst(15).prefix(3), digits.suffix(12),
        ]
        return parts.map(String.init).joined(separator: "-")
    }
}
