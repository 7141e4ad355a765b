import Chat
import Formats
import JSON
import Providers
import Testing

/// What a tool answered is text in OpenAI's format; some providers want an object of it.
@Suite("A tool's result on its way to a provider that wants an object")
struct ToolResultTests {
    static let results: [(String, JSON)] = [
        (#"{"a":1}"#, ["a": 1]), ("{}", [:]),
        (#"[{"title":"A"},{"title":"B"}]"#, ["result": [["title": "A"], ["title": "B"]]]),
        ("[]", ["result": []]), ("[null]", ["result": [.null]]), ("null", ["result": "null"]),
        ("true", ["result": "true"]), ("42", ["result": "42"]),
        ("12345678901234567890.5", ["result": "12345678901234567890.5"]), (#""quoted""#, ["result": #""quoted""#]),
        ("sunny", ["result": "sunny"]), ("", ["result": ""]), ("[1,", ["result": "[1,"]),
    ]

    private func request(_ content: JSON) throws -> ChatRequest {
        let call: JSON = ["id": "call_1", "function": ["name": "lookup", "arguments": "{}"]]
        let body: JSON = [
            "model": "m",
            "messages": [
                ["role": "user", "content": "Find it."], ["role": "assistant", "tool_calls": [call]],
                ["role": "tool", "tool_call_id": "call_1", "content": content],
            ],
        ]
        return try OpenAIRequestDecoder.decode(body.encoded())
    }

    /// The text whole, and in two parts.
    private func forms(of text: String) -> [JSON] {
        let half = text.index(text.startIndex, offsetBy: text.count / 2)
        let parts = [text[..<half], text[half...]].map { JSON.object(["type": "text", "text": .string(String($0))]) }
        return [.string(text), .array(parts)]
    }

    @Test("reaches Gemini whole", arguments: results)
    func gemini(_ text: String, _ wanted: JSON) throws {
        for content in forms(of: text) {
            let call = ProviderCall(
                channel: ProviderChannel(type: 24, baseURL: "", key: "k"), model: "gemini-2.5-flash")
            let body = try JSON.parse(try Gemini().encode(request(content), for: call).body)
            #expect(body["contents"]?[2]?["parts"]?[0]?["functionResponse"]?["response"] == wanted)
        }
    }

    @Test("reaches ERNIE whole", arguments: results)
    func baidu(_ text: String, _ wanted: JSON) throws {
        for content in forms(of: text) {
            let call = ProviderCall(
                channel: ProviderChannel(type: 15, baseURL: "", key: "a|b"), model: "ERNIE-4.0-8K", accessToken: "t")
            let body = try JSON.parse(try Baidu().encode(request(content), for: call).body)
            let sent = try #require(body["messages"]?[2]?["content"]?.string)
            #expect(try JSON.parse(Array(sent.utf8)) == wanted)
        }
    }
}
