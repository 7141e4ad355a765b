import Chat
import Formats
import HTTP
import JSON
import Providers
import Testing

@Suite("The provider registry")
struct ProviderRegistryTests {
    @Test("knows every channel type of one-api by name, served or not", arguments: 1...51)
    func names(_ type: Int) {
        #expect(ProviderRegistry.name(of: type) != nil)
        #expect((ProviderRegistry.provider(of: type) == nil) == (ProviderRegistry.unserved[type] != nil))
    }

    @Test("knows no other type")
    func unknown() {
        #expect(ProviderRegistry.name(of: 0) == nil && ProviderRegistry.name(of: 52) == nil)
    }

    @Test(
        "sends chats to the address that the vendor's rule makes",
        arguments: [
            (1, "", "https://api.openai.com/v1/chat/completions"),
            (1, "http://127.0.0.1:9/", "http://127.0.0.1:9/v1/chat/completions"),
            (
                1, "https://gateway.ai.cloudflare.com/v1/a/b/openai",
                "https://gateway.ai.cloudflare.com/v1/a/b/openai/chat/completions"
            ),
            (27, "", "https://api.minimax.chat/v1/text/chatcompletion_v2"),
            (40, "", "https://ark.cn-beijing.volces.com/api/v3/chat/completions"),
            (41, "", "https://api.novita.ai/v3/openai/chat/completions"),
            (47, "", "https://qianfan.baidubce.com/v2/chat/completions"),
            (49, "", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
            (50, "https://vendor.test/api/v1/", "https://vendor.test/api/v1/chat/completions"),
            (51, "", "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"),
        ])
    func addresses(_ type: Int, _ base: String, _ url: String) throws {
        let request = ChatRequest(model: "m", messages: [Message(.user, parts: [.text("Hi")])])
        let encoded = try #require(ProviderRegistry.provider(of: type)).encode(
            request,
            for: ProviderCall(channel: ProviderChannel(type: type, baseURL: base, key: "sk-secret"), model: "n"))
        #expect(encoded.url == url)
        #expect(encoded.headers["Authorization"] == "Bearer sk-secret")
        #expect(encoded.body == Array(#"{"model":"n","messages":[{"role":"user","content":"Hi"}]}"#.utf8))
    }

    @Test("refuses a block of another provider's, naming where it stands")
    func foreignBlock() {
        let block = Part(.opaque(Opaque(.anthropic, ["type": "thinking"])))
        let request = ChatRequest(model: "m", messages: [Message(.assistant, parts: [.text("a"), block])])
        let error = #expect(throws: RequestError.self) { try OpenAIRequestEncoder.encode(request, model: "m") }
        #expect(error?.parameter == "messages[0].content[1]")
    }

    @Test("makes a message of its own of each tool result")
    func toolResults() throws {
        let results = ["a", "b"].map { Part(.toolResult(ToolResult(callID: $0, parts: [.text($0 + "!")]))) }
        let request = ChatRequest(model: "m", messages: [Message(.user, parts: results + [.text("Go on")])])
        let body = try JSON.parse(try OpenAIRequestEncoder.encode(request, model: "m"))
        #expect(body["messages"]?.array?.compactMap { $0["role"]?.string } == ["tool", "tool", "user"])
        #expect(body["messages"]?[1]?["tool_call_id"] == "b")
    }
}
