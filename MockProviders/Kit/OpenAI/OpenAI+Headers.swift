import HTTP

extension OpenAI {
    private static let common: [(String, String)] = [
        ("access-control-expose-headers", "X-Request-ID"), ("openai-organization", "acme-x1"),
        ("openai-processing-ms", "112"), ("openai-project", "proj_MockProviders0000000001"),
        ("openai-version", "2020-10-01"), ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"), ("server", "cloudflare"), ("cf-cache-status", "DYNAMIC"),
        ("alt-svc", "h3=\":443\"; ma=86400"),
    ]
    private static let limits: [(String, String)] = [
        ("x-ratelimit-limit-requests", "10000"), ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-requests", "9999"), ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "9ms"),
    ]
    // These are built once. Each answer copies them and adds its own.
    private static let json = HTTPHeaders([("content-type", "application/json")] + common)
    private static let limitedJSON = HTTPHeaders([("content-type", "application/json")] + common + limits)
    private static let limitedStream = HTTPHeaders(
        [("content-type", "text/event-stream; charset=utf-8")] + common + limits)

    /// The headers of an answer that does not count against a limit of tokens.
    static func headers(type: String, ids: inout IdentifierSource) -> HTTPHeaders {
        var headers = json
        if type != "application/json" { headers.set("content-type", type) }
        addIds(to: &headers, ids: &ids)
        return headers
    }

    /// The headers of a model's answer, with those of the rate limits.
    static func headers(isStream: Bool, tokens: Int, ids: inout IdentifierSource) -> HTTPHeaders {
        var headers = isStream ? limitedStream : limitedJSON
        headers.add("x-ratelimit-remaining-tokens", String(max(0, 200_000 - tokens)))
        addIds(to: &headers, ids: &ids)
        return headers
    }

    private static func addIds(to headers: inout HTTPHeaders, ids: inout IdentifierSource) {
        let hex = ids.random.hex(48)
        headers.add("x-request-id", "req_" + hex.prefix(32))
        headers.add("cf-ray", hex.suffix(16) + "-FRA")
    }
}
