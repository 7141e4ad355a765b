import Chat
import Formats
import JSON
import Providers
import Testing

@Suite("The name of an end user")
struct UserIDTests {
    private func claude(_ member: String, _ name: String) throws -> String? {
        var request = ChatRequest(model: "m", messages: [Message(.user, parts: [.text("Hi")])])
        if member == "user" { request.account.user = name } else { request.account.safetyIdentifier = name }
        let call = ProviderCall(channel: ProviderChannel(type: 14, baseURL: "", key: "k"), model: "claude-sonnet-4-5")
        return try JSON.parse(try Anthropic().encode(request, for: call).body)["metadata"]?["user_id"]?.string
    }

    @Test(
        "that is an address or a phone number reaches Claude as a digest, always the same",
        arguments: [
            "someone@example.com", "Some One <someone@example.com>", "mailto:a@b", "someone%40example.com",
            "+4915112345678", "+1 (555) 010-9999", "555-010-9999", "5550109999", "tel:5550109999",
            "user +47 22 33 44 55", "0151/1234567",
        ], ["user", "safety_identifier"])
    func digest(_ name: String, _ member: String) throws {
        let sent = try #require(try claude(member, name))
        #expect(sent.hasPrefix("user_") && sent.utf8.count == 69)
        #expect(sent.dropFirst(5).allSatisfy { $0.isHexDigit })
        #expect(try claude(member, name) == sent)
        #expect(try claude(member, name + "0") != sent)
    }

    @Test("is SHA-256's, so that other programs can find it")
    func known() throws {
        #expect(
            try claude("user", "someone@example.com")
                == "user_72497f475e4f76d0b28f57c73a084ece576d170874eba3ee2609d9afe4b71aab")
    }

    @Test(
        "that tells nothing reaches Claude as it is",
        arguments: [
            "u1", "user-1", "user-20261129", "550e8400-e29b-41d4-a716-446655440000", "123456", "a+b", "a+1", "Ådne",
            "9ad7a9a0ed4a3d6bbd31d6d3d3f2b6d0",
        ])
    func plain(_ name: String) throws { #expect(try claude("user", name) == name) }

    @Test("that is too long for Claude is a digest")
    func long() throws {
        #expect(try claude("user", String(repeating: "a", count: 256))?.utf8.count == 256)
        #expect(try claude("user", String(repeating: "a", count: 257))?.utf8.count == 69)
    }

    @Test("that is empty is none")
    func empty() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"user":"","safety_identifier":""}"#
        let account = try OpenAIRequestDecoder.decode(Array(body.utf8)).account
        #expect(account.user == nil && account.safetyIdentifier == nil)
    }

    @Test("of a length that Zhipu refuses is a digest there", arguments: [("u1", false), ("user-1", true)])
    func zhipu(_ name: String, _ isKept: Bool) throws {
        var image = ImageRequest(model: "cogview-4", prompt: "A cat")
        image.user = name
        let call = ProviderCall(
            channel: ProviderChannel(type: 16, baseURL: "", key: "a.b"), model: "cogview-4",
            accessToken: "t")
        let sent = try JSON.parse(try Zhipu().encode(image, for: call).body)["user_id"]?.string
        #expect((sent == name) == isKept)
        #expect(sent.map { (6...128).contains($0.utf8.count) } == true)
    }
}
