import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let code: Int64
        let message: String
        var testDescription: String { name }

        init(_ name: String, _ code: Int64, _ message: String) {
            (self.name, self.code, self.message) = (name, code, message)
        }
    }

    static let catalogue = [
        Case("unknown_error", 1, "Unknown error"), Case("2", 2, "Service temporarily unavailable"),
        Case("unsupported_method", 3, "Unsupported openapi method"),
        Case("request_limit", 4, "Open api request limit reached"),
        Case("cluster_limit", 4, "request limit by resouce cluster reached"),
        Case("403", 6, "No permission to access data"), Case("13", 13, "Get service token failed"),
        Case("iam_certification_failed", 14, "IAM Certification failed"),
        Case("app_not_exist", 15, "app not exists or create failed"),
        Case("insufficient_quota", 17, "Open api daily request limit reached"),
        Case("429", 18, "Open api qps request limit reached"), Case("19", 19, "Open api total request limit reached"),
        Case("invalid_parameter", 100, "Invalid parameter"),
        Case("401", 110, "Access token invalid or no longer valid"), Case("111", 111, "Access token expired"),
        Case("500", 336_000, "Internal error"), Case("invalid_argument", 336_001, "Invalid Argument"),
        Case("invalid_json", 336_002, "Invalid JSON"),
        Case("400", 336_003, "the length of messages must be an odd number"),
        Case("permission_error", 336_004, "Permission error"), Case("336005", 336_005, "API name not exist"),
        Case("question_too_long", 336_006, "the max length of current question is 20000"),
        Case("all_questions_too_long", 336_007, "the max length of all question is 20000"),
        Case("503", 336_100, "the server is busy, try again"), Case("405", 336_101, "Invalid http method"),
        Case("invalid_content_type", 336_102, "Invalid Content-Type"),
        Case("context_length_exceeded", 336_103, "Prompt tokens too long"),
        Case("invalid_system", 336_104, "Invalid Argument: system"),
        Case("invalid_user_setting", 336_105, "Invalid Argument: user_setting"),
        Case("336117", 336_117, "Invalid Argument: functions name"),
        Case("336122", 336_122, "Invalid Argument: functions parameters"),
        Case("336123", 336_123, "Invalid Argument: functions schema"), Case("plugin_error", 336_200, "Internal error"),
        Case("requests", 336_501, "Rate limit reached for RPM"), Case("tokens", 336_502, "Rate limit reached for TPM"),
        Case("500000", 500_000, "Internal error"), Case("nothing", 336_003, "MockProviders knows no error by the name"),
    ]

    @Test("The workshop's errors have status 200, whole and streamed, and no usage", arguments: catalogue)
    func workshop(expected: Case) async throws {
        let mock = try Mock()
        for stream in ["false", "true"] {
            let reply = try mock.tellERNIE(
                "Hi", more: ",\"stream\":\(stream)", endpoint: "mock-error-\(expected.name)")
            #expect(reply.status == 200)
            #expect(reply.header("content-type") == "application/json")
            #expect(reply.errorCode == expected.code)
            #expect(reply.errorMessage?.hasPrefix(expected.message) == true)
            #expect(reply.json?.names == ["error_code", "error_msg"] + (expected.code >= 336_000 ? ["id"] : []))
        }
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    static let refusals = [
        Case("", 336_003, "messages can not be empty"), Case("\"messages\":[]", 336_003, "messages can not be empty"),
        Case("\"messages\":{}", 336_001, "Invalid Argument"),
        Case("\"messages\":[{\"role\":\"user\",\"content\":[]}]", 336_001, "Invalid Argument"),
        Case("\"messages\":[\(user),\(user)]", 336_003, "the length of messages must be an odd number"),
        Case("\"messages\":[\(user),\(user),\(user)]", 336_003, "invalid role in message 1"),
        Case("\"messages\":[{\"role\":\"system\",\"content\":\"a\"}]", 336_003, "invalid role in message 0"),
        Case("\"messages\":[{\"role\":\"function\",\"name\":\"f\",\"content\":\"a\"}]", 336_003, "invalid role in"),
        Case("\"messages\":[{\"role\":\"user\",\"content\":\"\"}]", 336_003, "content can not be empty in message 0"),
        Case("\(turn),\"temperature\":0", 336_003, "temperature is invalid"),
        Case("\(turn),\"temperature\":1.01", 336_003, "temperature is invalid"),
        Case("\(turn),\"temperature\":\"a\"", 336_001, "Invalid Argument"),
        Case("\(turn),\"top_p\":1.1", 336_003, "top_p is invalid"),
        Case("\(turn),\"penalty_score\":0.5", 336_003, "penalty_score is invalid"),
        Case("\(turn),\"max_output_tokens\":1", 336_003, "max_output_tokens is not valid"),
        Case("\(turn),\"max_output_tokens\":2049", 336_003, "max_output_tokens is not valid"),
        Case("\(turn),\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", 336_003, "stop is invalid"),
        Case("\(turn),\"stop\":[\"123456789012345678901\"]", 336_003, "stop is invalid"),
        Case("\(turn),\"stream\":1", 336_001, "Invalid Argument"),
        Case("\(turn),\"system\":1", 336_104, "Invalid Argument: system"),
        Case("\(turn),\"user_setting\":1", 336_105, "Invalid Argument: user_setting"),
        Case("\(turn),\"response_format\":{\"type\":\"json_object\"}", 336_001, "Invalid Argument"),
        Case("\(turn),\"response_format\":\"xml\"", 336_003, "response_format is invalid"),
        Case("\(turn),\"tool_choice\":{\"type\":\"function\"}", 336_003, "tool_choice is invalid"),
        Case("\(turn),\"functions\":[{\"name\":\"a b\"}]", 336_117, "Invalid Argument: functions name"),
        Case("\(turn),\"functions\":[{\"name\":\"a\"}]", 336_122, "Invalid Argument: functions parameters"),
        Case(
            "\(turn),\"functions\":[{\"name\":\"a\",\"parameters\":{}}]", 336_123, "Invalid Argument: functions schema"),
    ]
    private static let user = "{\"role\":\"user\",\"content\":\"a\"}"
    private static let turn = "\"messages\":[\(user)]"

    @Test("The workshop checks its requests", arguments: refusals)
    func checks(expected: Case) async throws {
        let mock = try Mock()
        let reply = try mock.workshop("chat/completions_pro", "{\(expected.name)}")
        #expect(reply.status == 200)
        #expect(reply.errorCode == expected.code)
        #expect(reply.errorMessage?.hasPrefix(expected.message) == true)
        await mock.stop()
    }

    @Test("Requests that are not even a chat get their codes too")
    func doors() async throws {
        let mock = try Mock()
        let path = "rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions?access_token=24.mock-t"
        #expect(try mock.workshop("chat/nobody", "{}").errorCode == 3)
        #expect(try mock.workshop("song/completions", "{}").errorCode == 3)
        #expect(try mock.baidu("GET", path).errorCode == 336_101)
        #expect(try mock.baidu("POST", path, "{", headers: []).errorCode == 336_002)
        #expect(try mock.baidu("POST", path, "{}", headers: ["Content-Type: text/plain"]).errorCode == 336_102)
        let long = String(repeating: "a", count: 20_001)
        #expect(try mock.tellERNIE(long).errorMessage == "the max length of current question is 20000")
        #expect(try mock.tellERNIE(long, endpoint: "llama_2_7b").errorCode == 336_007)
        let words = String(repeating: "a ", count: 6000)
        #expect(try mock.tellERNIE(words).errorMessage == "Prompt tokens too long")
        #expect(try mock.tellERNIE("Hi", more: ",\"top_p\":0", endpoint: "llama_2_7b").errorCode == 336_003)
        #expect(try mock.tellERNIE("Hi", more: ",\"top_p\":0").result != nil)
        await mock.stop()
    }
}
