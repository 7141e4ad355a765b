import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AzureErrorTests {
    /// A token of Entra ID. With a seed, the mock's clock shows 1760000000.
    private static func token(
        audience: String = "https://cognitiveservices.azure.com", expiry: Int = 1_760_003_600, signature: String = "sig"
    ) -> String {
        let claims = "{\"aud\":\"\(audience)\",\"exp\":\(expiry),\"oid\":\"11111111-2222-4333-8444-555555555555\"}"
        return ["{\"alg\":\"RS256\",\"typ\":\"JWT\"}", claims].map(base64URL).joined(separator: ".") + "." + signature
    }

    private static func base64URL(_ text: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var output = ""
        var group = 0
        var bits = 0
        for byte in text.utf8 {
            group = (group << 8 | Int(byte)) & 0xffff
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(letters[group >> bits & 63])
            }
        }
        if bits > 0 { output.append(letters[group << (6 - bits) & 63]) }
        return output
    }

    private static let expired = """
        {"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect \
        (https://cognitiveservices.azure.com), or have expired."}
        """

    @Test("Keys: 32 hex digits, 84 characters or the mock's own format, in any of the headers for keys")
    func keys() async throws {
        let mock = try Mock()
        let hex = String(repeating: "0aF9", count: 8)
        let long = String(repeating: "aB3", count: 28)
        for header in ["api-key: \(hex)", "API-Key: \(long)", "Ocp-Apim-Subscription-Key: \(hex)", "api-key: sk-x"] {
            #expect(try mock.tellAzure("Hi", headers: [header]).status == 200)
        }
        for headers in [
            [], ["api-key: abc"], ["api-key: sk-mock-bad"], ["api-key: \(hex)0"], ["Authorization: Basic x"],
        ] {
            let reply = try mock.tellAzure("Hi", headers: headers)
            #expect(reply.status == 401)
            #expect(
                reply.body == """
                    {"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API \
                    endpoint. Make sure to provide a valid key for an active subscription and use a correct regional \
                    API endpoint for your resource."}}
                    """)
            #expect(reply.header("apim-request-id") != nil)
        }
        await mock.stop()
    }

    @Test("A token is checked for its audience and its expiry")
    func tokens() async throws {
        let mock = try Mock()
        for audience in ["https://cognitiveservices.azure.com", "https://cognitiveservices.azure.com/"] {
            let header = "Authorization: Bearer \(Self.token(audience: audience))"
            #expect(try mock.tellAzure("Hi", headers: [header]).status == 200)
        }
        let bad = [
            Self.token(expiry: 1_759_999_999), Self.token(audience: "https://management.azure.com"),
            Self.token(audience: "https://ai.azure.com"), Self.token(signature: "mock-bad"), "sk-key-as-bearer",
            "a.b.c",
        ]
        for token in bad {
            let reply = try mock.tellAzure("Hi", headers: ["Authorization: Bearer \(token)"])
            #expect(reply.status == 401)
            #expect(reply.body == Self.expired)
            #expect(reply.header("www-authenticate")?.hasPrefix("AzureApiManagementKey realm=") == true)
        }
        await mock.stop()
    }

    @Test("v1 accepts a key as a bearer token, and tokens for its own audience")
    func v1Doors() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
        func status(_ bearer: String) throws -> Mock.Reply {
            try mock.azure("POST", "v1/chat/completions", body, headers: ["Authorization: Bearer \(bearer)"])
        }
        #expect(try status("sk-key").status == 200)
        #expect(try status(Self.token(audience: "https://ai.azure.com")).status == 200)
        #expect(try status("sk-mock-bad").error?["code"]?.string == "401")
        #expect(try status(Self.token(expiry: 1)).json?["statusCode"]?.int == 401)
        await mock.stop()
    }

    @Test("A principal without the required role gets a 401 too")
    func roles() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure(
            "Hi", headers: ["Authorization: Bearer \(Self.token(signature: "mock-no-role"))"])
        #expect(reply.status == 401)
        #expect(reply.error?["code"]?.string == "PermissionDenied")
        #expect(
            reply.error?["message"]?.string?.hasPrefix(
                "The principal `11111111-2222-4333-8444-555555555555` lacks the required data action") == true)
        await mock.stop()
    }

    @Test("A blocked prompt gets innererror with content_filter_result, and no usage")
    func contentFilter() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("mock-blocked")
        #expect(reply.status == 400)
        #expect(
            reply.body == """
                {"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content \
                management policy. Please modify your prompt and retry.","type":null,"param":"prompt",\
                "code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation",\
                "content_filter_result":{"hate":{"filtered":false,"severity":"safe"},\
                "jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},\
                "sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":true,"severity":"medium"}}}}}
                """)
        #expect(mock.server.ledger.total.answers == 0)
        let jailbreak = try mock.tellAzure("mock-jailbreak").error?["innererror"]?["content_filter_result"]
        #expect(jailbreak?["jailbreak"] == ["filtered": true, "detected": true])
        await mock.stop()
    }

    @Test(
        "A field that the version does not have is not recognised",
        arguments: [
            ("2024-06-01", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", "stream_options"),
            ("2024-06-01", "\"parallel_tool_calls\":false", "parallel_tool_calls"),
            ("2024-06-01", "\"max_completion_tokens\":5", "max_completion_tokens"),
            ("2024-10-21", "\"reasoning_effort\":\"low\"", "reasoning_effort"),
            ("2025-04-01-preview", "\"web_search_options\":{}", "web_search_options"),
            ("2025-04-01-preview", "\"foo\":1", "foo"),
        ])
    func fields(version: String, field: String, name: String) async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi", version: version, more: "," + field)
        #expect(reply.status == 400)
        #expect(
            reply.body == """
                {
                  "error": {
                    "message": "Unrecognized request argument supplied: \(name)",
                    "type": "invalid_request_error",
                    "param": null,
                    "code": null
                  }
                }
                """)
        #expect(reply.header("x-request-id") != nil)
        await mock.stop()
    }

    @Test("Requests that do not fit the model, the version or the media type")
    func misfits() async throws {
        let mock = try Mock()
        let wrong = try mock.tellAzure("Hi", deployment: "text-embedding-ada-002")
        #expect(wrong.error?["code"]?.string == "OperationNotSupported")
        #expect(wrong.error?["message"]?.string?.contains("The chatCompletion operation does not work") == true)
        let early = try mock.tellAzure("Hi", deployment: "o3-mini", version: "2024-10-21")
        #expect(early.error?["code"]?.string == "BadRequest")
        #expect(try mock.tellAzure("Hi", deployment: "o3-mini").status == 200)
        let text = try mock.azure(
            "POST", "deployments/gpt-4o/chat/completions?api-version=2024-10-21", "hi", type: "text/plain")
        #expect(text.status == 415)
        let long = try mock.tellAzure(String(repeating: "word ", count: 9000), deployment: "gpt-4")
        #expect(long.error?["code"]?.string == "context_length_exceeded")
        #expect(long.error?["param"]?.string == "messages")
        #expect(
            try mock.tellAzure("Hi", deployment: "gpt-5", more: ",\"max_tokens\":5").error?["code"]?.string
                == "unsupported_parameter")
        await mock.stop()
    }

    @Test(
        "Each name in the catalogue gives its status and code",
        arguments: [
            ("401", 401, "401"), ("PermissionDenied", 401, "PermissionDenied"), ("403", 403, "403"),
            ("private_endpoint", 403, "403"), ("404", 404, "DeploymentNotFound"), ("resource_not_found", 404, "404"),
            ("OperationNotSupported", 400, "OperationNotSupported"), ("content_filter", 400, "content_filter"),
            ("content_policy_violation", 400, "content_policy_violation"), ("400", 400, "BadRequest"),
            ("context_length_exceeded", 400, "context_length_exceeded"), ("api_version", 400, "BadRequest"),
            ("unsupported_value", 400, "unsupported_value"), ("408", 408, "Timeout"), ("409", 409, nil),
            ("415", 415, "UnsupportedMediaType"), ("422", 422, nil), ("424", 424, "FailedDependency"),
            ("429", 429, "429"),
            ("requests", 429, "429"), ("too_many_requests", 429, "too_many_requests"), ("never", 429, "429"),
            ("RateLimitReached", 429, "RateLimitReached"), ("insufficient_quota", 429, "insufficient_quota"),
            ("provisioned", 429, "429"), ("500", 500, "InternalServerError"), ("server_error", 500, nil),
            ("503", 503, "ServiceUnavailable"),
        ] as [(String, Int, String?)])
    func catalogue(name: String, status: Int, code: String?) async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi", deployment: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.error?["code"]?.string == code)
        #expect(reply.error?["message"]?.string?.isEmpty == false)
        #expect(reply.header("apim-request-id") != nil)
        await mock.stop()
    }

    @Test("A rate limit names its operation and version, and its wait in whole seconds")
    func rateLimit() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi", deployment: "mock-error-429", version: "2024-10-21")
        #expect(
            reply.error?["message"]?.string?.hasPrefix(
                "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have "
                    + "exceeded token rate limit of your current OpenAI S0 pricing tier.") == true)
        #expect(reply.header("retry-after") == "1")
        #expect(reply.header("retry-after-ms") == "174")
        #expect(reply.header("x-ratelimit-reset-tokens") == "1")
        #expect(reply.header("policy-id") == "DeploymentRatelimit-Token")
        #expect(
            try mock.tellAzure("Hi", deployment: "mock-error-requests").header("policy-id")
                == "DeploymentRatelimit-Call")
        #expect(try mock.tellAzure("Hi", deployment: "mock-error-never").header("retry-after") == "86400")
        #expect(try mock.tellAzure("Hi", deployment: "mock-error-no_retry_after").header("retry-after") == nil)
        await mock.stop()
    }

    @Test(
        "The web pages of Azure's own gateways",
        arguments: [
            ("502", 502, "Microsoft-Azure-Application-Gateway/v2"),
            ("front_door", 504, "Our services aren't available right now"),
        ])
    func pages(name: String, status: Int, mark: String) async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi", deployment: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.header("content-type") == "text/html")
        #expect(reply.header("x-azure-ref") != nil)
        #expect(reply.body.contains(mark))
        await mock.stop()
    }
}
