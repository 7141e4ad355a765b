import JSON
import MockKit
import TestKit
import TestTraits
import Testing

extension Mock {
    /// A request to Anthropic's part of the mock, with exactly these headers.
    func claude(
        _ method: String = "POST", _ path: String = "v1/messages", _ body: String = "",
        headers: [String] = ["x-api-key: sk-ant-test", "anthropic-version: 2023-06-01"]
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = headers.map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) /anthropic/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    /// A request with these messages.
    func converse(
        _ messages: String, model: String = "claude-sonnet-4-5", more: String = "", headers: [String] = []
    ) throws -> Reply {
        try claude(
            "POST", "v1/messages", "{\"model\":\"\(model)\",\"max_tokens\":1024,\"messages\":[\(messages)]\(more)}",
            headers: ["x-api-key: sk-ant-test", "anthropic-version: 2023-06-01"] + headers)
    }

    /// A request with one text.
    func say(_ text: String, model: String = "claude-sonnet-4-5", more: String = "") throws -> Reply {
        try converse("{\"role\":\"user\",\"content\":\"\(text)\"}", model: model, more: more)
    }
}

extension Mock.Reply {
    var blocks: [JSON] { json?["content"]?.array ?? [] }
    var text: String { blocks.compactMap { $0["text"]?.string }.joined() }

    /// The payloads of a stream as JSON.
    var payloads: [JSON] { events.compactMap { try? JSON.parse(Array($0.utf8)) } }

    /// The deltas of this kind, in order.
    func deltas(_ type: String, _ field: String) -> [String] {
        payloads.compactMap { $0["delta"] }.filter { $0["type"]?.string == type }.compactMap { $0[field]?.string }
    }
}

