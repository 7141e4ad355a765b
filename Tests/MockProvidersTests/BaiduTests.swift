import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduWorkshopTests {
    private static let weather = """
        {"name":"get_weather","description":"w","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}
        """
    private static let clock = "{\"name\":\"get_time\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}"

    @Test("A whole answer has the service's bytes, limits in its headers and its cost in the ledger")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.tellERNIE("Hi")
        #expect(reply.status == 200)
        let id = try #require(reply.json?["id"]?.string)
        #expect(id.hasPrefix("as-") && id.utf8.count == 13)
        let text = try #require(reply.result)
        let input = try #require(reply.json?["usage"]?["prompt_tokens"]?.int)
        let output = try #require(reply.json?["usage"]?["completion_tokens"]?.int)
        #expect(
            reply.body == """
                {"id":"\(id)","object":"chat.completion","created":1760000000,\
                "result":\(String(decoding: JSON.string(text).encoded(), as: UTF8.self)),"is_truncated":false,\
                "need_clear_history":false,"finish_reason":"normal",\
                "usage":{"prompt_tokens":\(input),"completion_tokens":\(output),"total_tokens":\(input + output)}}
                """)
        #expect(text.contains("\"Hi\""))
        #expect(reply.header("content-type") == "application/json")
        #expect(reply.header("x-ratelimit-limit-requests") == "60000")
        let total = mock.server.ledger.total(model: "completions_pro")
        #expect(total.promptTokens == Int(input) && total.completionTokens == Int(output))
        #expect(try mock.tellERNIE("Hi").body == reply.body)
        await mock.stop()
    }

    @Test("The client's request id is sent back, also from a header with an underscore")
    func requestID() async throws {
        let mock = try Mock()
        let path = "rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions?access_token=24.mock-t"
        let body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"extra_parameters\":{\"a\":1}}"
        let headers = ["Request_id: sdk-py-0.4.12.3-abc", "Authorization: Bearer ak|sk"]
        let reply = try mock.baidu("POST", path, body, headers: headers)
        #expect(reply.status == 200 && reply.result != nil)
        #expect(reply.header("x-baidu-request-id") == "sdk-py-0.4.12.3-abc")
        await mock.stop()
    }

    @Test("A token limit, a stop word, a refusal and the filter each set their members")
    func ends() async throws {
        let mock = try Mock()
        let cut = try mock.tellERNIE("mock-tokens-40", more: ",\"max_output_tokens\":7")
        #expect(cut.json?["finish_reason"]?.string == "length")
        #expect(cut.json?["is_truncated"]?.bool == true)
        #expect(cut.json?["usage"]?["completion_tokens"]?.int == 7)
        let stopped = try mock.tellERNIE("mock-tokens-100", more: ",\"stop\":[\" when\"]")
        #expect(stopped.json?["finish_reason"]?.string == "stop")
        let refused = try mock.tellERNIE("mock-refuse")
        #expect(refused.json?["finish_reason"]?.string == "normal")
        #expect(refused.json?["need_clear_history"]?.bool == true)
        #expect(refused.json?["ban_round"]?.int == -1)
        #expect(refused.result?.isEmpty == false)
        let filtered = try mock.tellERNIE("mock-filter")
        #expect(filtered.json?["finish_reason"]?.string == "content_filter")
        #expect(filtered.json?["flag"]?.int == 1)
        let object = try mock.tellERNIE("mock", more: ",\"response_format\":\"json_object\"")
        #expect(try JSON.parse(Array((object.result ?? "").utf8))["answer"] != nil)
        await mock.stop()
    }

    @Test("A function is called once, by name, and its result is answered")
    func functions() async throws {
        let mock = try Mock()
        let functions = ",\"functions\":[\(Self.weather),\(Self.clock)]"
        let reply = try mock.tellERNIE("get_weather and get_time", more: functions)
        #expect(
            reply.json?.names == [
                "id", "object", "created", "result", "is_truncated", "need_clear_history", "finish_reason",
                "function_call", "usage",
            ])
        #expect(reply.result == "")
        #expect(reply.json?["finish_reason"]?.string == "function_call")
        let call = reply.json?["function_call"]
        #expect(call?.names == ["name", "thoughts", "arguments"])
        #expect(call?["arguments"]?.string == "{\"city\":\"Oslo\"}")
        let wanted = functions + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_time\"}}"
        #expect(try mock.tellERNIE("Hi", more: wanted).json?["function_call"]?["name"]?.string == "get_time")
        #expect(try mock.tellERNIE("mock-no-tools", more: functions).json?["function_call"] == nil)
        let answered = try mock.ernie(
            """
            {"role":"user","content":"Weather?"},\
            {"role":"assistant","content":"","function_call":{"name":"get_weather","arguments":"{}"}},\
            {"role":"function","name":"get_weather","content":"{\\"t\\":-3}"}
            """, more: functions)
        #expect(answered.result?.contains("{\"t\":-3}") == true)
        await mock.stop()
    }

    @Test("ERNIE-Function-8K finds its functions in the SDK's prompt and writes its call as text")
    func functionsInWords() async throws {
        let mock = try Mock()
        let schema =
            "{\\\"type\\\": \\\"object\\\", \\\"properties\\\": {\\\"city\\\": {\\\"type\\\": \\\"string\\\"}}}"
        let prompt = "下面是工具列表:\\n名称：get_weather\\n描述：w\\n参数：\(schema)\\n\\n你的问题：Oslo?"
        let called = try mock.tellERNIE(prompt, endpoint: "ernie-func-8k")
        #expect(called.result == "Action: get_weather\nAction Input: {\"city\":\"Oslo\"}")
        #expect(called.json?["finish_reason"]?.string == "normal")
        let turns = """
            {"role":"user","content":"\(prompt)"},{"role":"assistant","content":"Action: get_weather"},\
            {"role":"user","content":"minus 3"}
            """
        #expect(try mock.ernie(turns, endpoint: "ernie-func-8k").result?.contains("minus 3") == true)
        #expect(try mock.tellERNIE("Hi", endpoint: "ernie-func-8k").result?.contains("Hi") == true)
        await mock.stop()
    }

    @Test("Searches and citations show what was found, and disable_search turns both off")
    func search() async throws {
        let mock = try Mock()
        let tools = "{\"type\":\"web_search\",\"web_search\":{\"enable\":true,\"enable_citation\":true}}"
        let reply = try mock.tellERNIE("Hi", more: ",\"tools\":[\(tools)]")
        #expect(reply.json?["search_info"]?["search_results"]?[0]?["index"]?.int == 1)
        #expect(reply.json?["tools_info"]?["name"]?.string == "baidu_search")
        #expect(reply.result?.hasSuffix("[1]") == true)
        let silent = try mock.tellERNIE("Hi", more: ",\"enable_citation\":true,\"disable_search\":true")
        #expect(silent.json?["search_info"] == nil)
        await mock.stop()
    }

    @Test("A script sets the text, the call, the reason and the usage")
    func script() async throws {
        let mock = try Mock()
        _ = try mock.control(
            "POST", "/script",
            "{\"match\":{\"model\":\"completions_pro\"},\"chunks\":[\"He\",\"llo\"],\"finish_reason\":\"stop\","
                + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}")
        let reply = try mock.tellERNIE("Hi")
        #expect(reply.result == "Hello")
        #expect(reply.json?["finish_reason"]?.string == "stop")
        #expect(reply.json?["usage"]?["total_tokens"]?.int == 7)
        #expect(mock.server.ledger.total.completionTokens == 4)
        let two = "{\"tool_calls\":[{\"name\":\"a\",\"arguments\":{}},{\"name\":\"b\",\"arguments\":{}}]}"
        _ = try mock.control("POST", "/script", two)
        let called = try mock.tellERNIE("Hi")
        #expect(called.json?["function_call"]?["name"]?.string == "a")
        #expect(try #require(called.json?["usage"]?["completion_tokens"]?.int) < 10)
        await mock.stop()
    }
}
