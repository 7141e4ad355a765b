import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct BadInputTests {
    static let bodies: [(String, String, String)] = [
        ("{", "invalid_json", ""), ("[]", "invalid_json", ""), ("", "invalid_json", ""),
        (#"{"model":"gpt-4o","messages":[{"role":"user","content":"\ud83d"}]}"#, "invalid_json", ""),
        (#"{"messages":[]}"#, "missing_required_parameter", "model"),
        (#"{"model":5,"messages":[]}"#, "invalid_type", "model"),
        (#"{"model":"","messages":[{"role":"user"}]}"#, "invalid_value", "model"),
        (#"{"model":"gpt-4o"}"#, "missing_required_parameter", "messages"),
        (#"{"model":"gpt-4o","messages":[]}"#, "invalid_value", "messages"),
        (#"{"model":"gpt-4o","messages":"hi"}"#, "invalid_type", "messages"),
        (#"{"model":"gpt-4o","messages":["hi"]}"#, "invalid_type", "messages[0]"),
        (#"{"model":"gpt-4o","messages":[{"content":"x"}]}"#, "missing_required_parameter", "messages[0].role"),
        (#"{"model":"gpt-4o","messages":[{"role":"user","content":3}]}"#, "invalid_type", "messages[0].content"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"max_tokens":-1}"#, "invalid_value", "max_tokens"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"max_tokens":1.5}"#, "invalid_type", "max_tokens"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"max_tokens":9999999999}"#, "invalid_value", "max_tokens"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"max_tokens":1e999}"#, "invalid_json", ""),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"n":0}"#, "invalid_value", "n"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"stream":"yes"}"#, "invalid_type", "stream"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"temperature":"hot"}"#, "invalid_type", "temperature"),
        (#"{"model":"gpt-4o","model":"gpt-4","messages":[{"role":"user"}]}"#, "duplicate_field", "model"),
        (#"{"model":"gpt-4o","mod\u0065l":"gpt-4","messages":[{"role":"user"}]}"#, "duplicate_field", "model"),
        (#"{"model":"gpt-4o","messages":[{"role":"user"}],"stream":true,"stream":false}"#, "duplicate_field", "stream"),
    ]

    @Test("answers bad bodies with a 400 that names the field", arguments: bodies)
    func badBodies(body: String, code: String, parameter: String) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let answer = try fixture.call(
            "POST", "/v1/chat/completions",
            headers: ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"], body: Array(body.utf8))
        #expect(answer.status == 400)
        let error = try JSON.parse(Array(answer.body.utf8))["error"]
        #expect(error?["code"]?.string == code)
        #expect(error?["param"]?.string ?? "" == parameter)
        #expect(error?["message"]?.string?.contains("(request id: ") == true)
        #expect(fixture.upstream.calls.isEmpty)
    }

    @Test("refuses invalid UTF-8, deep nesting, bombs and bodies above the limit, keeping the connection")
    func hostileBodies() async throws {
        var configuration = Configuration()
        configuration.bodyLimit = 100_000
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let client = try RawClient(port: fixture.port)
        let bomb = try #require(Gzip.pack([UInt8](repeating: 0x20, count: 5_000_000)))
        let deep = #"{"model":"gpt-4o","messages":[{"role":"user"}],"x":"# + String(repeating: "[", count: 1000)
        let cases: [([UInt8], String, Int)] = [
            (Array(#"{"model":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8), "", 400), (Array(deep.utf8), "", 400),
            (bomb, "Content-Encoding: gzip\r\n", 413), ([UInt8](repeating: 0x20, count: 100_001), "", 413),
        ]
        for (body, header, status) in cases {
            client.send(
                Array(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\nContent-Type: application/json\r\n\(header)Content-Length: \(body.count)\r\n\r\n"
                        .utf8) + body)
            #expect(client.receiveAnswer().status == status)
        }
        client.send("GET /api/status HTTP/1.1\r\nHost: t\r\n\r\n")
        #expect(client.receiveAnswer().status == 200)
    }

    static let accesses: [([String], Int, String)] = [
        ([], 401, "missing_api_key"), (["Authorization: Bearer sk-nobody"], 401, "invalid_api_key"),
        (["Authorization: Bearer sk-roottoken-99"], 400, "invalid_channel"),
        (["Authorization: Bearer sk-roottoken-x"], 400, "invalid_channel"),
    ]

    @Test("refuses keys that are none, each with its code", arguments: accesses)
    func badKeys(headers: [String], status: Int, code: String) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let answer = try fixture.call(
            "POST", "/v1/chat/completions", headers: headers + ["Content-Type: application/json"],
            body: chatBody().encoded())
        #expect(answer.status == status)
        #expect(answer.body.contains("\"code\":\"\(code)\""))
    }

    @Test("takes the key with and without Bearer and sk-, and a channel behind it from administrators")
    func keyForms() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        for form in ["Bearer sk-roottoken", "sk-roottoken", "roottoken", "Bearer roottoken", "Bearer sk-roottoken-1"] {
            let answer = try fixture.call(
                "POST", "/v1/chat/completions", headers: ["Authorization: \(form)", "Content-Type: application/json"],
                body: chatBody().encoded())
            #expect(answer.status == 200, "\(form)")
        }
    }

    @Test("enforces what a token is limited to")
    func tokenLimits() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        func key(_ more: JSONObject) throws -> String {
            var wishes: JSONObject = ["name": "t", "unlimited_quota": true]
            for member in more.members { wishes[member.key] = member.value }
            return try #require(try fixture.manage("POST", "/api/token/", .object(wishes))["data"]?["key"]?.string)
        }
        #expect(try fixture.chat(chatBody(), key: key(["models": "gpt-4o-mini"])).status == 403)
        #expect(try fixture.chat(chatBody(), key: key(["models": "gpt-4o"])).status == 200)
        #expect(try fixture.chat(chatBody(), key: key(["expired_time": 1000])).status == 401)
        #expect(try fixture.chat(chatBody(), key: key(["subnet": "10.0.0.0/8"])).status == 403)
        #expect(try fixture.chat(chatBody(), key: key(["subnet": "127.0.0.0/8"])).status == 200)
        let poor = try fixture.chat(chatBody(), key: key(["unlimited_quota": false, "remain_quota": 5]))
        #expect(poor.status == 403)
        #expect(poor.body.contains("pre_consume_token_quota_failed"))
        let empty = try fixture.chat(chatBody(), key: key(["unlimited_quota": false, "remain_quota": 0]))
        #expect(empty.status == 401)
    }

    @Test("says that no channel serves a model, in the client's language")
    func noChannel() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["models": "nope", "group": "others"])
        let english = try fixture.chat(chatBody(model: "nope"))
        #expect(english.status == 503)
        #expect(english.body.contains("No available channels for model nope in group default"))
        #expect(english.body.contains("no_available_channel"))
        let chinese = try fixture.chat(chatBody(model: "nope"), headers: ["Accept-Language: zh-CN"])
        #expect(chinese.body.contains("当前分组 default 下对于模型 nope 无可用渠道"))
    }

    @Test("answers a model that no channel has as OpenAI does, so that its package does not try again")
    func unknownModel() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody(model: "nope"))
        #expect(answer.status == 404)
        #expect(answer.body.contains(#""param":"model","code":"model_not_found""#))
        #expect(answer.body.contains("The model 'nope' does not exist"))
    }

    @Test("answers the other routes of /v1 as the specification has them")
    func otherRoutes() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let key = ["Authorization: Bearer sk-roottoken"]
        let list = try fixture.call("GET", "/v1/models", headers: key)
        #expect(
            try JSON.parse(Array(list.body.utf8))["data"]?.array?.compactMap { $0["id"]?.string } == [
                "gpt-4o", "gpt-4o-mini",
            ])
        #expect(try fixture.call("GET", "/v1/models/gpt-4o", headers: key).status == 200)
        #expect(try fixture.call("GET", "/v1/models/nope", headers: key).status == 404)
        let missing = try fixture.call("POST", "/v1/responses", body: [])
        #expect(missing.status == 404)
        #expect(missing.body.contains("Invalid URL (POST /v1/responses)"))
        let stub = try fixture.call("GET", "/v1/files", headers: key)
        #expect(stub.status == 501)
        #expect(stub.body.contains("api_not_implemented"))
        #expect(try fixture.call("POST", "/v1/completions", headers: key, body: []).status == 501)
        let preflight = try fixture.call("OPTIONS", "/v1/chat/completions", headers: ["Origin: https://app.example"])
        #expect(preflight.status == 204)
        #expect(preflight.head.contains("Access-Control-Allow-Origin: *"))
        #expect(try fixture.call("GET", "/").body.contains("One API"))
    }
}
