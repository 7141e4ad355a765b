import JSON
import MockKit
import TestKit
import TestTraits
import Testing

extension Mock {
    /// A request to Zhipu's part of the mock, with a body of JSON or a form.
    func zhipu(
        _ method: String = "POST", _ path: String = "v4/chat/completions", _ body: String = "",
        authorization: String? = "Bearer any.any-secret", headers: [String] = []
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = (headers + (authorization.map { ["Authorization: \($0)"] } ?? [])).map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) /zhipu/api/paas/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    /// A chat with these turns.
    func glm(
        _ messages: String, model: String = "glm-4.7", more: String = "", path: String = "v4/chat/completions",
        headers: [String] = []
    ) throws -> Reply {
        try zhipu("POST", path, "{\"model\":\"\(model)\",\"messages\":[\(messages)]\(more)}", headers: headers)
    }

    /// A chat with one text.
    func glmSay(
        _ text: String, model: String = "glm-4.7", more: String = "", path: String = "v4/chat/completions",
        headers: [String] = []
    ) throws -> Reply {
        try glm("{\"role\":\"user\",\"content\":\"\(text)\"}", model: model, more: more, path: path, headers: headers)
    }
}

extension Mock.Reply {
    var finish: String? { choice?["finish_reason"]?.string }
    var usage: JSON? { json?["usage"] }
}

@Suite(.inTurn) struct ZhipuTests {
    private let calm = ",\"thinking\":{\"type\":\"disabled\"}"

