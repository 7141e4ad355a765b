import JSON
import MockKit
import TestKit
import TestTraits
import Testing

extension Mock {
    /// A request to DashScope's part of the mock, with the key and these headers.
    func ali(
        _ method: String = "POST", _ path: String, _ body: String = "", key: String? = "sk-ali",
        headers: [String] = []
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = ((key.map { ["Authorization: Bearer \($0)"] } ?? []) + headers).map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) /ali/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    static let generation = "api/v1/services/aigc/text-generation/generation"
    static let multimodal = "api/v1/services/aigc/multimodal-generation/generation"

    /// A request in the native text format with these messages.
    func askQwen(
        _ messages: String, model: String = "qwen-plus", parameters: String = "\"result_format\":\"message\"",
        headers: [String] = [], path: String = Mock.generation
    ) throws -> Reply {
        try ali(
            "POST", path,
            "{\"model\":\"\(model)\",\"input\":{\"messages\":[\(messages)]},\"parameters\":{\(parameters)}}",
            headers: headers)
    }

    func tellQwen(
        _ text: String, model: String = "qwen-plus", parameters: String = "\"result_format\":\"message\"",
        headers: [String] = []
    ) throws -> Reply {
        try askQwen(
            "{\"role\":\"user\",\"content\":\"\(text)\"}", model: model, parameters: parameters, headers: headers)
    }
}

extension Mock.Reply {
    var output: JSON? { json?["output"] }
    var message: JSON? { choice?["message"] }
    var code: String? { json?["code"]?.string }

    /// The payloads of a native stream.
    var results: [JSON] {
        body.split(separator: "\n").filter { $0.hasPrefix("data:{") }
            .compactMap { try? JSON.parse(Array($0.utf8.dropFirst(5))) }
    }
}

