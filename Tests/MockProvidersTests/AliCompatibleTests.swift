import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AliCompatibleTests {
    private func ask(_ mock: Mock, _ text: String, model: String = "qwen-plus", more: String = "") throws -> Mock.Reply
    {
        try mock.ali(
            "POST", "compatible-mode/v1/chat/completions",
            "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]\(more)}")
    }

    @Test("A whole answer has the service's order: choices first, the id last")
    func whole() async throws {
        let mock = try Mock()
        let reply = try ask(mock, "Hi")
        #expect(
            reply.json?.object?.members.map(\.key) == [
                "choices", "object", "usage", "created", "system_fingerprint", "model", "id",
            ])
        #expect(reply.json?["id"]?.string?.hasPrefix("chatcmpl-") == true)
        let choice = reply.json?["choices"]?.array?.first
        #expect(choice?.object?.members.map(\.key) == ["message", "finish_reason", "index", "logprobs"])
        let total = mock.server.ledger.total
        #expect(reply.json?["usage"]?["prompt_tokens"]?.int == Int64(total.promptTokens))
        #expect(reply.json?["usage"]?["completion_tokens"]?.int == Int64(total.completionTokens))
        await mock.stop()
    }

    @Test("A stream has the service's bytes, with null for usage until the end, and usage only when asked for")
    func stream() async throws {
        let mock = try Mock()
        let reply = try ask(mock, "mock-tokens-1", more: ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
        let first = try #require(reply.events.first.flatMap { try? JSON.parse(Array($0.utf8)) })
        let id = try #require(first["id"]?.string)
        let made = try #require(first["created"]?.int)
        let word = try #require(
            (try? JSON.parse(Array(reply.events[1].utf8)))?["choices"]?.array?.first?["delta"]?["content"]?.string)
        let prompt = mock.server.ledger.total.promptTokens
        let tail = "\"created\":\(made),\"system_fingerprint\":null,\"model\":\"qwen-plus\",\"id\":\"\(id)\"}"
        let chunk = "\"object\":\"chat.completion.chunk\",\"usage\":"
        #expect(
            reply.body == """
                data: {"choices":[{"delta":{"content":"","role":"assistant"},"index":0,"logprobs":null,\
                "finish_reason":null}],\(chunk)null,\(tail)

                data: {"choices":[{"delta":{"content":"\(word)"},"index":0,"logprobs":null,\
                "finish_reason":null}],\(chunk)null,\(tail)

                data: {"choices":[{"finish_reason":"stop","delta":{"content":""},"index":0,\
                "logprobs":null}],\(chunk)null,\(tail)

                data: {"choices":[],\(chunk){"prompt_tokens":\(prompt),"completion_tokens":1,\
                "total_tokens":\(prompt + 1),"prompt_tokens_details":{"cached_tokens":0}},\(tail)

                data: [DONE]


                """)
        let without = try ask(mock, "mock-tokens-1", more: ",\"stream\":true")
        #expect(!without.body.contains("prompt_tokens"))
        await mock.stop()
    }

    @Test("Thinking, calls in fragments, pictures in OpenAI's format, and JSON")
    func features() async throws {
        let mock = try Mock()
        let thinking = try ask(
            mock, "mock-tokens-2", more: ",\"enable_thinking\":true,\"thinking_budget\":3,\"stream\":true")
        let deltas = thinking.events.compactMap {
            (try? JSON.parse(Array($0.utf8)))?["choices"]?.array?.first?["delta"]
        }
        #expect(deltas.compactMap { $0["reasoning_content"]?.string }.filter { !$0.isEmpty }.count == 3)
        let tools = """
            ,"stream":true,"tools":[{"type":"function","function":{"name":"get_weather","parameters":\
            {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]
            """
        let calls = try ask(mock, "Weather?", more: tools).events.compactMap {
            (try? JSON.parse(Array($0.utf8)))?["choices"]?.array?.first?["delta"]?["tool_calls"]?.array?.first
        }
        #expect(calls.first?["id"]?.string?.hasPrefix("call_") == true)
        #expect(calls.compactMap { $0["function"]?["arguments"]?.string }.joined() == "{\"city\": \"Oslo\"}")
        let seen = try mock.ali(
            "POST", "compatible-mode/v1/chat/completions",
            """
            {"model":"qwen-vl-plus","messages":[{"role":"user","content":[{"type":"text","text":"What?"},\
            {"type":"image_url","image_url":{"url":"https://a.test/a.png"}}]}]}
            """)
        let text = seen.json?["choices"]?.array?.first?["message"]?["content"]?.string
        #expect(text?.contains("one image") == true)
        await mock.stop()
    }

    @Test("Errors have OpenAI's shape and the service's codes, and a wrong key gets the service's own message")
    func errors() async throws {
        let mock = try Mock()
        let denied = try mock.ali("POST", "compatible-mode/v1/chat/completions", "{}", key: "sk-mock-bad")
        #expect(denied.status == 401)
        let id = try #require(denied.header("x-request-id"))
        #expect(
            denied.body == """
                {"error":{"message":"Incorrect API key provided. ","type":"invalid_request_error","param":null,\
                "code":"invalid_api_key"},"request_id":"\(id)"}
                """)
        let unknown = try ask(mock, "Hi", model: "nope")
        #expect(unknown.status == 404)
        #expect(
            unknown.error?["message"]?.string
                == "The model `nope` does not exist or you do not have access to it.")
        #expect(try ask(mock, "Hi", more: ",\"temperature\":2").error?["code"]?.string == "invalid_parameter_error")
        #expect(try ask(mock, "Hi", more: ",\"stream_options\":{}").status == 400)
        #expect(try ask(mock, "", more: "").status == 400)
        let missing = try mock.ali("POST", "compatible-mode/v1/nothing", "{}")
        #expect((missing.status, missing.code) == (404, "NotFound"))
        let broken = try ask(mock, "mock-tokens-8", model: "mock-stream-error-2", more: ",\"stream\":true")
        #expect(broken.body.contains("\"code\":\"internal_error\""))
        #expect(!broken.body.contains("[DONE]"))
        let endless = try ask(mock, "Hi", model: "mock-no-done", more: ",\"stream\":true")
        #expect(endless.isComplete && !endless.body.contains("[DONE]"))
        await mock.stop()
    }

    @Test("Embeddings, models and completions")
    func others() async throws {
        let mock = try Mock()
        let vectors = try mock.ali(
            "POST", "compatible-mode/v1/embeddings",
            "{\"model\":\"text-embedding-v4\",\"input\":[\"a\",\"b\"],\"dimensions\":64}")
        #expect(vectors.json?["data"]?.array?.map { $0["embedding"]?.array?.count } == [64, 64])
        #expect(vectors.json?["usage"]?["prompt_tokens"]?.int == 2)
        let packed = try mock.ali(
            "POST", "compatible-mode/v1/embeddings",
            "{\"model\":\"text-embedding-v4\",\"input\":\"a\",\"encoding_format\":\"base64\"}")
        #expect(packed.json?["data"]?.array?.first?["embedding"]?.string?.utf8.count == 5464)
        let list = try mock.ali("GET", "compatible-mode/v1/models")
        #expect(list.json?["data"]?.array?.contains { $0["id"]?.string == "qwen-plus" } == true)
        #expect(try mock.ali("GET", "compatible-mode/v1/models/qwen-plus").json?["id"]?.string == "qwen-plus")
        #expect(try mock.ali("GET", "compatible-mode/v1/models/nope").status == 404)
        let body = "{\"model\":\"qwen2.5-coder-32b-instruct\",\"prompt\":\"def f(\",\"suffix\":\")\",\"max_tokens\":3"
        let filled = try mock.ali("POST", "compatible-mode/v1/completions", body + "}")
        #expect(filled.json?["object"]?.string == "text_completion")
        #expect(filled.json?["usage"]?["completion_tokens"]?.int == 3)
        let stream = try mock.ali("POST", "compatible-mode/v1/completions", body + ",\"stream\":true}")
        #expect(stream.events.last == "[DONE]")
        await mock.stop()
    }
}