    @Test("A whole answer has the service's bytes: compact, keys in order, an id with the time in Beijing")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("mock-tokens-3", more: calm)
        #expect(reply.status == 200)
        #expect(reply.header("content-type") == "application/json; charset=UTF-8")
        let id = try #require(reply.json?["id"]?.string)
        #expect(id.utf8.count == 30)
        #expect(id.hasPrefix("20251009165320"))
        #expect(reply.header("x-log-id") == id)
        let text = try #require(reply.content)
        let prompt = try #require(reply.usage?["prompt_tokens"]?.int)
        #expect(
            reply.body == """
                {"id":"\(id)","request_id":"\(id)","created":1760000000,"object":"chat.completion","model":"glm-4.7",\
                "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"\(text)"}}],\
                "usage":{"prompt_tokens":\(prompt),"completion_tokens":3,"total_tokens":\(prompt + 3),\
                "prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}
                """)
        let total = mock.server.ledger.total(key: "any")
        #expect(total.promptTokens == Int(prompt))
        #expect(total.completionTokens == 3)
        await mock.stop()
    }

    @Test("Models from 4.5 on think unless told not to, and reasoning counts as completion")
    func thinking() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("mock-tokens-3")
        #expect(reply.choice?["message"]?["reasoning_content"]?.string?.isEmpty == false)
        #expect(reply.usage?["completion_tokens"]?.int == 51)
        #expect(reply.usage?["completion_tokens_details"]?["reasoning_tokens"]?.int == 48)
        let little = try mock.glmSay("mock-tokens-3", more: ",\"reasoning_effort\":\"low\"")
        #expect(little.usage?["completion_tokens_details"]?["reasoning_tokens"]?.int == 16)
        let old = try mock.glmSay("mock-tokens-3", model: "glm-4")
        #expect(old.usage?["completion_tokens"]?.int == 3)
        #expect(old.json?["object"] == nil)
        await mock.stop()
    }

    @Test("Earlier reasoning counts in the prompt only if it is kept")
    func keptThoughts() async throws {
        let mock = try Mock()
        let turns = """
            {"role":"user","content":"Hi"},{"role":"assistant","content":"Yes","reasoning_content":"one two three"},\
            {"role":"user","content":"Go on"}
            """
        let cleared = try mock.glm(turns)
        let kept = try mock.glm(turns, more: ",\"thinking\":{\"type\":\"enabled\",\"clear_thinking\":false}")
        let (few, many) = (cleared.usage?["prompt_tokens"]?.int, kept.usage?["prompt_tokens"]?.int)
        #expect(try #require(few) < #require(many))
        await mock.stop()
    }

    @Test("glm-z1 writes its reasoning into the text, and glm-4.5v puts its answer in a box")
    func marks() async throws {
        let mock = try Mock()
        let aloud = try mock.glmSay("mock-tokens-3", model: "glm-z1-air")
        #expect(aloud.content?.hasPrefix("<think>") == true)
        #expect(aloud.content?.contains("</think>") == true)
        #expect(aloud.choice?["message"]?["reasoning_content"] == nil)
        let boxed = try mock.glmSay("mock-tokens-3", model: "glm-4.5v")
        #expect(boxed.content?.hasPrefix("<|begin_of_box|>") == true)
        #expect(boxed.content?.hasSuffix("<|end_of_box|>") == true)
        #expect(mock.server.ledger.total(model: "glm-4.5v").completionTokens > 51)
        await mock.stop()
    }

    @Test("A long answer ends at max_tokens, at a stop word or when the window is full")
    func ends() async throws {
        let mock = try Mock()
        let cut = try mock.glmSay("mock-tokens-40", model: "glm-4", more: ",\"max_tokens\":7")
        #expect(cut.finish == "length")
        #expect(cut.usage?["completion_tokens"]?.int == 7)
        let stopped = try mock.glmSay("mock-tokens-100", model: "glm-4", more: ",\"stop\":[\" when\"]")
        #expect(stopped.finish == "stop")
        #expect(stopped.content?.contains(" when") == false)
        let full = try mock.glmSay("mock-tokens-90", model: "mock-window-60")
        #expect(full.finish == "model_context_window_exceeded")
        #expect(full.usage?["total_tokens"]?.int == 60)
        await mock.stop()
    }

    @Test("A filtered answer ends with `sensitive` and a filter result, and a refusal is an ordinary text")
    func filtered() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("mock-filter", model: "glm-4")
        #expect(reply.finish == "sensitive")
        #expect(reply.json?["content_filter"] == [["role": "assistant", "level": 1]])
        let refusal = try mock.glmSay("mock-refuse", model: "glm-4")
        #expect(refusal.finish == "stop")
        #expect(refusal.content == "I'm sorry, I can't help with that.")
        await mock.stop()
    }

    @Test("Calls have an index, and their results are answered with text")
    func tools() async throws {
        let mock = try Mock()
        let tools = """
            ,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object",\
            "properties":{"city":{"type":"string"}}}}}]
            """
        let reply = try mock.glmSay("mock-calls-2", more: tools)
        #expect(reply.finish == "tool_calls")
        #expect(reply.content == "")
        let calls = try #require(reply.choice?["message"]?["tool_calls"]?.array)
        #expect(calls.map { $0["index"]?.int } == [0, 1])
        let id = try #require(calls.first?["id"]?.string)
        #expect(id.utf8.count == 29)
        #expect(
            calls.first == [
                "id": .string(id), "index": 0, "type": "function",
                "function": ["name": "weather", "arguments": "{\"city\":\"Oslo\"}"],
            ])
        let turns = """
            {"role":"user","content":"Weather?"},{"role":"assistant","content":"","tool_calls":\
            \(String(decoding: JSON.array(calls).encoded(), as: UTF8.self))},\
            {"role":"tool","tool_call_id":"\(id)","content":"12 degrees"}
            """
        #expect(try mock.glm(turns, more: tools).content == "The tool answered: 12 degrees")
        let old = try mock.glmSay("Weather?", model: "glm-4", more: tools)
        #expect(old.choice?["message"]?["content"] == nil)
        await mock.stop()
    }

    @Test("The service's own search shows what it found if asked to")
    func search() async throws {
        let mock = try Mock()
        let tool = "{\"type\":\"web_search\",\"web_search\":{\"search_query\":\"Oslo\",\"search_result\":true}}"
        let reply = try mock.glmSay("Hi", more: ",\"tools\":[\(tool)]")
        #expect(
            reply.json?["web_search"]?[0]?.object?.members.map(\.key) == [
                "title", "link", "content", "media", "icon", "refer", "publish_date",
            ])
        await mock.stop()
    }

    @Test("JSON comes if it was asked for")
    func format() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("Hi", more: ",\"response_format\":{\"type\":\"json_object\"}")
        let text = try #require(reply.content)
        #expect(try JSON.parse(Array(text.utf8))["answer"] != nil)
        await mock.stop()
    }

    @Test("Pictures: bare base64 or an address on glm-4v, also data addresses on newer models, none on other models")
    func pictures() async throws {
        let mock = try Mock()
        let bytes = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
        func look(_ address: String, _ model: String) throws -> Mock.Reply {
            let picture = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"\(address)\"}}"
            return try mock.glm(
                "{\"role\":\"user\",\"content\":[\(picture),{\"type\":\"text\",\"text\":\"What?\"}]}", model: model)
        }
        for address in [bytes, "https://example.test/a.png"] {
            #expect(try look(address, "glm-4v").content?.contains("I see one image.") == true)
            #expect(try look(address, "glm-4.6v").status == 200)
        }
        #expect(try look("data:image/png;base64," + bytes, "glm-4v").error?["code"]?.string == "1210")
        #expect(try look("data:image/png;base64," + bytes, "glm-4.6v").status == 200)
        #expect(try look("data:image/png;base64,AAAA", "glm-4.6v").error?["code"]?.string == "1210")
        #expect(try look(bytes, "glm-4.7").error?["code"]?.string == "1210")
        await mock.stop()
    }

    @Test("A continued conversation finds its beginning in the cache of its own key")
    func cache() async throws {
        let mock = try Mock()
        let first = "{\"role\":\"user\",\"content\":\"Tell me a long story.\"}"
        #expect(try mock.glm(first).usage?["prompt_tokens_details"]?["cached_tokens"]?.int == 0)
        let next = first + ",{\"role\":\"assistant\",\"content\":\"Once.\"},{\"role\":\"user\",\"content\":\"On.\"}"
        let second = try mock.glm(next)
        let cached = try #require(second.usage?["prompt_tokens_details"]?["cached_tokens"]?.int)
        #expect(cached > 0)
        #expect(mock.server.ledger.total.cachedTokens == Int(cached))
        let body = "{\"model\":\"glm-4.7\",\"messages\":[\(next)]}"
        let other = try mock.zhipu("POST", "v4/chat/completions", body, authorization: "Bearer b.b-secret")
        #expect(other.usage?["prompt_tokens_details"]?["cached_tokens"]?.int == 0)
        await mock.stop()
    }

    @Test("A script's text is sent as it is, and unset options may be null")
    func script() async throws {
        let mock = try Mock()
        let script = """
            {"text":"Seven.","finish_reason":"network_error","usage":{"prompt_tokens":5,"completion_tokens":6,\
            "cached_tokens":4,"reasoning_tokens":2}}
            """
        _ = try mock.control("POST", "/script", script)
        let nulls = "\"thinking\":null,\"response_format\":null,\"tools\":null,\"temperature\":null,\"stop\":null"
        let reply = try mock.glmSay("Hi", more: "," + nulls)
        #expect(reply.content == "Seven.")
        #expect(reply.finish == "network_error")
        #expect(reply.usage?["total_tokens"]?.int == 11)
        #expect(reply.usage?["prompt_tokens_details"]?["cached_tokens"]?.int == 4)
        #expect(mock.server.ledger.total.completionTokens == 6)
        await mock.stop()
    }
}