@Suite(.inTurn) struct AliTests {
    @Test("A whole message has the service's bytes: no id, no model, usage after the output")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("Hi")
        #expect(reply.status == 200)
        let content = try #require(reply.message?["content"]?.string)
        let id = try #require(reply.json?["request_id"]?.string)
        let input = try #require(reply.json?["usage"]?["input_tokens"]?.int)
        let output = try #require(reply.json?["usage"]?["output_tokens"]?.int)
        #expect(
            reply.body == """
                {"output":{"choices":[{"finish_reason":"stop","message":{"role":"assistant",\
                "content":\(String(decoding: JSON.string(content).encoded(), as: UTF8.self))}}]},\
                "usage":{"input_tokens":\(input),"output_tokens":\(output),"total_tokens":\(input + output),\
                "prompt_tokens_details":{"cached_tokens":0}},"request_id":"\(id)"}
                """)
        #expect(reply.header("x-request-id") == id)
        #expect(reply.header("content-type") == "application/json")
        #expect(reply.header("x-dashscope-call-gateway") == "true")
        #expect(reply.header("x-dashscope-finished") == "true")
        #expect(reply.header("retry-after") == nil)
        #expect(Array(id).count == 36 && id == id.lowercased())
        let total = mock.server.ledger.total
        #expect(Int64(total.promptTokens) == input && Int64(total.completionTokens) == output)
        await mock.stop()
    }

    @Test("A prompt, and an older model's messages, are answered as plain text")
    func text() async throws {
        let mock = try Mock()
        let prompt = try mock.ali(
            "POST", Mock.generation, "{\"model\":\"qwen-turbo\",\"input\":{\"prompt\":\"Hi\"},\"parameters\":{}}")
        #expect(prompt.output?.object?.members.map(\.key) == ["finish_reason", "text"])
        #expect(
            prompt.json?["usage"]?.object?.members.map(\.key) == ["input_tokens", "output_tokens", "total_tokens"])
        #expect(try mock.tellQwen("Hi", parameters: "").output?["text"] != nil)
        #expect(try mock.tellQwen("Hi", model: "qwen3-max", parameters: "").message != nil)
        #expect(try mock.tellQwen("Hi", model: "qwen3-max", parameters: "\"result_format\":\"text\"").message == nil)
        await mock.stop()
    }

    @Test("Calls: with their results sent back, two at once, and a forced one that ends with stop")
    func tools() async throws {
        let mock = try Mock()
        let call = try mock.tellQwen("Weather?", parameters: Self.tools)
        #expect(call.choice?["finish_reason"]?.string == "tool_calls")
        #expect(call.choice?["index"]?.int == 0)
        #expect(call.message?["content"]?.string == "")
        let first = try #require(call.message?["tool_calls"]?.array?.first)
        #expect(first.object?.members.map(\.key) == ["index", "id", "type", "function"])
        #expect(first["function"]?["arguments"]?.string == "{\"city\": \"Oslo\"}")
        let id = try #require(first["id"]?.string)
        #expect(id.hasPrefix("call_"))
        let calls = String(decoding: call.message?["tool_calls"]?.encoded() ?? [], as: UTF8.self)
        let turn = "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":\(calls)}"
        let user = "{\"role\":\"user\",\"content\":\"Weather?\"}"
        let result = "{\"role\":\"tool\",\"tool_call_id\":\"\(id)\",\"content\":\"mild\"}"
        let back = try mock.askQwen([user, turn, result].joined(separator: ","), parameters: Self.tools)
        #expect(back.message?["content"]?.string == "The tool answered: mild")
        let byName = "{\"role\":\"tool\",\"name\":\"get_weather\",\"content\":\"mild\"}"
        #expect(try mock.askQwen([user, turn, byName].joined(separator: ","), parameters: Self.tools).status == 200)
        #expect(try mock.askQwen([user, result].joined(separator: ","), parameters: Self.tools).status == 400)

        let two = try mock.tellQwen("mock-calls-2", parameters: Self.tools)
        #expect(two.message?["tool_calls"]?.array?.count == 2)
        let one = try mock.tellQwen("mock-calls-2", parameters: Self.tools + ",\"parallel_tool_calls\":false")
        #expect(one.message?["tool_calls"]?.array?.count == 1)
        let forced = try mock.tellQwen(
            "Hi",
            parameters: Self.tools + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}")
        #expect(forced.choice?["finish_reason"]?.string == "stop")
        #expect(forced.message?["tool_calls"] != nil)
        let none = try mock.tellQwen("Hi", parameters: Self.tools + ",\"tool_choice\":\"none\"")
        #expect(none.message?["tool_calls"] == nil)
        await mock.stop()
    }

    static let tools = """
        "result_format":"message","tools":[{"type":"function","function":{"name":"get_weather","parameters":\
        {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]
        """

    @Test("Images are sent and text comes back as lists, and older models leave out the total")
    func images() async throws {
        let mock = try Mock()
        let turn = """
            {"role":"user","content":[{"image":"https://example.test/a.png"},\
            {"image":"data:image/png;base64,aGVsbG8="},{"text":"What?"}]}
            """
        let reply = try mock.askQwen(turn, model: "qwen-vl-plus", parameters: "", path: Mock.multimodal)
        let text = reply.message?["content"]?.array?.first?["text"]?.string
        #expect(text?.contains("2 images") == true)
        #expect(
            reply.json?["usage"]?.object?.members.map(\.key) == ["input_tokens", "output_tokens", "image_tokens"])
        let newer = try mock.askQwen(turn, model: "qwen3-vl-plus", parameters: "", path: Mock.multimodal)
        #expect(newer.json?["usage"]?["total_tokens"] != nil)
        #expect(newer.json?["usage"]?["input_tokens_details"]?["image_tokens"]?.int == 512)
        func status(_ content: String, headers: [String] = []) throws -> (Int, String?) {
            let reply = try mock.askQwen(
                "{\"role\":\"user\",\"content\":\(content)}", model: "qwen-vl-plus", parameters: "", headers: headers,
                path: Mock.multimodal)
            return (reply.status, reply.code)
        }
        #expect(try status("\"plain\"") == (400, "InvalidParameter"))
        #expect(try status("[{\"type\":\"text\",\"text\":\"a\"}]") == (400, "InvalidParameter"))
        #expect(try status("[{\"image\":\"file:///a.png\"}]") == (400, "InvalidURL"))
        #expect(try status("[{\"image\":\"oss://a.png\"}]") == (400, "InvalidURL"))
        #expect(
            try status("[{\"image\":\"oss://a.png\"}]", headers: ["X-DashScope-OssResourceResolve: enable"]).0 == 200)
        #expect(try status("[{\"image\":\"https://mock-blocked/\"}]") == (400, "DataInspectionFailed"))
        #expect(try status("[{\"image\":\"https://mock-missing/\"}]") == (400, "InvalidParameter.DataInspection"))
        #expect(try status("[{\"video\":[\"https://a.test/1.jpg\",\"https://a.test/2.jpg\"]}]").0 == 200)
        await mock.stop()
    }

    @Test("Reasoning has a text and a counter; max_tokens does not limit it, but max_completion_tokens does")
    func thinking() async throws {
        let mock = try Mock()
        let format = "\"result_format\":\"message\",\"enable_thinking\":true"
        let reply = try mock.tellQwen("mock-tokens-9", parameters: format + ",\"thinking_budget\":20,\"max_tokens\":5")
        #expect(reply.message?["reasoning_content"]?.string?.isEmpty == false)
        #expect(reply.json?["usage"]?["output_tokens_details"]?["reasoning_tokens"]?.int == 20)
        #expect(reply.json?["usage"]?["output_tokens"]?.int == 25)
        let cut = try mock.tellQwen("Hi", parameters: format + ",\"thinking_budget\":20,\"max_completion_tokens\":10")
        #expect(cut.choice?["finish_reason"]?.string == "length")
        #expect(cut.message?["content"]?.string == "")
        let open = try mock.tellQwen("Hi", model: "qwen3-8b", parameters: format)
        #expect(
            open.json?["message"]?.string == "parameter.enable_thinking must be set to false for non-streaming calls")
        #expect(try mock.tellQwen("Hi", model: "qwen-max", parameters: format).message?["reasoning_content"] == nil)
        await mock.stop()
    }

    @Test("Structured output follows the schema, and JSON mode needs the word JSON in the prompt")
    func structured() async throws {
        let mock = try Mock()
        let object = "\"result_format\":\"message\",\"response_format\":{\"type\":\"json_object\"}"
        #expect(try mock.tellQwen("Hi", parameters: object).status == 400)
        let content = try mock.tellQwen("As json", parameters: object).message?["content"]?.string
        #expect(content?.hasPrefix("{\"answer\":") == true)
        let schema = """
            "result_format":"message","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":\
            {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}
            """
        #expect(try mock.tellQwen("Hi", parameters: schema).message?["content"]?.string == "{\"city\":\"Oslo\"}")
        await mock.stop()
    }

    @Test("Search reports its sources and its use, code what ran, and log probabilities come for each token")
    func extras() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen(
            "mock-tokens-2",
            parameters: """
                "result_format":"message","enable_search":true,"search_options":{"enable_source":true},\
                "enable_code_interpreter":true,"logprobs":true,"top_logprobs":2,"n":2
                """)
        #expect(reply.output?["search_info"]?["search_results"]?.array?.count == 1)
        #expect(reply.output?["tool_info"]?.array?.first?["type"]?.string == "code_interpreter")
        #expect(reply.json?["usage"]?["plugins"]?["search"]?["count"]?.int == 1)
        let choices = try #require(reply.output?["choices"]?.array)
        #expect(choices.compactMap { $0["index"]?.int } == [0, 1])
        #expect(choices.first?["logprobs"]?["content"]?.array?.count == 2)
        await mock.stop()
    }

    @Test("A long prompt is read from the cache the second time")
    func cache() async throws {
        let mock = try Mock()
        let text = String(repeating: "word ", count: 1500)
        _ = try mock.tellQwen(text)
        let again = try mock.tellQwen(text)
        let cached = again.json?["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.int ?? 0
        #expect(cached >= 1024)
        #expect(Int64(mock.server.ledger.total.cachedTokens) == cached)
        await mock.stop()
    }

    @Test("A script's text is sent as it is")
    func script() async throws {
        let mock = try Mock()
        _ = try mock.control(
            "POST", "/script",
            "{\"text\":\"Ahoy\",\"finish_reason\":\"length\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}")
        let reply = try mock.tellQwen("Hi")
        #expect(reply.message?["content"]?.string == "Ahoy")
        #expect(reply.choice?["finish_reason"]?.string == "length")
        #expect(reply.json?["usage"]?["total_tokens"]?.int == 7)
        #expect(mock.server.ledger.total.completionTokens == 4)
        await mock.stop()
    }
}
