import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ZhipuErrorTests {
    @Test("An error has its numeric code as text, and its message is in the client's language")
    func layout() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("hi", model: "gpt-nope")
        #expect(reply.status == 400)
        #expect(reply.body == "{\"error\":{\"code\":\"1211\",\"message\":\"模型不存在，请检查模型代码。\"}}")
        let english = try mock.glmSay("hi", model: "gpt-nope", headers: ["Accept-Language: en-US,en"])
        #expect(
            english.body
                == "{\"error\":{\"code\":\"1211\",\"message\":\"Model does not exist, please check the model code\"}}")
        #expect(reply.header("x-log-id")?.utf8.count == 30)
        await mock.stop()
    }

    /// Tokens signed by another implementation (PyJWT) for id `any`, valid until 2100 unless the name says otherwise.
    private static let signedHead = "eyJhbGciOiJIUzI1NiIsInNpZ25fdHlwZSI6IlNJR04iLCJ0eXAiOiJKV1QifQ."
    private static let good =
        signedHead + "eyJhcGlfa2V5IjoiYW55IiwiZXhwIjo0MTAyNDQ0ODAwMDAwLCJ0aW1lc3RhbXAiOjE3NjAwMDAwMDAwMDB9."
        + "yOysQNVEUqapxNJAEviGo7Q9zxmPajaSDnaMaH90FXk"
    private static let expired =
        signedHead + "eyJhcGlfa2V5IjoiYW55IiwiZXhwIjoxNzYwMDAwMDAwMDAwLCJ0aW1lc3RhbXAiOjE3NjAwMDAwMDAwMDB9."
        + "BtLKzBefXybNToWyVcIx1VHuPrxvTxgJmiDf_J2V3aI"
    private static let inSeconds =
        signedHead + "eyJhcGlfa2V5IjoiYW55IiwiZXhwIjo0MTAyNDQ0ODAwLCJ0aW1lc3RhbXAiOjE3NjAwMDAwMDAwMDB9."
        + "58VdPvUHvdya2uAVSX9MPIKbXV0RTs6LpFePKO_FrzQ"
    private static let otherSecret =
        signedHead + "eyJhcGlfa2V5IjoiYW55IiwiZXhwIjo0MTAyNDQ0ODAwMDAwLCJ0aW1lc3RhbXAiOjE3NjAwMDAwMDAwMDB9."
        + "4VaqFEwbyVPDtZTlWIS0V8z0KAKFkJA5-qmTkhxjXco"
    private static let noSignType =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        + "eyJhcGlfa2V5IjoiYW55IiwiZXhwIjo0MTAyNDQ0ODAwMDAwLCJ0aW1lc3RhbXAiOjE3NjAwMDAwMDAwMDB9."
        + "JM__bGkJqsj3P7Pdf6CrDNmcx_jf1EOqrDfoTn7svyg"
    private static let badID =
        signedHead + "eyJhcGlfa2V5IjoibW9jay1iYWQiLCJleHAiOjQxMDI0NDQ4MDAwMDAsInRpbWVzdGFtcCI6MTc2MDAwMDAwMDAwMH0."
        + "I0iLikEBDFo5s5k4mxaX_coRe8tXiYXT7JTFXjvD4nc"
    private static let noExpiry =
        signedHead + "eyJhcGlfa2V5IjoiYW55IiwidGltZXN0YW1wIjoxNzYwMDAwMDAwMDAwfQ."
        + "t0cGftiFm-x_YAfDF7oclha8cTGG0hIYTY2crzN7CL0"

    struct Door: Sendable, CustomTestStringConvertible {
        let name: String
        let field: String?
        let code: String?
        var testDescription: String { name }
    }

    static let doors: [Door] = [
        Door(name: "a plain key", field: "Bearer any.any-secret", code: nil),
        Door(name: "a token", field: "Bearer " + good, code: nil), Door(name: "a bare token", field: good, code: nil),
        Door(name: "nothing", field: nil, code: "1001"),
        Door(name: "a key without dot", field: "Bearer sk-test", code: "1002"),
        Door(name: "a key with no secret", field: "Bearer any.", code: "1002"),
        Door(name: "a bare key", field: "any.any-secret", code: "1002"),
        Door(name: "another scheme", field: "Basic abc", code: "1002"),
        Door(name: "a key's wrong secret", field: "Bearer any.other", code: "1000"),
        Door(name: "a wrong id", field: "Bearer mock-bad.mock-bad-secret", code: "1000"),
        Door(name: "an old key", field: "Bearer mock-expired.mock-expired-secret", code: "1003"),
        Door(name: "a token of a wrong id", field: badID, code: "1000"),
        Door(name: "an expired token", field: expired, code: "1003"),
        Door(name: "a token in seconds", field: inSeconds, code: "1003"),
        Door(name: "a token signed with another secret", field: otherSecret, code: "1004"),
        Door(name: "a token changed afterwards", field: good.dropLast() + "A", code: "1004"),
        Door(name: "a token without sign_type", field: noSignType, code: "1002"),
        Door(name: "a token without expiry", field: noExpiry, code: "1002"),
        Door(name: "no token at all", field: "Bearer a.b.c", code: "1002"),
    ]

    @Test("Keys and signatures are checked in both versions", arguments: doors)
    func opened(door: Door) async throws {
        let mock = try Mock()
        let body = "{\"model\":\"glm-4\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let new = try mock.zhipu("POST", "v4/chat/completions", body, authorization: door.field)
        #expect(new.status == (door.code == nil ? 200 : 401))
        #expect(new.error?["code"]?.string == door.code)
        let turn = "{\"prompt\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let old = try mock.zhipu("POST", "v3/model-api/chatglm_turbo/invoke", turn, authorization: door.field)
        #expect(old.status == 200)
        #expect(old.json?["success"]?.bool == (door.code == nil))
        #expect(old.json?["code"]?.int == Int64(door.code ?? "200"))
        if door.code == nil { #expect(mock.server.ledger.total(key: "any").answers == 2) }
        await mock.stop()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let more: String
        let message: String
        var code = "1214"
        var messages = "{\"role\":\"user\",\"content\":\"hi\"}"
        var model = "glm-4.7"
        var testDescription: String { "\(model) \(more) \(messages)" }
    }

    private static func bad(_ field: String, _ more: String, model: String = "glm-4.7") -> Refusal {
        Refusal(
            more: more, message: "Invalid \(field) parameter. Please check the documentation", model: model)
    }

    private static func badTurns(_ messages: String) -> Refusal {
        Refusal(
            more: "", message: "The messages parameter is illegal. Please check the documentation.", messages: messages)
    }

    static let refusals: [Refusal] = [
        bad("temperature", ",\"temperature\":1.01"), bad("temperature", ",\"temperature\":1", model: "glm-4"),
        bad("top_p", ",\"top_p\":0"), bad("top_p", ",\"top_p\":1", model: "glm-4"),
        bad("max_tokens", ",\"max_tokens\":0"), bad("max_tokens", ",\"max_tokens\":4096", model: "glm-4"),
        bad("max_tokens", ",\"max_tokens\":98305", model: "glm-4.5"), bad("stop", ",\"stop\":[1]"),
        bad("stream", ",\"stream\":\"yes\""), bad("tool_choice", ",\"tool_choice\":\"required\""),
        bad("tools", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]"),
        bad(
            "tools",
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":{\"type\":\"x\"}}}]"),
        bad("tools", ",\"tools\":[{\"type\":\"custom\"}]"),
        bad("response_format", ",\"response_format\":{\"type\":\"json_schema\"}"),
        bad("thinking", ",\"thinking\":{\"type\":\"auto\"}"), bad("request_id", ",\"request_id\":\"short\""),
        bad("user_id", ",\"user_id\":\"me\""), badTurns(""), badTurns("{\"role\":\"system\",\"content\":\"hi\"}"),
        badTurns("{\"role\":\"assistant\",\"content\":\"hi\"}"),
        badTurns("{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"\"}"),
        badTurns("{\"role\":\"developer\",\"content\":\"hi\"}"), badTurns("{\"role\":\"user\"}"),
        Refusal(more: "", message: "meta parameter not received properly", code: "1213", model: "charglm-4"),
        Refusal(
            more: "", message: "Current model does not support chat call method", code: "1212", model: "embedding-3"),
        Refusal(more: "", message: "Prompt too long", code: "1261", model: "mock-window-5"),
        Refusal(more: "", message: "model parameter not received properly", code: "1213", model: ""),
        Refusal(
            more: ",", message: "Incorrect API call parameters, please check the documentation", code: "1210"),
    ]

    @Test("Refuses what the service refuses", arguments: refusals)
    func refused(refusal: Refusal) async throws {
        let mock = try Mock()
        let reply = try mock.glm(
            refusal.messages, model: refusal.model, more: refusal.more, headers: ["Accept-Language: en"])
        #expect(reply.status == 400)
        #expect(reply.error == ["code": .string(refusal.code), "message": .string(refusal.message)])
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("Sensitive input is refused, and OpenAI fields that the service does not know are ignored")
    func passes() async throws {
        let mock = try Mock()
        #expect(try mock.glmSay("mock-blocked").error?["code"]?.string == "1301")
        let more = ",\"n\":2,\"logprobs\":true,\"frequency_penalty\":9,\"max_completion_tokens\":1,\"user\":\"me\""
        #expect(try mock.glmSay("mock-tokens-9", more: more).usage?["total_tokens"]?.int ?? 0 > 50)
        let choice = ",\"tool_choice\":\"required\""
        #expect(try mock.glmSay("hi", model: "glm-4", more: choice).status == 200)
        await mock.stop()
    }

    struct Named: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let code: String
        var testDescription: String { name }
    }

    static let catalogue: [Named] =
        [
            ("500", 500, "500"), ("internal_error", 500, "500"), ("401", 401, "1000"), ("gateway_401", 401, "401"),
            ("1001", 401, "1001"), ("1002", 401, "1002"), ("expired_token", 401, "1003"), ("1004", 401, "1004"),
            ("1110", 401, "1110"), ("1111", 401, "1111"), ("1112", 401, "1112"), ("1121", 401, "1121"),
            ("arrears", 429, "1113"), ("insufficient_balance", 429, "1113"), ("400", 400, "1210"),
            ("model_not_found", 400, "1211"), ("1212", 400, "1212"), ("1213", 400, "1213"), ("422", 400, "1214"),
            ("1215", 400, "1215"), ("403", 403, "1220"), ("no_permission_434", 434, "1220"), ("1221", 404, "1221"),
            ("404", 404, "1222"), ("1230", 500, "1230"), ("1231", 400, "1231"), ("1234", 500, "1234"),
            ("502", 502, "1234"), ("503", 503, "1234"), ("504", 504, "1234"), ("408", 408, "1234"),
            ("context_length_exceeded", 400, "1261"), ("1300", 400, "1300"), ("sensitive", 400, "1301"),
            ("sensitive_200", 200, "1301"), ("429", 429, "1302"), ("1303", 429, "1303"), ("1304", 429, "1304"),
            ("1305", 429, "1305"), ("1308", 429, "1308"), ("1309", 429, "1309"), ("1310", 429, "1310"),
            ("1311", 429, "1311"), ("high_demand", 429, "1312"), ("1313", 429, "1313"),
        ].map { Named(name: $0.0, status: $0.1, code: $0.2) }

    @Test("The error catalogue by name, code and status, in the model's name or in the key", arguments: catalogue)
    func named(entry: Named) async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("hi", model: "mock-error-\(entry.name)")
        #expect(reply.status == entry.status)
        #expect(reply.error?["code"]?.string == entry.code)
        #expect(reply.error?["message"]?.string?.isEmpty == false)
        let id = "mock-error-\(entry.name)"
        let body = "{\"model\":\"glm-4\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let byKey = try mock.zhipu("POST", "v4/chat/completions", body, authorization: "Bearer \(id).\(id)-secret")
        #expect(byKey.status == entry.status)
        let turn = "{\"prompt\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let old = try mock.zhipu("POST", "v3/model-api/\(id)/invoke", turn)
        #expect(old.status == 200)
        #expect(old.json?["code"]?.int == Int64(entry.code))
        #expect(old.json?["success"]?.bool == false)
        await mock.stop()
    }

    @Test("An unknown path and a wrong method get the front server's page")
    func pages() async throws {
        let mock = try Mock()
        let page = try mock.zhipu("GET", "v4/x")
        #expect(page.status == 404)
        #expect(
            page.body == "{\"timestamp\":\"2025-10-09T08:53:20.000+00:00\",\"status\":404,\"error\":\"Not Found\","
                + "\"path\":\"/v4/x\"}")
        #expect(try mock.zhipu("GET", "v4/chat/completions").status == 405)
        #expect(try mock.zhipu("POST", "v3/model-api/chatglm_turbo/x").status == 404)
        #expect(try mock.zhipu("POST", "v9/chat/completions").status == 404)
        await mock.stop()
    }

    @Test("Pages, empty answers and resets through the control API")
    func faults() async throws {
        let mock = try Mock()
        #expect(try mock.glmSay("hi", model: "mock-html-502").body.contains("<html"))
        #expect(try mock.glmSay("hi", model: "mock-empty").body == "")
        #expect(try mock.glmSay("hi", model: "mock-close").status == 0)
        let queued = "{\"match\":{\"path\":\"/zhipu\",\"key\":\"any\"},\"error\":\"1302\",\"headers\":{\"x-a\":\"b\"}}"
        _ = try mock.control("POST", "/faults", queued)
        #expect(try mock.glmSay("hi").header("x-a") == "b")
        #expect(try mock.glmSay("hi").status == 200)
        await mock.stop()
    }
}