@Suite(.inTurn) struct ClaudeMessageTests {
    @Test("A whole answer has the service's bytes: compact, keys in order, the dated model")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.say("Hi")
        #expect(reply.status == 200)
        let head = "{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01"
        #expect(reply.body.hasPrefix(head))
        let id = try #require(reply.json?["id"]?.string)
        #expect(id.utf8.count == 28)
        let input = try #require(reply.json?["usage"]?["input_tokens"]?.int)
        let output = try #require(reply.json?["usage"]?["output_tokens"]?.int)
        #expect(
            reply.body == """
                {"model":"claude-sonnet-4-5-20250929","id":"\(id)","type":"message","role":"assistant",\
                "content":[{"type":"text","text":\(String(decoding: JSON.string(reply.text).encoded(), as: UTF8.self))}],\
                "stop_reason":"end_turn","stop_sequence":null,"stop_details":null,\
                "usage":{"input_tokens":\(input),"cache_creation_input_tokens":0,"cache_read_input_tokens":0,\
                "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},\
                "output_tokens":\(output),"service_tier":"standard","inference_geo":"not_available"}}
                """)
        #expect(reply.header("request-id")?.hasPrefix("req_011") == true)
        #expect(reply.header("anthropic-ratelimit-input-tokens-limit") == "400000")
        #expect(mock.server.ledger.total.promptTokens == Int(input))
        #expect(mock.server.ledger.total.completionTokens == Int(output))
        await mock.stop()
    }

    @Test("The same request gets the same bytes")
    func determinism() async throws {
        let mock = try Mock(seed: 3)
        #expect(try mock.say("Hello").body == mock.say("Hello").body)
        await mock.stop()
    }

    @Test("A token limit, a stop sequence and a refusal give their stop reasons")
    func ends() async throws {
        let mock = try Mock()
        let turn = "{\"role\":\"user\",\"content\":\"mock-tokens-40\"}"
        let body = "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":7,\"messages\":[\(turn)]}"
        let cut = try mock.claude("POST", "v1/messages", body)
        #expect(cut.json?["stop_reason"]?.string == "max_tokens")
        #expect(cut.json?["usage"]?["output_tokens"]?.int == 7)
        let stopped = try mock.say("mock-tokens-100", more: ",\"stop_sequences\":[\" when\"]")
        #expect(stopped.json?["stop_reason"]?.string == "stop_sequence")
        #expect(stopped.json?["stop_sequence"]?.string == " when")
        let refused = try mock.say("mock-refuse")
        #expect(refused.status == 200)
        #expect(refused.json?["stop_reason"]?.string == "refusal")
        #expect(refused.json?["stop_details"]?["type"]?.string == "refusal")
        #expect(refused.blocks.isEmpty)
        let filtered = try mock.say("mock-filter")
        #expect(filtered.json?["stop_reason"]?.string == "refusal")
        #expect(!filtered.text.isEmpty)
        await mock.stop()
    }

    @Test("Images count, by the size of a PNG or as an address")
    func images() async throws {
        let mock = try Mock()
        let png = "iVBORw0KGgoAAAANSUhEUgAAAfQAAAEsCAYAAAA="
        let reply = try mock.converse(
            """
            {"role":"user","content":[{"type":"text","text":"Look."},\
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"\(png)"}},\
            {"type":"image","source":{"type":"url","url":"https://example.test/a.png"}}]}
            """)
        #expect(reply.text.contains("2 images"))
        let tokens = try #require(reply.json?["usage"]?["input_tokens"]?.int)
        #expect((1800...1820).contains(tokens))
        await mock.stop()
    }

    @Test("Structured output is JSON that the schema accepts")
    func structured() async throws {
        let mock = try Mock()
        let schema = """
            {"type":"object","properties":{"city":{"type":"string"},"n":{"type":"integer"}},"required":["city","n"],\
            "additionalProperties":false}
            """
        let format = "{\"type\":\"json_schema\",\"schema\":\(schema)}"
        let reply = try mock.say("Give.", more: ",\"output_config\":{\"format\":\(format)}")
        let value = try JSON.parse(Array(reply.text.utf8))
        #expect(value["city"]?.string == "Oslo")
        #expect(value["n"]?.int != nil)
        #expect(try mock.say("Give.", more: ",\"output_format\":\(format)").status == 400)
        let beta = ["anthropic-beta: structured-outputs-2025-11-13"]
        let turn = "{\"role\":\"user\",\"content\":\"Give.\"}"
        #expect(try mock.converse(turn, more: ",\"output_format\":\(format)", headers: beta).status == 200)
        await mock.stop()
    }

    @Test(
        "A schema that is open, has bounds, refers elsewhere or is recursive is refused",
        arguments: [
            "{\"type\":\"object\"}", "{\"type\":\"integer\",\"minimum\":1}", "{\"$ref\":\"https://example.test\"}",
            "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}]}}}",
        ])
    func badSchema(schema: String) async throws {
        let mock = try Mock()
        let format = "{\"type\":\"json_schema\",\"schema\":\(schema)}"
        let reply = try mock.say("Give.", more: ",\"output_config\":{\"format\":\(format)}")
        #expect(reply.status == 400)
        #expect(reply.error?["message"]?.string?.hasPrefix("output_config.format.schema: ") == true)
        await mock.stop()
    }

    @Test("A document with citations is cited")
    func citations() async throws {
        let mock = try Mock()
        let turn = """
            {"role":"user","content":[{"type":"document","title":"T","citations":{"enabled":true},\
            "source":{"type":"text","media_type":"text/plain","data":"Grass is green. Sky is blue."}},\
            {"type":"text","text":"What colour?"}]}
            """
        let reply = try mock.converse(turn)
        let cited: JSON = [
            "type": "char_location", "cited_text": "Grass is green.", "document_index": 0, "document_title": "T",
            "start_char_index": 0, "end_char_index": 15, "file_id": .null,
        ]
        #expect(reply.blocks.first?["citations"]?[0] == cited)
        let stream = try mock.converse(turn, more: ",\"stream\":true")
        #expect(stream.payloads.contains { $0["delta"]?["citation"] == cited })
        await mock.stop()
    }

    @Test("The web is searched when the tool is there and named")
    func webSearch() async throws {
        let mock = try Mock()
        let tools = ",\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"
        let reply = try mock.say("Use web_search.", more: tools)
        #expect(
            reply.blocks.map { $0["type"]?.string } == ["server_tool_use", "web_search_tool_result", "text"])
        #expect(reply.json?["usage"]?["server_tool_use"]?["web_search_requests"]?.int == 1)
        #expect(reply.blocks.last?["citations"]?[0]?["type"]?.string == "web_search_result_location")
        #expect(try mock.say("Use web_search.", more: tools + ",\"stream\":true").isComplete)
        await mock.stop()
    }
}
