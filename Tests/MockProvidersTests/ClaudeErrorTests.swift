import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ClaudeErrorTests {
    private static let key: String = "x-api-key: sk-ant-test"
    private static let version: String = "anthropic-version: 2023-06-01"

    @Test("An error has the service's bytes, with the id that the header has")
    func layout() async throws {
        let mock = try Mock()
        let reply = try mock.say("hi", model: "claude-nope")
        let id = try #require(reply.header("request-id"))
        #expect(reply.status == 404)
        #expect(
            reply.body
                == "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"model: claude-nope\"},"
                + "\"request_id\":\"\(id)\"}")
        let streamed = try mock.say("hi", model: "claude-nope", more: ",\"stream\":true")
        #expect(streamed.status == 404)
        #expect(streamed.header("content-type") == "application/json")
        await mock.stop()
    }

    struct Door: Sendable, CustomTestStringConvertible {
        let headers: [String]
        let status: Int
        let message: String
        var testDescription: String { headers.joined(separator: ", ") }
    }

    static let doors: [Door] = [
        Door(headers: [version], status: 401, message: "x-api-key header is required"),
        Door(headers: ["x-api-key: nonsense", version], status: 401, message: "invalid x-api-key"),
        Door(headers: ["x-api-key: sk-mock-bad", version], status: 401, message: "invalid x-api-key"),
        Door(headers: ["Authorization: Bearer nonsense", version], status: 401, message: "Invalid bearer token"),
        Door(
            headers: ["Authorization: Bearer sk-ant-oat01-mock-expired", version], status: 401,
            message: "Invalid bearer token"),
        Door(headers: ["Authorization: Basic abc", version], status: 401, message: "Invalid bearer token"),
        Door(headers: [key], status: 400, message: "anthropic-version: header is required"),
        Door(
            headers: [key, "anthropic-version: latest"], status: 400,
            message: "anthropic-version: \"latest\" is not a valid version"),
    ]

    @Test("Keys, tokens and versions are checked", arguments: doors)
    func closed(door: Door) async throws {
        let mock = try Mock()
        let reply = try mock.claude("POST", "v1/messages", "{}", headers: door.headers)
        #expect(reply.status == door.status)
        #expect(reply.error?["message"]?.string == door.message)
        await mock.stop()
    }

    @Test("A key is accepted in either header, with any dated version")
    func goodDoors() async throws {
        let mock = try Mock()
        let body =
            "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let bearer = ["Authorization: Bearer sk-ant-api03-x", "anthropic-version: 2026-10-21"]
        #expect(try mock.claude("POST", "v1/messages", body, headers: bearer).status == 200)
        #expect(mock.server.ledger.total(key: "sk-ant-api03-x").answers == 1)
        #expect(try mock.claude("POST", "v1/messages?beta=true", body).status == 200)
        await mock.stop()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let more: String
        let message: String
        var messages = "{\"role\":\"user\",\"content\":\"hi\"}"
        var model = "claude-sonnet-4-5"
        var testDescription: String { message }
    }

    static let refusals: [Refusal] = [
        Refusal(more: ",\"foo\":1", message: "foo: Extra inputs are not permitted"),
        Refusal(more: ",\"temperature\":1.5", message: "temperature: range: 0..1"),
        Refusal(
            more: ",\"temperature\":0.5,\"top_p\":0.5",
            message: "`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
        Refusal(more: "", message: "messages: at least one message is required", messages: ""),
        Refusal(
            more: "", message: "messages: first message must use the \"user\" role",
            messages: "{\"role\":\"assistant\",\"content\":\"hi\"}"),
        Refusal(
            more: "", message: "messages: text content blocks must be non-empty",
            messages: "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\"}]}"),
        Refusal(
            more: "", message: "messages: text content blocks must contain non-whitespace text",
            messages: "{\"role\":\"user\",\"content\":\"  \"}"),
        Refusal(
            more: "",
            message: "messages.0: all messages must have non-empty content except for the optional final assistant "
                + "message", messages: "{\"role\":\"user\",\"content\":\"\"}"),
        Refusal(
            more: "", message: "messages: final assistant content cannot end with trailing whitespace",
            messages: "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"I \"}"),
        Refusal(
            more: "",
            message: "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, "
                + "not \"system\" as an input message role.", messages: "{\"role\":\"system\",\"content\":\"hi\"}"),
        Refusal(
            more: ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9}",
            message: "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"),
        Refusal(
            more: ",\"output_config\":{\"effort\":\"xhigh\"}",
            message: "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
            model: "claude-sonnet-4-6"),
        Refusal(
            more: ",\"tools\":[{\"name\":\"a b\",\"input_schema\":{\"type\":\"object\"}}]",
            message: "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
        Refusal(
            more: ",\"tools\":[{\"name\":\"a\",\"input_schema\":{}}]",
            message: "tools.0.custom.input_schema.type: Field required"),
        Refusal(
            more: ",\"tools\":[{\"name\":\"a\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"a\","
                + "\"input_schema\":{\"type\":\"object\"}}]", message: "tools: Tool names must be unique."),
        Refusal(
            more: "", message: "Could not process image",
            messages: "{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                + "\"media_type\":\"image/png\",\"data\":\"QUJD\"}}]}"),
        Refusal(
            more: ",\"context_management\":{\"edits\":[]}",
            message: "context_management: Extra inputs are not permitted"),
    ]

    @Test("A bad request gets the service's own refusal", arguments: refusals)
    func refusal(_ refusal: Refusal) async throws {
        let mock = try Mock()
        let reply = try mock.converse(refusal.messages, model: refusal.model, more: refusal.more)
        #expect(reply.status == 400)
        #expect(reply.error?["type"]?.string == "invalid_request_error")
        #expect(reply.error?["message"]?.string == refusal.message)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("Missing fields, sizes and cache breakpoints")
    func sizes() async throws {
        let mock = try Mock()
        func message(_ body: String) throws -> String? {
            try mock.claude("POST", "v1/messages", body).error?["message"]?.string
        }
        let turn = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
        #expect(try message("{}") == "model: Field required")
        #expect(try message("{\"model\":\"claude-sonnet-4-5\",\(turn)}") == "max_tokens: Field required")
        #expect(
            try message("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":999999,\(turn)}")
                == "max_tokens: 999999 > 64000, which is the maximum allowed number of output tokens for "
                + "claude-sonnet-4-5-20250929")
        let long = String(repeating: "word ", count: 100_100)
        let big = "\"messages\":[{\"role\":\"user\",\"content\":\"\(long)\"}]"
        #expect(
            try message("{\"model\":\"claude-2.0\",\"max_tokens\":9,\(big)}")?.hasPrefix("prompt is too long: ") == true
        )
        let part = "{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}"
        let parts = Array(repeating: part, count: 5).joined(separator: ",")
        let marked = try mock.converse("{\"role\":\"user\",\"content\":[\(parts)]}")
        #expect(
            marked.error?["message"]?.string
                == "A maximum of 4 blocks with cache_control may be provided. Found 5.")
        await mock.stop()
    }

    static let names: [(String, Int, String)] = [
        ("400", 400, "invalid_request_error"), ("401", 401, "authentication_error"), ("402", 402, "billing_error"),
        ("403", 403, "permission_error"), ("forbidden", 403, "forbidden"), ("404", 404, "not_found_error"),
        ("409", 409, "conflict_error"), ("413", 413, "request_too_large"), ("429", 429, "rate_limit_error"),
        ("500", 500, "api_error"), ("503", 503, "api_error"), ("504", 504, "timeout_error"),
        ("529", 529, "overloaded_error"), ("overloaded_error", 529, "overloaded_error"),
    ]

    @Test("Each status has its type", arguments: names)
    func catalogue(name: String, status: Int, type: String) async throws {
        let mock = try Mock()
        let reply = try mock.say("hi", model: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.error?["type"]?.string == type)
        #expect(reply.json?["request_id"]?.string == reply.header("request-id"))
        await mock.stop()
    }

    @Test(
        "Every name in the catalogue is known",
        arguments: [
            "bad_key", "no_key", "bad_bearer", "no_version", "no_credit", "unknown_path", "no_max_tokens", "effort",
            "empty_messages", "max_tokens_above_cap", "prompt_too_long", "context_limit", "temperature",
            "both_sampling", "tool_name", "tool_names_unique", "tool_schema", "unknown_field", "bad_image",
            "image_too_big", "cache_breakpoints", "empty_content", "empty_text", "blank_text", "prefill_blank",
            "first_role", "alternate_roles", "system_role", "tool_use_unanswered", "orphan_tool_result",
            "tool_use_ids_unique", "thinking_first", "thinking_modified", "thinking_signature", "thinking_budget",
            "budget_above_max_tokens", "thinking_temperature", "thinking_forced_tool",
        ])
    func named(name: String) async throws {
        let mock = try Mock()
        let reply = try mock.say("hi", model: "mock-error-\(name)")
        #expect((400...404).contains(reply.status))
        #expect(reply.error?["message"]?.string?.contains("knows no error") == false)
        await mock.stop()
    }

    @Test("A rate limit has its headers, and an overload asks for a retry")
    func headers() async throws {
        let mock = try Mock()
        let limited = try mock.say("hi", model: "mock-error-429")
        #expect(limited.header("retry-after") == "1")
        #expect(limited.header("anthropic-ratelimit-input-tokens-remaining") == "0")
        #expect(limited.header("anthropic-ratelimit-tokens-reset") == "2025-10-09T08:53:21Z")
        let overloaded = try mock.say("hi", model: "mock-error-529")
        #expect(overloaded.header("x-should-retry") == "true")
        #expect(overloaded.header("retry-after") == nil)
        await mock.stop()
    }

    @Test("No body crashes the mock")
    func hostile() async throws {
        let mock = try Mock()
        let bodies = [
            "", "{", "[]", "null", "{\"model\":null}", "{\"model\":\"mock-x\",\"max_tokens\":1,\"messages\":[[]]}",
            "{\"model\":\"mock-x\",\"max_tokens\":9223372036854775807,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
            "{\"model\":\"mock-x\",\"max_tokens\":1e400,\"messages\":[]}",
            "{\"model\":\"mock-x\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":[7]}]}",
            "{\"model\":\"mock-x\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\","
                + "\"source\":7}]}]}",
            "{\"model\":\"mock-x\",\"max_tokens\":5,\"tools\":[7],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        ]
        for body in bodies {
            #expect(try mock.claude("POST", "v1/messages", body).status == 400)
        }
        let deep = "{\"$ref\":\"#\",\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"$ref\":\"#\"}}}"
        let tools = ",\"tools\":[{\"name\":\"a\",\"input_schema\":\(deep)}]"
        #expect(try mock.say("x", more: tools).status == 200)
        await mock.stop()
    }
}
