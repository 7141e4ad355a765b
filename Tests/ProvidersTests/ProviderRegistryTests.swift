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
            (23, "", "https://api.hunyuan.cloud.tencent.com/v1/chat/completions"),
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

    @Test(
        "reports what is wrong with a key or a setting",
        arguments: [
            (1, "sk-a b", "", "blanks"), (1, "sk-a\u{7f}", "", "control"), (1, "sk-a", "", nil),
            (23, "1|id|key", "", "compatible address"), (23, "sk-a", "", nil), (3, "k", "yesterday", "api_version"),
            (3, "k", "2024-10-21", nil), (3, "k", "2025-04-01-preview", nil),
            (3, "k", "2025-04-01-beta", "api_version"),
            (15, "only-one", "", "|"), (16, "nodot", "", "secret"),
        ] as [(Int, String, String, String?)])
    func keys(_ type: Int, _ key: String, _ version: String, _ word: String?) throws {
        let channel = ProviderChannel(type: type, baseURL: "", key: key, settings: ["api_version": version])
        let problem = try #require(ProviderRegistry.provider(of: type)).problem(with: channel)
        if let word { #expect(problem?.contains(word) == true) } else { #expect(problem == nil) }
    }

    @Test("adapts a request to what a vendor's format lacks, and refuses the rest by name")
    func dialects() throws {
        func encode(_ type: Int, _ request: ChatRequest) throws -> JSON {
            let channel = ProviderChannel(type: type, baseURL: "", key: "k")
            let provider = try #require(ProviderRegistry.provider(of: type))
            return try JSON.parse(provider.encode(request, for: ProviderCall(channel: channel, model: "m")).body)
        }
        let marked = Part(.text("b"), cacheBreakpoint: CacheBreakpoint(lifetime: "1h"))
        var request = ChatRequest(
            model: "m",
            messages: [
                Message(.developer, parts: [.text("a")]), Message(.user, parts: [marked]),
                Message(.system, parts: [.text("c")]), Message(.user, parts: [.text("d")]),
            ])
        let baidu = try encode(47, request)["messages"]
        #expect(baidu?[0] == ["role": "system", "content": "a\n\nc"])
        #expect(baidu?[1]?["content"]?.array?.compactMap { $0["text"]?.string } == ["b", "d"])
        let ali = try encode(49, request)["messages"]
        #expect(ali?.array?.count == 3)
        #expect(ali?[1]?["content"]?[0]?["cache_control"] == ["type": "ephemeral", "ttl": "1h"])
        request.messages.append(Message(.user, parts: [Part(.audio(.base64(type: "wav", data: "AA==")))]))
        #expect(
            try encode(49, request)["messages"]?[3]?["content"]?[0]?["input_audio"]?["data"]?.string
                == "data:;base64,AA==")
        let sound = #expect(throws: RequestError.self) { try encode(47, request) }
        #expect(sound?.parameter == "messages[4].content[0]")
        request.messages.removeLast()
        request.toolChoice = .required
        #expect(throws: RequestError.self) { try encode(49, request) }
        request.toolChoice = nil
        request.limits.count = 2
        let count = #expect(throws: RequestError.self) { try encode(47, request) }
        #expect(count?.parameter == "n")
    }

    @Test(
        "a search and reasoning are requested with the vendor's own switches",
        arguments: [
            (49, "enable_search", true), (47, "web_search", ["enable": true, "enable_trace": true]),
            (1, "web_search_options", [:]),
        ] as [(Int, String, JSON)])
    func switches(type: Int, name: String, value: JSON) throws {
        func encode(_ request: ChatRequest) throws -> JSON {
            let channel = ProviderChannel(type: type, baseURL: "", key: "k")
            let provider = try #require(ProviderRegistry.provider(of: type))
            return try JSON.parse(provider.encode(request, for: ProviderCall(channel: channel, model: "m")).body)
        }
        var request = ChatRequest(model: "m", messages: [Message(.user, parts: [.text("a")])])
        (request.webSearch, request.reasoning) = ([:], .init(effort: "low"))
        let body = try encode(request)
        #expect(body[name] == value)
        #expect(body["web_search_options"] == (type == 1 ? [:] : nil))
        #expect(body["enable_thinking"] == (type == 49 ? true : nil))
        #expect(body["reasoning_effort"] == "low")
        request.reasoning = .init(effort: "none")
        let resting = try encode(request)
        #expect(resting["enable_thinking"] == (type == 49 ? false : nil))
        #expect(resting["reasoning_effort"] == (type == 49 ? nil : "none"))
    }

    @Test("refuses another provider's block and names its place")
    func foreignBlock() {
        let block = Part(.opaque(Opaque(.anthropic, ["type": "thinking"])))
        let request = ChatRequest(model: "m", messages: [Message(.assistant, parts: [.text("a"), block])])
        let error = #expect(throws: RequestError.self) { try OpenAIRequestEncoder.encode(request, model: "m") }
        #expect(error?.parameter == "messages[0].content[1]")
    }

    @Test("makes a separate message of each tool result")
    func toolResults() throws {
        let results = ["a", "b"].map { Part(.toolResult(ToolResult(callID: $0, parts: [.text($0 + "!")]))) }
        let request = ChatRequest(model: "m", messages: [Message(.user, parts: results + [.text("Go on")])])
        let body = try JSON.parse(try OpenAIRequestEncoder.encode(request, model: "m"))
        #expect(body["messages"]?.array?.compactMap { $0["role"]?.string } == ["tool", "tool", "user"])
        #expect(body["messages"]?[1]?["tool_call_id"] == "b")
    }
}
