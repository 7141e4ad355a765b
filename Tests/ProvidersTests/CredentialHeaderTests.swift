import Chat
import HTTP
import Providers
import Testing

/// How a channel's key is sent to its upstream, and which headers go with it.
@Suite("Credential headers")
struct CredentialHeaderTests {
    private func headers(_ type: Int, _ key: String) throws -> HTTPHeaders {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let call = ProviderCall(channel: ProviderChannel(type: type, baseURL: "", key: key), model: "m")
        return try provider.encode(ChatRequest(model: "m", messages: [Message(.user, parts: [.text("Hi")])]), for: call)
            .headers
    }

    @Test("Claude gets an API key in its own header, and a log-in token as a bearer token")
    func claude() throws {
        let key = try headers(14, "sk-ant-api03-x")
        #expect(key["x-api-key"] == "sk-ant-api03-x" && key["Authorization"] == nil)
        let login = try headers(14, "sk-ant-oat01-y")
        #expect(login["Authorization"] == "Bearer sk-ant-oat01-y" && login["x-api-key"] == nil)
        #expect(key["anthropic-version"] == "2023-06-01" && login["anthropic-version"] == "2023-06-01")
    }

    @Test("OpenRouter is told which program calls, and other vendors are not")
    func openRouter() throws {
        let named = try headers(20, "sk-or-x")
        #expect(named["Authorization"] == "Bearer sk-or-x")
        #expect(named["HTTP-Referer"] == "https://github.com/songquanpeng/one-api" && named["X-Title"] == "One API")
        let plain = try headers(1, "sk-x")
        #expect(plain["HTTP-Referer"] == nil && plain["X-Title"] == nil)
    }
}
