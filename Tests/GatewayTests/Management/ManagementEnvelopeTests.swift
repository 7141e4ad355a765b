import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementEnvelopeTests {
    @Test("the status is public and has every member that the web pages and health checks read")
    func status() async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("GET", "/api/status", headers: [])
        #expect(answer.text.contains(#""success":true"#))
        #expect(answer.headers["Content-Type"] == "application/json; charset=utf-8")
        #expect(answer.headers["X-Oneapi-Request-Id"]?.allSatisfy(\.isNumber) == true)
        let data = answer.json["data"] ?? .null
        #expect(
            Set(data.keys) == [
                "version", "start_time", "email_verification", "github_oauth", "github_client_id", "lark_client_id",
                "system_name", "logo", "footer_html", "wechat_qrcode", "wechat_login", "server_address",
                "turnstile_check", "turnstile_site_key", "top_up_link", "chat_link", "quota_per_unit",
                "display_in_currency", "oidc", "oidc_client_id", "oidc_well_known", "oidc_authorization_endpoint",
                "oidc_token_endpoint", "oidc_userinfo_endpoint",
            ])
        #expect(data["system_name"] == "One API" && data["quota_per_unit"] == 500_000 && data["oidc"] == false)
    }

    @Test(
        "public texts are the options of the same name",
        arguments: [
            ("notice", "Notice"), ("about", "About"), ("home_page_content", "HomePageContent"),
        ])
    func texts(path: String, option: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.data("GET", "/api/\(path)", headers: []) == "")
        try gateway.data("PUT", "/api/option/", ["key": .string(option), "value": "# 你好 \"there\""])
        #expect(try gateway.data("GET", "/api/\(path)", headers: []) == "# 你好 \"there\"")
    }

    @Test(
        "a missing or extra slash is redirected with its query before anything else is checked",
        arguments: [
            ("GET", "/api/token?p=1", 301, "/api/token/?p=1"), ("DELETE", "/api/token/5/", 307, "/api/token/5"),
            ("POST", "/api/token", 307, "/api/token/"), ("GET", "/api/log/self/?p=0", 301, "/api/log/self?p=0"),
            ("GET", "/api/status/", 301, "/api/status"), ("PUT", "/api/option", 307, "/api/option/"),
        ])
    func slashes(method: String, path: String, status: Int, location: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send(method, path, headers: [])
        #expect(answer.status == status && answer.headers["Location"] == location)
        #expect(answer.headers["X-Oneapi-Request-Id"] == nil)
    }

    @Test(
        "what is unknown under /api is a 404 of the envelope, with OpenAI's error beside",
        arguments: [
            ("GET", "/api"), ("GET", "/api/"), ("POST", "/api/channel/fix"), ("PATCH", "/api/token/"),
            ("GET", "/apinothing"), ("GET", "/api/token/1/2"), ("GET", "/apixstatus"),
        ])
    func unknown(method: String, path: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send(method, path)
        #expect(answer.status == 404)
        #expect(answer.json["success"]?.bool == false)
        #expect(answer.json["message"]?.string?.hasPrefix("Invalid URL (\(method) \(path))") == true)
        #expect(answer.json["error"]?["type"] == "invalid_request_error")
        #expect(answer.json["error"]?["message"]?.string?.hasPrefix("Invalid URL (\(method) \(path))") == true)
    }

    @Test(
        "an id that is not a number is refused, and is no 404",
        arguments: [
            "/api/user/models", "/api/token/x", "/api/channel/1e3", "/api/channel/test/two",
        ])
    func badID(path: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.refusal("GET", path).hasPrefix("invalid id: "))
    }

    @Test("a large answer is gzipped for clients that accept gzip, and a small one never is")
    func gzip() async throws {
        let gateway = try await ManagedGateway()
        let asking = ["Authorization: rootaccess", "Accept-Encoding: br, gzip"]
        let packed = try gateway.send("GET", "/api/channel/models", headers: asking)
        #expect(packed.headers["Content-Encoding"] == "gzip" && packed.headers["Vary"] == "Accept-Encoding")
        let plain = try gateway.send("GET", "/api/channel/models")
        #expect(plain.headers["Content-Encoding"] == nil)
        #expect(try Gzip.unpack(packed.body, limit: 10 << 20) == plain.body)
        #expect(try gateway.send("GET", "/api/notice", headers: asking).headers["Content-Encoding"] == nil)
    }

    @Test("the answers of /api have no CORS headers, but a preflight of another origin is answered")
    func crossOrigin() async throws {
        let gateway = try await ManagedGateway()
        let origin = "Origin: https://elsewhere.test"
        let answer = try gateway.send("GET", "/api/status", headers: [origin])
        #expect(answer.status == 200 && answer.headers["Access-Control-Allow-Origin"] == nil)
        let preflight = try gateway.send("OPTIONS", "/api/status", headers: [origin])
        #expect(preflight.status == 204 && preflight.headers["Access-Control-Allow-Origin"] == "*")
    }

    @Test("messages that one-api translates follow Accept-Language")
    func languages() async throws {
        let gateway = try await ManagedGateway()
        for (language, expected) in [
            ("zh-CN,en", "无效的参数"), ("ZH", "无效的参数"), ("en, zh", "invalid parameter"), ("fr", "invalid parameter"),
        ] {
            let answer = try gateway.send(
                "POST", "/api/user/login", [:], headers: ["Accept-Language: \(language)"])
            #expect(answer.message == expected, "\(language)")
        }
    }

    @Test("a body above the limit gets 413, packed or not, and one that is not gzip gets 400")
    func bodies() async throws {
        let gateway = try await ManagedGateway()
        let large = [UInt8](repeating: 0x20, count: 5 << 20)
        #expect(try gateway.send("POST", "/api/token/", bytes: large).status == 413)
        let headers = ["Authorization: rootaccess", "Content-Encoding: gzip"]
        let bomb = try #require(Gzip.pack(large))
        #expect(try gateway.send("POST", "/api/token/", bytes: bomb, headers: headers).status == 413)
        #expect(try gateway.send("POST", "/api/token/", bytes: [1, 2, 3], headers: headers).status == 400)
        let packed = try #require(Gzip.pack(Array(#"{"name":"packed"}"#.utf8)))
        let answer = try gateway.send("POST", "/api/token/", bytes: packed, headers: headers)
        #expect(answer.json["data"]?["name"] == "packed")
    }

    @Test(
        "broken JSON is refused and nothing is stored",
        arguments: [
            "", "{", "null", #"{"name":"\ud800"}"#, "{\"name\":\"\u{1}\"}", String(repeating: "[", count: 2000),
            #"{"name":1}"#, #"{"name":"a","remain_quota":1.5}"#, #"{"name":"a","remain_quota":"5"}"#,
            #"{"name":"a","unlimited_quota":1}"#, #"{"name":"a","remain_quota":99999999999999999999}"#,
            #"{"name":"a","remain_quota":-9223372036854775808}"#, #"{"name":"a","expired_time":"never"}"#,
        ])
    func brokenJSON(body: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("POST", "/api/token/", bytes: Array(body.utf8))
        #expect(answer.status == 200 && answer.json["success"] == false)
        #expect(answer.message.hasPrefix("invalid parameter"))
        #expect(try gateway.data("GET", "/api/token/") == [])
    }

    @Test("a limit answers 429 without a body, and counts neither redirects nor other addresses nor other routes")
    func limits() async throws {
        var configuration = Configuration()
        configuration.apiRateLimit = 3
        configuration.webRateLimit = 1
        let gateway = try await ManagedGateway(configuration)
        #expect(try gateway.send("GET", "/api/status/", headers: []).status == 301)
        for _ in 0..<3 { #expect(try gateway.send("GET", "/api/status", headers: []).status == 200) }
        let refused = try gateway.send("GET", "/api/status", headers: [])
        #expect(refused.status == 429 && refused.body.isEmpty)
        #expect(try gateway.send("GET", "/dashboard/billing/usage", headers: []).status == 429)
        #expect(try gateway.send("GET", "/api/status", headers: ["X-Forwarded-For: 203.0.113.5"]).status == 200)
        #expect(try gateway.send("GET", "/", headers: []).status == 200)
        #expect(try gateway.send("GET", "/", headers: []).status == 429)
        #expect(try gateway.send("GET", "/v1/models", headers: []).status == 401)
    }

    @Test("after twenty log-ins in twenty minutes, more are refused")
    func criticalLimit() async throws {
        let gateway = try await ManagedGateway(Configuration())
        for _ in 0..<20 { #expect(try gateway.send("POST", "/api/user/login", [:], headers: []).status == 200) }
        #expect(try gateway.send("POST", "/api/user/login", [:], headers: []).status == 429)
        #expect(try gateway.send("GET", "/api/status", headers: []).status == 200)
    }

    @Test("the page says what this is and is not cached")
    func page() async throws {
        let gateway = try await ManagedGateway()
        for path in ["/", "/login"] {
            let answer = try gateway.send("GET", path, headers: [])
            #expect(
                answer.status == 200 && answer.text.contains("One API") && answer.text.contains(Configuration.version))
            #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(answer.headers["Cache-Control"] == "no-cache")
        }
    }
}
