import Chat
import Formats
import HTTP
import JSON
import Providers
import Testing

@Suite("An upstream's error")
struct UpstreamErrorTests {
    private func failure(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> UpstreamFailure {
        OpenAIErrors.failure(
            status: status, headers: HTTPHeaders(headers), body: Array(body.utf8), parser: JSONParser())
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var kind: UpstreamFailure.Kind
        var message: String
        var type = "invalid_request_error"
        var code = UpstreamFailure.Code.text("bad_response_status_code")
        var testDescription: String { "\(status) \(body.prefix(60))" }
    }

    static let cases: [Case] = [
        Case(
            status: 400,
            body:
                #"{"error":{"message":"Too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            kind: .badRequest, message: "Too long", type: "invalid_request_error",
            code: .text("context_length_exceeded")),
        Case(
            status: 429,
            body:
                #"{"error":{"message":"No money","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            kind: .quotaExceeded, message: "No money", type: "insufficient_quota", code: .text("insufficient_quota")),
        Case(
            status: 429, body: #"{"error":{"message":"Slow","type":"requests","param":null,"code":null}}"#,
            kind: .rateLimited, message: "Slow", type: "requests", code: .none),
        Case(
            status: 400, body: #"{"error":{"message":"Bad","code":1210}}"#, kind: .badRequest, message: "Bad",
            code: .number("1210")),
        Case(
            status: 500, body: #"{"error":"model not found"}"#, kind: .server, message: "model not found",
            type: "server_error"),
        Case(
            status: 422, body: #"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, kind: .badRequest,
            message: "field required"),
        Case(status: 400, body: #"{"msg":"nope"}"#, kind: .badRequest, message: "nope"),
        Case(
            status: 400, body: #"{"message":"nope","code":40301}"#, kind: .badRequest, message: "nope",
            code: .number("40301")),
        Case(status: 400, body: #"{"header":{"message":"h"}}"#, kind: .badRequest, message: "h"),
        Case(
            status: 402, body: #"{"error":{"message":"Pay"}}"#, kind: .quotaExceeded, message: "Pay",
            type: "insufficient_quota",
            code: .none),
        Case(
            status: 503, body: "{}", kind: .overloaded,
            message: "The upstream answered with status 503 and no message.",
            type: "server_error"),
        Case(
            status: 500, body: "", kind: .server,
            message: "The upstream answered with status 500 and an empty body where JSON was due.",
            type: "upstream_error", code: .text("bad_upstream_response")),
        Case(
            status: 500, body: "[1]", kind: .server,
            message: "The upstream answered with status 500 and no message.",
            type: "server_error", code: .text("bad_response_status_code")),
        Case(
            status: 401, body: #"{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}"#,
            kind: .authentication, message: "Access denied due to invalid subscription key.",
            code: .text("invalid_api_key")),
        Case(
            status: 429, body: #"{"error":{"code":"429","message":"Please retry after 24 seconds."}}"#,
            kind: .rateLimited, message: "Please retry after 24 seconds.", type: "rate_limit_error",
            code: .text("rate_limit_exceeded")),
        Case(
            status: 400,
            body:
                #"{"error":{"message":"Output data may contain inappropriate content.","code":"data_inspection_failed"}}"#,
            kind: .badRequest, message: "Output data may contain inappropriate content.", code: .text("content_filter")),
    ]

    @Test("reads the time to wait from Azure's sentence")
    func azureWait() {
        let body = #"{"error":{"code":"429","message":"Requests have exceeded. Please retry after 24 seconds."}}"#
        #expect(failure(429, body).retryAfter == 24)
    }

    @Test("names the argument that Azure's message names, and keeps the category that the filter found")
    func azureDetails() throws {
        let unknown =
            #"{"error":{"message":"Unrecognized request argument supplied: service_tier","type":"invalid_request_error","param":null,"code":null}}"#
        #expect(failure(400, unknown).parameter == "service_tier")
        let filter =
            #"{"error":{"message":"Filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#
        let failure = failure(400, filter)
        #expect(failure.kind == .badRequest && failure.parameter == "prompt" && failure.type == "invalid_request_error")
        let body = try JSON.parse(OpenAIError.body(failure))
        #expect(body["error"]?["innererror"]?["content_filter_result"]?["hate"]?["severity"]?.string == "high")
    }

    @Test("the category of Azure's picture filter reaches the client, and the revised prompt does not")
    func pictureFilter() throws {
        let sent =
            #"{"error":{"code":"content_policy_violation","message":"Rejected.","inner_error":{"code":"#
            + #""ResponsibleAIPolicyViolation","revised_prompt":"secret","content_filter_results":"#
            + #"{"violence":{"filtered":true,"severity":"medium"}}}}}"#
        let failure = OpenAI().failure(
            status: 400, headers: HTTPHeaders(), body: Array(sent.utf8), parser: JSONParser())
        #expect(failure.kind == .badRequest && failure.code == .text("content_policy_violation"))
        let error = try JSON.parse(OpenAIError.body(failure))["error"]
        let inner = error?["inner_error"]
        #expect(inner?["content_filter_results"]?["violence"]?["severity"]?.string == "medium")
        #expect(inner?["code"]?.string == "ResponsibleAIPolicyViolation" && inner?["revised_prompt"] == nil)
        #expect(error?["innererror"] == nil)
    }

    @Test("keeps what the provider said", arguments: cases)
    func described(_ example: Case) {
        let failure = failure(example.status, example.body)
        #expect(failure.kind == example.kind)
        #expect(failure.status == example.status)
        #expect(failure.message == example.message)
        #expect(failure.type == example.type)
        #expect(failure.code == example.code)
    }

    @Test(
        "names a web page and shows none of its text",
        arguments: [
            ("<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>", "we are blocked"),
            ("<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/>", "browser check"),
            ("<title>api.secret-host.com | 522: Connection timed out</title>cloudflare", "timed out"),
            ("<title>Access denied | api.secret-host.com used Cloudflare to restrict access</title>", "denies access"),
            ("<title>504 at api.secret-host.com</title>", "titled \"504 at …\""),
        ])
    func pages(_ body: String, _ meaning: String) {
        let failure = failure(
            403, "<!DOCTYPE html><html>" + body + "</html>",
            [("Content-Type", "text/html; charset=UTF-8"), ("cf-ray", "8d4f0aa1-FRA")])
        #expect(failure.kind == .permission && failure.status == 403)
        #expect(failure.message.contains(meaning))
        #expect(failure.message.contains("cf-ray 8d4f0aa1-FRA"))
        #expect(!failure.message.contains("<") && !failure.message.contains("secret-host"))
    }

    @Test("hides a web page inside a message too")
    func pageInMessage() {
        let failure = failure(502, #"{"error":{"message":"got <html><title>10.0.0.7 nginx</title></html>"}}"#)
        #expect(!failure.message.contains("<html") && !failure.message.contains("10.0.0.7"))
    }

    @Test(
        "masks keys and leaves sentences as they are",
        arguments: [
            (
                "Incorrect API key provided: sk-proj-abcdef123456. See docs.",
                "Incorrect API key provided: sk-***. See docs."
            ),
            ("Authorization: Bearer eyJhbGciOi1 refused", "Authorization: Bearer *** refused"),
            ("Bearer authentication is required", "Bearer authentication is required"),
            ("the task-0123456789 failed", "the task-0123456789 failed"),
            ("gsk_0123456789abcdef and sk-short", "gsk_*** and sk-short"),
            ("a\u{0}b\u{1b}c\u{202e}d", "a b c d"),
        ])
    func sanitises(_ text: String, _ expected: String) {
        #expect(sanitized(text, limit: 200) == expected)
    }

    @Test("has a bounded length")
    func bounded() {
        #expect(sanitized(String(repeating: "x", count: 500), limit: 100).count == 100)
    }

    @Test("gives the time to wait, from the headers or from its sentence")
    func retryAfter() {
        let plain = #"{"error":{"message":"Slow"}}"#
        #expect(failure(429, plain, [("retry-after-ms", "3890"), ("retry-after", "9")]).retryAfter == 4)
        #expect(failure(429, plain, [("retry-after", "9")]).retryAfter == 9)
        #expect(failure(429, plain, [("retry-after", "nan")]).retryAfter == nil)
        #expect(failure(429, #"{"error":{"message":"Please try again in 1m12.5s. Visit"}}"#).retryAfter == 73)
        #expect(failure(429, #"{"error":{"message":"Please try again in 174ms."}}"#).retryAfter == 1)
        #expect(failure(500, #"{"error":{"message":"try again in 3s"}}"#).retryAfter == nil)
    }

    @Test("allows another channel unless the request itself is wrong")
    func retryable() {
        #expect(!failure(400, #"{"error":{"message":"Bad"}}"#).isRetryable)
        #expect(failure(429, #"{"error":{"message":"Slow"}}"#).isRetryable)
        #expect(failure(502, "<html></html>").isRetryable)
    }
}
