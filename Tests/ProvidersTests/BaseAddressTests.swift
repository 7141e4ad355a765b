import Chat
import Providers
import Testing

@Suite("A base address")
struct BaseAddressTests {
    @Test(
        "that repeats what is added to it is told without",
        arguments: [
            ("https://x/v1", "/v1/chat/completions", "https://x"),
            ("https://x/a/v1", "/v1/chat/completions", "https://x/a"),
            ("https://x/v1/chat/completions", "/v1/chat/completions", "https://x"),
            ("https://x/v1/chat", "/v1/chat/completions", "https://x"),
            ("https://x/compatible-mode/v1", "/compatible-mode/v1/chat/completions", "https://x"),
            ("https://x/v1", "/chat/completions", nil), ("https://x", "/v1/chat/completions", nil),
            ("https://v1", "/v1/chat/completions", nil), ("https://x/v12", "/v1/messages", nil),
            ("https://x/av1", "/v1/messages", nil), ("https://x/v1", "", nil), ("", "/v1", nil),
        ] as [(String, String, String?)])
    func repetition(base: String, path: String, expected: String?) {
        #expect(BaseAddress.withoutRepetition(base, of: path) == expected)
    }

    @Test(
        "of each provider is known by the path that it adds",
        arguments: ProviderRegistry.all.flatMap(\.descriptor.channelTypes))
    func paths(type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let channel = ProviderChannel(type: type, baseURL: "https://up.test", key: "a.b")
        let call = ProviderCall(channel: channel, model: "m", accessToken: "t")
        let request = ChatRequest(model: "m", messages: [Message(.user, parts: [.text("Hi")])])
        let path = provider.path(behind: channel.baseURL, of: channel)
        #expect(try provider.encode(request, for: call).url.hasPrefix("https://up.test" + path))
        #expect(path.hasPrefix("/"))
    }
}
