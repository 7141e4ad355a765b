import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ZhipuLegacyTests {
    private func ask(
        _ mock: Mock, _ text: String, _ action: String = "invoke", model: String = "chatglm_turbo", more: String = ""
    ) throws -> Mock.Reply {
        let turn = "{\"role\":\"user\",\"content\":\"\(text)\"}"
        return try mock.zhipu("POST", "v3/model-api/\(model)/\(action)", "{\"prompt\":[\(turn)]\(more)}")
    }

    @Test("A whole answer has the service's bytes; its text is JSON within JSON and begins with a space")
    func whole() async throws {
        let mock = try Mock()
        let reply = try ask(mock, "Hi", more: ",\"request_id\":\"r-1\"")
        let data = try #require(reply.json?["data"])
        let task = try #require(data["task_id"]?.string)
        let content = try #require(data["choices"]?[0]?["content"]?.string)
        let text = try #require(try JSON.parse(Array(content.utf8)).string)
        #expect(text.hasPrefix(" ") && text.contains("\"Hi\""))
        let usage = try #require(data["usage"])
        #expect(
            reply.body == """
                {"code":200,"msg":"操作成功","success":true,"data":{"request_id":"r-1","task_id":"\(task)",\
                "task_status":"SUCCESS","choices":[{"role":"assistant","content":\
                \(String(decoding: JSON.string(content).encoded(), as: UTF8.self))}],"usage":\
                \(String(decoding: usage.encoded(), as: UTF8.self))}}
                """)
        #expect(usage["completion_tokens"]?.int == Int64(mock.server.ledger.total.completionTokens))
        let plain = try ask(mock, "Hi", more: ",\"return_type\":\"text\"")
        #expect(plain.json?["data"]?["choices"]?[0]?["content"]?.string?.first == " ")
        await mock.stop()
    }

    @Test("A stream has no spaces after colons, an extra data line for each line break, and its usage in `meta`")
    func stream() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"chunks\":[\" Sev\",\"en.\\nYes\"]}")
        let reply = try ask(mock, "Hi", "sse-invoke", more: ",\"request_id\":\"7819\"")
        #expect(reply.header("content-type") == "text/event-stream;charset=UTF-8")
        let id = try #require(reply.body.split(separator: "\n").dropFirst().first?.dropFirst(3))
        let total = mock.server.ledger.total
        #expect(
            reply.body == "event:add\nid:\(id)\ndata: Sev\n\nevent:add\nid:\(id)\ndata:en.\ndata:Yes\n\n"
                + "event:finish\nid:\(id)\ndata:\nmeta:{\"task_status\":\"SUCCESS\",\"usage\":{\"prompt_tokens\":"
                + "\(total.promptTokens),\"completion_tokens\":\(total.completionTokens),\"total_tokens\":"
                + "\(total.promptTokens + total.completionTokens)},\"task_id\":\"\(id)\",\"request_id\":\"7819\"}\n\n")
        await mock.stop()
    }

    @Test("CR LF in a text makes one extra line, and a malicious id cannot add a header")
    func lineEnds() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"chunks\":[\"a\\r\\nb\"]}")
        let reply = try ask(mock, "Hi", "sse-invoke", more: ",\"request_id\":\"r\\r\\nx-evil: 1\"")
        #expect(reply.body.contains("\ndata:a\ndata:b\n\n"))
        #expect(reply.header("x-log-id") == "rx-evil:1")
        #expect(reply.header("x-evil") == nil)
        await mock.stop()
    }

    @Test("Without `incremental`, each event has the whole text so far")
    func cumulative() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"chunks\":[\"a\",\"b\"]}")
        let reply = try ask(mock, "Hi", "sse-invoke", more: ",\"incremental\":false")
        let data = reply.body.split(separator: "\n").filter { $0.hasPrefix("data:") }
        #expect(data == ["data:a", "data:ab", "data:"])
        await mock.stop()
    }

    @Test("A filtered stream is interrupted, a failed one ends with an error, and a cut one has no end")
    func ends() async throws {
        let mock = try Mock()
        #expect(try ask(mock, "mock-filter", "sse-invoke").body.contains("event:interrupted\n"))
        let broken = try ask(mock, "Hi", "sse-invoke", model: "mock-stream-error-1").body
        #expect(broken.contains("event:error\n"))
        #expect(broken.contains("meta:{\"task_status\":\"FAIL\""))
        #expect(!broken.contains("event:finish"))
        #expect(try !ask(mock, "Hi", "sse-invoke", model: "mock-cut-1").isComplete)
        await mock.stop()
    }

    @Test("A task is running when first read, has its answer the second time, and is charged once")
    func task() async throws {
        let mock = try Mock()
        let started = try ask(mock, "Hi", "async-invoke")
        let id = try #require(started.json?["data"]?["task_id"]?.string)
        let states = try (0..<3).map { _ in
            try mock.zhipu("GET", "v3/model-api/-/request-task/\(id)").json?["data"]?["task_status"]?.string
        }
        #expect(states == ["PROCESSING", "SUCCESS", "SUCCESS"])
        #expect(mock.server.ledger.total.answers == 1)
        #expect(try mock.zhipu("GET", "v3/model-api/-/request-task/7").json?["code"]?.int == 1214)
        await mock.stop()
    }

    @Test(
        "Refusals have status 200, for a stream too",
        arguments: [
            ("chatglm_nope", "", 1211), ("chatglm_turbo", ",\"temperature\":1", 1214),
            ("chatglm_turbo", ",\"top_p\":0", 1214), ("chatglm_turbo", ",\"return_type\":\"xml\"", 1214),
            ("characterglm", "", 1213), ("mock-error-1261", "", 1261),
        ])
    func refused(model: String, more: String, code: Int64) async throws {
        let mock = try Mock()
        for action in ["invoke", "sse-invoke"] {
            let reply = try ask(mock, "Hi", action, model: model, more: more)
            #expect(reply.status == 200)
            #expect(reply.json?["code"]?.int == code)
            #expect(reply.json?["success"]?.bool == false)
            #expect(reply.json?["msg"]?.string?.isEmpty == false)
        }
        await mock.stop()
    }

    @Test("Turns must alternate, and the first and the last must be the user's")
    func turns() async throws {
        let mock = try Mock()
        func turn(_ role: String) -> String { "{\"role\":\"\(role)\",\"content\":\"x\"}" }
        for (roles, isGood) in [
            (["user", "assistant", "user"], true), (["user", "assistant"], false), (["user", "user", "user"], false),
            (["assistant", "user", "assistant"], false), ([], false),
        ] {
            let reply = try mock.zhipu(
                "POST", "v3/model-api/chatglm_pro/invoke",
                "{\"prompt\":[\(roles.map(turn).joined(separator: ","))]}")
            #expect(reply.json?["success"]?.bool == isGood)
        }
        await mock.stop()
    }
}
