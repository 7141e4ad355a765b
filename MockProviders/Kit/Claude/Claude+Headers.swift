import HTTP

extension Claude {
    private static let common: [(String, String)] = [
        ("vary", "Accept-Encoding"), ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("server-timing", "x-originResponse;dur=53"),
        ("anthropic-organization-id", "3fe5ca73-0000-4a1b-8c2d-6d6f636b0001"), ("server", "cloudflare"),
        ("cf-cache-status", "DYNAMIC"),
    ]
    private static let json = HTTPHeaders([("content-type", "application/json")] + common)
    private static let stream = HTTPHeaders(
        [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")] + common)

    /// The headers of any answer, with new ids.
    static func headers(isStream: Bool = false, ids: inout IdentifierSource) -> HTTPHeaders {
        var headers = isStream ? stream : json
        headers.add("request-id", "req_011" + ids.random.base58(21))
        let hex = ids.random.hex(64)
        headers.add("cf-ray", hex.prefix(16) + "-FRA")
        headers.add("traceresponse", "00-\(hex.suffix(48).prefix(32))-\(hex.suffix(16))-01")
        return headers
    }

    /// The headers of a model's answer, with the rate-limit sets.
    static func headers(isStream: Bool, input: Int, output: Int, ids: inout IdentifierSource) -> HTTPHeaders {
        var headers = headers(isStream: isStream, ids: &ids)
        let reset = rfc3339(ids.created + 1)
        let sets = [
            ("requests", 4000, 1), ("tokens", 480_000, input + output), ("input-tokens", 400_000, input),
            ("output-tokens", 80_000, output),
        ]
        for (name, limit, used) in sets {
            // The remaining tokens are rounded to thousands.
            let left = name == "requests" ? limit - used : (max(0, limit - used) + 500) / 1000 * 1000
            headers.add("anthropic-ratelimit-\(name)-limit", String(limit))
            headers.add("anthropic-ratelimit-\(name)-remaining", String(left))
            headers.add("anthropic-ratelimit-\(name)-reset", reset)
        }
        return headers
    }
}
