import HTTP
import Providers
import Testing

@Suite("Azure's addresses and keys")
struct AzureAddressTests {
    private static let resource = "https://r.openai.azure.com"

    private func url(_ model: String, _ settings: [String: String] = [:], base: String = resource) -> String? {
        let channel = ProviderChannel(type: 3, baseURL: base, key: "k", settings: settings)
        return OpenAIVendor.all[3]?.url(of: .chat, for: channel, model: model)
    }

    @Test("name the deployment and the version")
    func addresses() {
        let version = ["api_version": "2024-12-01-preview"]
        let folder = Self.resource + "/openai/deployments/"
        let query = "/chat/completions?api-version=2024-12-01-preview"
        #expect(url("gpt-4.1", version) == folder + "gpt-4.1" + query)
        #expect(url("gpt-3.5-turbo", version) == folder + "gpt-35-turbo" + query)
        #expect(url("a b/c", version) == folder + "a%20b%2Fc" + query)
        #expect(
            url("gpt-4.1", version.merging(["strip_dots": "true"]) { $1 }) == folder + "gpt-41" + query)
        #expect(url("gpt-4o")?.hasSuffix("?api-version=2024-10-21") == true)
        #expect(url("gpt-4o", base: Self.resource + "/openai/v1") == Self.resource + "/openai/v1/chat/completions")
    }

    @Test(
        "ask only those versions for usage that can report it in a stream",
        arguments: [
            ("2024-03-01-preview", false), ("2024-08-01-preview", false), ("2024-09-01-preview", true),
            ("2024-10-21", true),
        ])
    func streamOptions(version: String, takes: Bool) {
        let channel = ProviderChannel(
            type: 3, baseURL: Self.resource, key: "k", settings: ["api_version": version])
        #expect(OpenAIVendor.all[3]?.takesStreamOptions(channel) == takes)
    }

    @Test("send an API key as api-key, and an Entra token as a bearer token")
    func credentials() throws {
        let azure = try #require(OpenAIVendor.all[3])
        let key = azure.headers(key: "0123456789abcdef", accept: "application/json")
        #expect(key["api-key"] == "0123456789abcdef" && key["Authorization"] == nil)
        let token = azure.headers(key: "eyJhbGciOi.eyJhdWQi.c2ln", accept: "application/json")
        #expect(token["Authorization"] == "Bearer eyJhbGciOi.eyJhdWQi.c2ln" && token["api-key"] == nil)
    }
}
