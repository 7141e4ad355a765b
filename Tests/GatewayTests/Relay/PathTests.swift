import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Which requests reach which route, as clients write their paths and keys.
@Suite(.inTurn) struct PathTests {
    private let headers = ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"]

    private func location(_ head: String) -> String? {
        head.split(separator: "\r\n").first { $0.hasPrefix("Location: ") }.map { String($0.dropFirst(10)) }
    }

    @Test(
        "the scheme of a key has no letter case and may be absent, and blanks do not matter",
        arguments: [
            ("Bearer sk-roottoken", 200), ("bearer sk-roottoken", 200), ("BEARER   sk-roottoken  ", 200),
            ("bEaReR\tsk-roottoken", 200), ("Bearer roottoken", 200), ("sk-roottoken", 200), ("roottoken", 200),
            ("Bearer", 401), ("bearer ", 401), ("", 401), ("Bearersk-roottoken", 401), ("Basic sk-roottoken", 401),
            ("Bearer Bearer sk-roottoken", 401),
        ])
    func scheme(value: String, status: Int) async throws {
        let fixture = try await GatewayFixture()
        let models = try fixture.call("GET", "/v1/models", headers: ["Authorization: \(value)"])
        #expect(models.status == status)
        let key = value.replacing("sk-roottoken", with: "rootaccess").replacing("roottoken", with: "rootaccess")
        let user = try fixture.call("GET", "/api/user/self", headers: ["Authorization: \(key)"])
        #expect(user.body.contains(#""success":true"#) == (status == 200), "\(user.body)")
    }

    @Test("repeated slashes count as one")
    func slashes() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let body = chatBody().encoded()
        for path in ["//v1/chat/completions", "/v1//chat///completions", "///v1/chat/completions"] {
            #expect(try fixture.post(path, body).status == 200, "\(path)")
        }
        #expect(try fixture.call("GET", "//v1//models//gpt-4o", headers: headers).body.contains(#""id":"gpt-4o""#))
        #expect(try fixture.call("GET", "//api//status").body.contains(#""success":true"#))
        #expect(try fixture.call("POST", "//v1/embeddings", headers: headers, body: Array("[]".utf8)).status == 400)
        #expect(try fixture.call("GET", "//v1/dashboard//billing/usage", headers: headers).status == 200)
    }

    @Test(
        "what is no route is answered as by an API, and leads to the endpoint that there is; pages are for GET and HEAD",
        arguments: [
            ("POST", "/chat/completions", "Did you mean /v1/chat/completions?"),
            ("POST", "//chat//completions/", "Did you mean /v1/chat/completions?"),
            ("POST", "/v1/v1/chat/completions", "Did you mean /v1/chat/completions?"),
            ("POST", "/openai/deployments/gpt-4o/chat/completions", "Did you mean /v1/chat/completions?"),
            ("POST", "/embeddings/", "Did you mean /v1/embeddings?"), ("PUT", "/", "serves POST /v1/chat/completions"),
            ("DELETE", "/nothing", "serves POST"), ("PATCH", "/x", "serves POST"), ("OPTIONS", "/x", "serves POST"),
            ("POST", "/v1/responses", "serves POST /v1/chat/completions"), ("POST", "/v1/messages", "serves POST"),
            ("POST", "/v1beta/models/gemini-2.5-pro:generateContent", "serves POST"),
            ("GET", "/v1/responses/x", "serves"),
            ("GET", "/v1/chat/completions", "serves POST /v1/chat/completions"),
        ])
    func noRoute(method: String, path: String, words: String) async throws {
        let fixture = try await GatewayFixture()
        let answer = try fixture.call(method, path, headers: headers, body: method == "GET" ? nil : Array("{}".utf8))
        #expect(answer.status == 404 && answer.head.contains("Content-Type: application/json"))
        #expect(answer.head.contains("X-Should-Retry: false"))
        let message = try JSON.parse(Array(answer.body.utf8))["error"]?["message"]?.string ?? ""
        #expect(message.hasPrefix("Invalid URL (\(method) \(path)). ") && message.contains(words), "\(message)")
        for method in ["GET", "HEAD"] {
            let page = try fixture.call(method, "/chat/completions")
            #expect(page.status == 200 && page.head.contains("Content-Type: text/html"))
        }
    }

    @Test(
        "a slash at the end leads to the route without it",
        arguments: [
            ("GET", "/v1/models/", 301, "/v1/models"), ("HEAD", "/v1/models/", 307, "/v1/models"),
            ("GET", "/v1/models/gpt-4o/?a=b%20c&d", 301, "/v1/models/gpt-4o?a=b%20c&d"),
            ("POST", "/v1/chat/completions/", 307, "/v1/chat/completions"),
            ("POST", "/v1/embeddings/?x", 307, "/v1/embeddings?x"),
            ("POST", "/v1/completions/", 307, "/v1/completions"),
            ("DELETE", "/v1/models/x/", 307, "/v1/models/x"), ("GET", "//v1/models//", 301, "/v1/models"),
            ("GET", "/v1/dashboard/billing/usage/", 301, "/v1/dashboard/billing/usage"),
            ("GET", "/v1/files/", 301, "/v1/files"), ("GET", "/v1//evil.example/", 404, nil), ("GET", "/v1/", 404, nil),
            ("GET", "/v1/chat/completions/", 404, nil), ("POST", "/v1/responses/", 404, nil),
            ("GET", "//evil.example/v1/models/", 200, nil),
        ] as [(String, String, Int, String?)])
    func trailingSlash(method: String, path: String, status: Int, target: String?) async throws {
        let fixture = try await GatewayFixture()
        let answer = try fixture.call(method, path, headers: headers)
        #expect(answer.status == status && location(answer.head) == target, "\(answer.head)")
    }
}
