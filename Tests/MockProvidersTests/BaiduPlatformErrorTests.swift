import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduPlatformErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let type: String
        let code: String
        let message: String
        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ type: String, _ code: String, _ message: String) {
            (self.name, self.status, self.type, self.code, self.message) = (name, status, type, code, message)
        }
    }

    private static let bad = "invalid_request_error"
    private static let limit = "rate_limit_exceeded"

    static let catalogue = [
        Case("malformed_json", 400, bad, "malformed_json", "Invalid Argument"),
        Case("invalid_model", 400, bad, "invalid_model", "model is empty"),
        Case("invalid_messages", 400, bad, "invalid_messages", "messages can not be empty"),
        Case("400", 400, bad, "invalid_argument", "the length of messages must be an odd number"),
        Case("characters_too_long", 400, bad, "characters_too_long", "the max input characters is 20000"),
        Case("context_length_exceeded", 400, bad, "tokens_too_long", "Prompt tokens too long"),
        Case("image_url_unsafe", 400, "unsafe_request", "image_url_unsafe", "The image is unsafe"),
        Case("text_unsafe", 400, "unsafe_request", "text_unsafe", "The text is unsafe"),
        Case("no_parameter_permission", 401, "access_denied", "no_parameter_permission", "No permission to use the"),
        Case("model_permission", 401, bad, "invalid_model", "No permission to use the model"),
        Case("invalid_appid", 401, bad, "invalid_appid", "No permission to use the appid"),
        Case("401", 401, bad, "invalid_iam_token", "IAM Certification failed"),
        Case("403", 403, "access_denied", "account_overdue", "The account is overdue"),
        Case("404", 404, bad, "not_found", "Not found"),
        Case("405", 404, bad, "method_not_supported", "Method not supported"),
        Case("429", 429, limit, "rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        Case("tokens", 429, limit, "tpm_rate_limit_exceeded", "Rate limit reached for TPM"),
        Case("preemptible_rate_limit_exceeded", 429, limit, "preemptible_rate_limit_exceeded", "Rate limit reached"),
        Case("500", 500, "internal_error", "internal_error", "Internal error"),
        Case("502", 500, "internal_error", "dispatch_internal_error", "Internal error"),
    ]

    @Test("The platform's errors have real statuses and an error object", arguments: catalogue)
    func catalogued(expected: Case) async throws {
        let mock = try Mock()
        for more in ["", ",\"stream\":true"] {
            let reply = try mock.tellQianfan("Hi", more: more, model: "mock-error-\(expected.name)")
            #expect(reply.status == expected.status)
            #expect(reply.json?.names == ["error", "id"])
            #expect(reply.error?.names == ["code", "message", "type"])
            #expect(reply.error?["type"]?.string == expected.type)
            #expect(reply.error?["code"]?.string == expected.code)
            #expect(reply.error?["message"]?.string?.hasPrefix(expected.message) == true)
            #expect(reply.header("content-type") == "application/json")
        }
        await mock.stop()
    }

    private static let user = "{\"role\":\"user\",\"content\":\"a\"}"

    static let refusals = [
        Case("{", 400, bad, "malformed_json", "Invalid Argument"),
        Case("{\"messages\":[\(user)]}", 400, bad, "invalid_model", "model is empty"),
        Case(
            "{\"model\":\"gpt-4o\",\"messages\":[\(user)]}", 401, bad, "invalid_model", "No permission to use the model"
        ),
        Case("{\"model\":\"ernie-4.0-8k\"}", 400, bad, "invalid_messages", "messages can not be empty"),
        Case(chat("\(user),\(user)"), 400, bad, "invalid_argument", "the length of messages must be an odd number"),
        Case(chat("\(user),\(user),\(user)"), 400, bad, "invalid_messages", "invalid role in message 1"),
        Case(chat("{\"role\":\"function\",\"content\":\"a\"}"), 400, bad, "invalid_messages", "invalid role in"),
        Case(chat(user, ",\"temperature\":3"), 400, bad, "invalid_argument", "temperature is invalid"),
        Case(chat(user, ",\"stream\":1"), 400, bad, "malformed_json", "Invalid Argument"),
        Case(chat(user, ",\"max_tokens\":0"), 400, bad, "invalid_argument", "max_tokens is not valid"),
        Case(chat(user, ",\"response_format\":\"text\""), 400, bad, "malformed_json", "Invalid Argument"),
        Case(chat(user, ",\"tool_choice\":\"required\""), 400, bad, "invalid_argument", "tool_choice is invalid"),
        Case(chat(user, ",\"tools\":[{\"type\":\"x\"}]"), 400, bad, "invalid_argument", "tools is invalid"),
        Case(chat(long), 400, bad, "characters_too_long", "the max input characters is 20000"),
    ]
    private static let long = "{\"role\":\"user\",\"content\":\"\(String(repeating: "a", count: 20_001))\"}"

    private static func chat(_ messages: String, _ more: String = "") -> String {
        "{\"model\":\"ernie-4.0-8k\",\"messages\":[\(messages)]\(more)}"
    }

    @Test("The platform checks its requests", arguments: refusals)
    func checks(expected: Case) async throws {
        let mock = try Mock()
        let reply = try mock.qianfan("chat/completions", expected.name)
        #expect(reply.status == expected.status)
        #expect(reply.error?["code"]?.string == expected.code)
        #expect(reply.error?["message"]?.string?.hasPrefix(expected.message) == true)
        await mock.stop()
    }

    @Test("Models of other families accept two user messages in a row")
    func order() async throws {
        let mock = try Mock()
        #expect(try mock.qianfanChat("\(Self.user),\(Self.user)", model: "deepseek-v3").status == 200)
        await mock.stop()
    }

    @Test("Keys and applications are checked before everything else")
    func doors() async throws {
        let mock = try Mock()
        let keys = ["nonsense", "bce-v3/ALTAK-/x", "bce-v3/ALTAK-a/", "bce-v3/ALTAK-a/mock-bad", "bce-v1/ALTAK-a/b"]
        for key in keys {
            let reply = try mock.qianfanChat("", key: key)
            #expect(reply.status == 401)
            #expect(reply.error?["code"]?.string == "invalid_iam_token")
        }
        #expect(try mock.baidu("GET", "v2/models").error?["code"]?.string == "invalid_iam_token")
        let body = Self.chat(Self.user)
        #expect(try mock.qianfan("chat/completions", body, headers: ["appid: app-mine"]).status == 200)
        let stranger = try mock.qianfan("chat/completions", body, headers: ["appid: mine"])
        #expect(stranger.error?["code"]?.string == "invalid_appid")
        #expect(try mock.qianfan("songs", body).error?["code"]?.string == "not_found")
        #expect(try mock.qianfan("models", body).error?["code"]?.string == "method_not_supported")
        await mock.stop()
    }

    @Test("A stream that fails reports it in an event; a cut and a script work too")
    func faults() async throws {
        let mock = try Mock()
        let broken = try mock.tellQianfan("Hi", more: ",\"stream\":true", model: "mock-stream-error-2")
        #expect(broken.payloads.last?["error"]?["code"]?.string == "internal_error")
        #expect(!broken.body.contains("[DONE]"))
        #expect(try !mock.tellQianfan("Hi", more: ",\"stream\":true", model: "mock-cut-2").isComplete)
        #expect(try !mock.tellQianfan("Hi", more: ",\"stream\":true", model: "mock-no-done").body.contains("[DONE]"))
        _ = try mock.control("POST", "/script", "{\"text\":\"Yes.\",\"usage\":{\"completion_tokens\":9}}")
        let scripted = try mock.tellQianfan("Hi")
        #expect(scripted.content == "Yes.")
        #expect(scripted.json?["usage"]?["completion_tokens"]?.int == 9)
        await mock.stop()
    }
}
