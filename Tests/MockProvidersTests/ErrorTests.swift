import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct MockErrorTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let body: String
        let status: Int
        let code: String?
        let param: String?
        var testDescription: String { body }
    }

    private static let user = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

    static let refusals = [
        Refusal(body: "{", status: 400, code: nil, param: nil),
        Refusal(body: "[]", status: 400, code: nil, param: nil),
        Refusal(body: "{\(user)}", status: 400, code: nil, param: nil),
        Refusal(body: "{\"model\":\"gpt-4o\"}", status: 400, code: "missing_required_parameter", param: "messages"),
        Refusal(body: "{\"model\":\"nope\",\(user)}", status: 404, code: "model_not_found", param: nil),
        Refusal(
            body: "{\"model\":\"gpt-4o\",\(user),\"foo\":1}", status: 400, code: "unknown_parameter", param: "foo"),
        Refusal(body: "{\"model\":\"gpt-4o\",\(user),\"n\":1.0}", status: 400, code: "invalid_type", param: "n"),
        Refusal(
            body: "{\"model\":\"gpt-4o\",\(user),\"top_p\":2}", status: 400, code: "decimal_above_max_value",
            param: "top_p"),
        Refusal(
            body: "{\"model\":\"o1-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", status: 400,
            code: "unsupported_value", param: "messages[0].role"),
        Refusal(
            body: "{\"model\":\"gpt-5\",\(user),\"max_tokens\":5}", status: 400, code: "unsupported_parameter",
            param: "max_tokens"),
        Refusal(
            body: "{\"model\":\"gpt-5\",\(user),\"temperature\":0.2}", status: 400, code: "unsupported_value",
            param: "temperature"),
        Refusal(
            body: "{\"model\":\"gpt-4o\",\(user),\"stream_options\":{}}", status: 400, code: nil,
            param: "stream_options"),
        Refusal(
            body: "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]}",
            status: 400, code: "invalid_value", param: "messages[0]"),
        Refusal(body: "{\"model\":\"whisper-1\",\(user)}", status: 404, code: nil, param: "model"),
        Refusal(
            body: "{\"model\":\"gpt-4\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + String(repeating: "word ", count: 9000) + "\"}]}", status: 400, code: "context_length_exceeded",
            param: "messages"),
    ]

    @Test("A bad request gets the service's own refusal", arguments: refusals)
    func refusal(_ refusal: Refusal) async throws {
        let mock = try Mock()
        let reply = try mock.chat(refusal.body)
        #expect(reply.status == refusal.status)
        #expect(reply.error?.object?.members.map(\.key) == ["message", "type", "param", "code"])
        #expect(reply.error?["code"]?.string == refusal.code)
        #expect(reply.error?["param"]?.string == refusal.param)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("The model layer writes two spaces and no newline")
    func modelLayer() async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", more: ",\"temperature\":-1")
        #expect(
            reply.body == """
                {
                  "error": {
                    "message": "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 \
                instead.",
                    "type": "invalid_request_error",
                    "param": "temperature",
                    "code": "decimal_below_min_value"
                  }
                }
                """)
        #expect(reply.header("openai-processing-ms") != nil)
        await mock.stop()
    }

    @Test("The front layer writes four spaces and a newline, without the model's headers")
    func frontLayer() async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "nope")
        #expect(
            reply.body == """
                {
                    "error": {
                        "message": "The model `nope` does not exist or you do not have access to it.",
                        "type": "invalid_request_error",
                        "param": null,
                        "code": "model_not_found"
                    }
                }

                """)
        #expect(reply.header("content-type") == "application/json; charset=utf-8")
        #expect(reply.header("vary") == "Origin")
        #expect(reply.header("openai-version") == nil)
        await mock.stop()
    }

    @Test("Keys: none, a bad one, and one without the prefix are refused")
    func keys() async throws {
        let mock = try Mock()
        let none = try mock.send("POST", "/v1/chat/completions", "{}", key: nil)
        #expect(none.status == 401)
        #expect(none.header("www-authenticate") == "Basic realm=\"OpenAI API\"")
        for key in ["sk-mock-bad-12345678", "pk-12345"] {
            let reply = try mock.send("POST", "/v1/chat/completions", "{}", key: key)
            #expect(reply.status == 401)
            #expect(reply.error?["code"]?.string == "invalid_api_key")
            #expect(!reply.body.contains("mock-bad-1234"))
        }
        await mock.stop()
    }

    @Test(
        "Each name of the catalogue gives an error with all four keys",
        arguments: [
            ("401", 401), ("403", 403), ("404", 404), ("405", 405), ("408", 408), ("409", 409), ("413", 413),
            ("422", 422),
            ("429", 429), ("insufficient_quota", 429), ("requests", 429), ("500", 500), ("503", 503),
            ("slow_down", 503),
            ("context_length_exceeded", 400), ("moderation_blocked", 400),
        ])
    func catalogue(name: String, status: Int) async throws {
        let mock = try Mock()
        let reply = try mock.ask("hi", model: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.error?.object?.members.count == 4)
        await mock.stop()
    }

    @Test("Unknown paths and methods are the front layer's 404 and 405")
    func routing() async throws {
        let mock = try Mock()
        let path = try mock.send("POST", "/openai/v1/foo", "{}")
        #expect(path.status == 404)
        #expect(path.error?["message"]?.string == "Invalid URL (POST /v1/foo)")
        #expect(try mock.send("GET", "/v1/embeddings").status == 405)
        await mock.stop()
    }
}
