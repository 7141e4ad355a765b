import Chat
import Formats
import JSON
import Testing

@Suite("The chat inspector")
struct ChatInspectorTests {
    private let inspector = ChatInspector(parser: JSONParser())

    private func inspect(_ body: String) throws(RequestError) -> ChatEnvelope {
        try inspector.inspect(Array(body.utf8))
    }

    private static func body(_ rest: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"x"}]"# + (rest.isEmpty ? "" : "," + rest) + "}"
    }

    @Test("reads what routing and metering need")
    func envelope() throws {
        let envelope = try inspect(
            Self.body(
                #""stream":true,"stream_options":{"include_usage":true},"max_tokens":10,"max_completion_tokens":7,"n":2"#
            ))
        #expect(envelope.model == "m" && envelope.isStream && envelope.includesUsage)
        #expect(envelope.maxTokens == 10)
        #expect(envelope.maxCompletionTokens == 20)
    }

    @Test("treats null as absent")
    func nulls() throws {
        let envelope = try inspect(
            Self.body(#""stream":null,"stream_options":null,"max_tokens":null,"n":null,"temperature":null"#))
        #expect(!envelope.isStream && envelope.maxTokens == nil && envelope.count == 1)
    }

    @Test("counts the images of a prompt")
    func prompt() throws {
        let messages =
            #"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.test/b"}},{"type":"text","text":"abc"}]}]"#
        let envelope = try inspect(#"{"model":"m","messages":"# + messages + #","tools":[1]}"#)
        #expect(envelope.imageCount == 1)
    }

    @Test(
        "refuses invalid requests and names the field",
        arguments: [
            ("", .invalidJSON, nil), ("[1]", .invalidJSON, nil), ("{\"a\":1", .invalidJSON, nil),
            ("\u{feff}nonsense", .invalidJSON, nil),
            (#"{"messages":[{"role":"user"}]}"#, .missingParameter, "model"),
            (#"{"model":null,"messages":[{"role":"user"}]}"#, .missingParameter, "model"),
            (#"{"model":3,"messages":[{"role":"user"}]}"#, .invalidType, "model"),
            (#"{"model":"","messages":[{"role":"user"}]}"#, .invalidValue, "model"),
            (#"{"model":"m"}"#, .missingParameter, "messages"),
            (#"{"model":"m","messages":"x"}"#, .invalidType, "messages"),
            (#"{"model":"m","messages":[]}"#, .invalidValue, "messages"),
            (#"{"model":"m","messages":["x"]}"#, .invalidType, "messages[0]"),
            (#"{"model":"m","messages":[{"role":"user"},{"content":"x"}]}"#, .missingParameter, "messages[1].role"),
            (#"{"model":"m","messages":[{"role":1}]}"#, .invalidType, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"user","content":5}]}"#, .invalidType, "messages[0].content"),
            (body(#""stream":"yes""#), .invalidType, "stream"),
            (body(#""stream":true,"stream_options":1"#), .invalidType, "stream_options"),
            (body(#""stream_options":{}"#), .invalidValue, "stream_options"),
            (
                body(#""stream":true,"stream_options":{"include_usage":1}"#), .invalidType,
                "stream_options.include_usage"
            ),
            (
                body(#""stream":true,"stream_options":{"include_usage":true,"include_usage":false}"#), .duplicateField,
                "stream_options.include_usage"
            ),
            (body(#""max_tokens":-1"#), .invalidValue, "max_tokens"),
            (body(#""max_tokens":1073741824"#), .invalidValue, "max_tokens"),
            (body(#""max_tokens":1.5"#), .invalidType, "max_tokens"),
            (body(#""max_tokens":"5""#), .invalidType, "max_tokens"),
            (body(#""max_completion_tokens":true"#), .invalidType, "max_completion_tokens"),
            (body(#""max_tokens":99999999999999999999999999"#), .invalidJSON, nil),
            (body(#""n":0"#), .invalidValue, "n"), (body(#""n":129"#), .invalidValue, "n"),
            (body(#""temperature":"hot""#), .invalidType, "temperature"),
            (body(#""model":"n""#), .duplicateField, "model"),
            (body(#""mod\u0065l":"n""#), .duplicateField, "model"),
            (body(#""messages":[]"#), .duplicateField, "messages"),
            (body(#""max_tokens":1,"max_tokens":2"#), .duplicateField, "max_tokens"),
            (body(#""n":1,"\u006e":2"#), .duplicateField, "n"),
            (body(#""service_tier":"a","service_tier":"b""#), .duplicateField, "service_tier"),
        ] as [(String, RequestError.Code, String?)])
    func refusals(_ body: String, _ code: RequestError.Code, _ parameter: String?) {
        let error = #expect(throws: RequestError.self) { try inspect(body) }
        #expect(error?.code == code)
        #expect(error?.parameter == parameter)
        if let parameter { #expect(error?.message.contains(parameter) ?? false) }
    }

    @Test("refuses deep nesting and invalid UTF-8")
    func hostile() {
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(throws: RequestError.self) { try inspect(Self.body("\"x\":" + deep)) }
        var bytes = Array(Self.body("\"x\":\"?\"").utf8)
        if let index = bytes.lastIndex(of: 0x3f) { bytes[index] = 0xff }
        #expect(throws: RequestError.self) { try inspector.inspect(bytes) }
    }

    @Test("ignores unknown members, even repeated ones")
    func foreign() throws {
        #expect(try inspect(Self.body(#""x":1,"x":2"#)).model == "m")
    }

    @Test("the prompt's pieces are the texts and images that the model reads")
    func pieces() {
        let body = #"""
            {"model":"m","messages":[{"role":"user","name":"ann","content":[{"type":"text","text":"a\n"},
            {"type":"image_url","image_url":{"url":"u","detail":"low"}}]},
            {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}],
            "tools":[{"type":"function","function":{"name":"f"}}]}
            """#
        var pieces: [String] = []
        PromptText.forEach(in: Array(body.utf8), parser: JSONParser()) { piece in
            switch piece {
            case .message: pieces.append("#")
            case .name(let text): pieces.append("name " + String(decoding: text, as: UTF8.self))
            case .text(let text): pieces.append(String(decoding: text, as: UTF8.self))
            case .image(let url, let detail): pieces.append("\(String(decoding: url, as: UTF8.self)) \(detail ?? "-")")
            }
        }
        #expect(pieces.prefix(8) == ["#", "user", "name ann", "a\n", "u low", "#", "assistant", "f"])
        #expect(pieces.contains("{}") && pieces.last == "f")
    }
}
