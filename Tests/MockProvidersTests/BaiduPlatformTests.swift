import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduPlatformTests {
    private static let stream = ",\"stream\":true"
    private static let tools = """
        ,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":\
        {"city":{"type":"string"}}}}},{"type":"function","function":{"name":"get_time","parameters":{}}}]
        """

    @Test("A whole answer has the service's bytes")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.tellQianfan("Hi")
        let id = try #require(reply.json?["id"]?.string)
        let text = try #require(reply.content)
        let (input, output) = (mock.server.ledger.total.promptTokens, mock.server.ledger.total.completionTokens)
        #expect(
            reply.body == """
                {"id":"\(id)","object":"chat.completion","created":1760000000,"model":"ernie-4.0-8k",\
                "choices":[{"index":0,"message":{"role":"assistant",\
                "content":\(String(decoding: JSON.string(text).encoded(), as: UTF8.self))},"finish_reason":"stop",\
                "flag":0}],"usage":{"prompt_tokens":\(input),"completion_tokens":\(output),\
                "total_tokens":\(input + output)}}
                """)
        #expect(mock.server.ledger.total(key: "bce-v3/ALTAK-test/secret").answers == 1)
        await mock.stop()
    }

    @Test("A stream is chunks, an end, the usage if asked for, and [DONE]")
    func streamed() async throws {
        let mock = try Mock()
        let reply = try mock.tellQianfan(
            "mock-tokens-2", more: Self.stream + ",\"stream_options\":{\"include_usage\":true}")
        #expect(reply.body.hasSuffix("\n\ndata: [DONE]\n\n"))
        let events = reply.payloads
        try #require(events.count == 5)
        #expect(events.allSatisfy { $0["object"]?.string == "chat.completion.chunk" })
        let id = try #require(events[0]["id"]?.string)
        #expect(
            reply.events[0] == """
                {"id":"\(id)","object":"chat.completion.chunk","created":1760000000,"model":"ernie-4.0-8k",\
                "choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"flag":0}],\
                "usage":null}
                """)
        #expect(events[3]["choices"]?[0]?["finish_reason"]?.string == "stop")
        #expect(events[4]["choices"]?.array?.isEmpty == true)
        #expect(events[4]["usage"]?["completion_tokens"]?.int == 2)
        #expect(try !mock.tellQianfan("Hi", more: Self.stream).body.contains("usage"))
        await mock.stop()
    }

    @Test("Tools: two calls at once, streamed arguments, a tool choice, and results that are answered")
    func tools() async throws {
        let mock = try Mock()
        let both = try mock.tellQianfan("get_weather and get_time", more: Self.tools)
        let calls = try #require(both.choice?["message"]?["tool_calls"]?.array)
        #expect(both.choice?["finish_reason"]?.string == "tool_calls")
        #expect(calls.map { $0["function"]?["name"]?.string } == ["get_weather", "get_time"])
        #expect(calls.last?["function"]?["arguments"]?.string == "{}")
        #expect(calls.first?.names == ["id", "type", "function"])
        let one = Self.tools + ",\"parallel_tool_calls\":false"
        #expect(try mock.tellQianfan("mock-calls-2", more: one).choice?["message"]?["tool_calls"]?.array?.count == 1)
        let pieces = try mock.tellQianfan("get_weather", more: Self.tools + Self.stream).payloads
            .compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0] }
        #expect(pieces.first?.names == ["index", "id", "type", "function"])
        #expect(pieces.compactMap { $0["function"]?["arguments"]?.string }.joined() == "{\"city\":\"Oslo\"}")
        let none = Self.tools + ",\"tool_choice\":\"none\""
        #expect(try mock.tellQianfan("Hi", more: none).choice?["finish_reason"]?.string == "stop")
        let call = "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"get_time\",\"arguments\":\"{}\"}}"
        let answered = try mock.qianfanChat(
            """
            {"role":"system","content":"Be kind."},{"role":"user","content":"Time?"},\
            {"role":"assistant","content":"","tool_calls":[\(call)]},\
            {"role":"tool","tool_call_id":"c1","content":"noon"}
            """, more: Self.tools)
        #expect(answered.content?.contains("noon") == true)
        await mock.stop()
    }

    @Test("Reasoning models show their reasoning, and it counts")
    func reasoning() async throws {
        let mock = try Mock()
        let reply = try mock.tellQianfan("Hi", model: "ernie-x1-turbo-32k")
        #expect(reply.choice?["message"]?["reasoning_content"]?.string?.isEmpty == false)
        #expect(try #require(reply.json?["usage"]?["completion_tokens"]?.int) > 48)
        let off = try mock.tellQianfan("Hi", more: ",\"enable_thinking\":false", model: "deepseek-r1")
        #expect(off.choice?["message"]?["reasoning_content"] == nil)
        let budget = try mock.tellQianfan(
            "Hi", more: ",\"reasoning_effort\":\"high\",\"thinking_budget\":3" + Self.stream, model: "deepseek-r1")
        #expect(budget.payloads.count { $0["choices"]?[0]?["delta"]?["reasoning_content"] != nil } == 3)
        await mock.stop()
    }

    @Test("Pictures, schemas and searches, for the models that have them")
    func extras() async throws {
        let mock = try Mock()
        let turn = """
            {"role":"user","content":[{"type":"text","text":"Look."},{"type":"image_url",\
            "image_url":{"url":"https://example.test/a.png"}},{"type":"image_url",\
            "image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}
            """
        #expect(try mock.qianfanChat(turn, model: "ernie-4.5-turbo-vl-32k").content?.contains("2 images") == true)
        #expect(try mock.qianfanChat(turn).error?["code"]?.string == "invalid_messages")
        let blocked = turn.replacing("example.test", with: "mock-blocked.test")
        let unsafe = try mock.qianfanChat(blocked, model: "ernie-4.5-turbo-vl-32k")
        #expect(unsafe.error?["code"]?.string == "image_url_unsafe")
        let schema = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}"
        let format =
            ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":\(schema)}}"
        #expect(try mock.tellQianfan("Give.", more: format).content == "{\"city\":\"Oslo\"}")
        let search = ",\"web_search\":{\"enable\":true,\"enable_citation\":true}"
        let found = try mock.tellQianfan("Hi", more: search)
        #expect(found.json?["search_results"]?[0]?.names == ["index", "url", "title"])
        #expect(found.content?.hasSuffix("[1]") == true)
        let refused = try mock.tellQianfan("mock-refuse")
        #expect(refused.choice?["need_clear_history"]?.bool == true && refused.choice?["ban_round"]?.int == -1)
        #expect(try mock.tellQianfan("mock-filter").choice?["flag"]?.int == 1)
        let models = try mock.baidu("GET", "v2/models", headers: ["Authorization: Bearer bce-v3/ALTAK-a/b"])
        #expect(models.json?["data"]?.array?.contains { $0["id"]?.string == "ernie-4.0-8k" } == true)
        await mock.stop()
    }
}
