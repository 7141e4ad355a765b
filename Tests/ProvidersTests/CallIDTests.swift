import Chat
import Formats
import JSON
import Providers
import Testing

/// OpenAI refuses ids of more than 40 characters, and a conversation may go on with another channel.
@Suite("The id of a tool call")
struct CallIDTests {
    private static let long = "functions.lookup:" + String(repeating: "x", count: 60)

    private func ids(_ call: ToolCall, answer: String) throws -> [String?] {
        let head = AnswerHead(id: answer, model: "m", created: 1)
        let events: [ChatEvent] = [
            .started(head), .choiceStarted(0), .toolCallStarted(0, index: 0, call),
            .toolCallStarted(0, index: 1, call), .finished(0, .toolCalls),
        ]
        let whole = try JSON.parse(try OpenAIAnswerEncoder.encode(events, fallback: head))
        var encoder = OpenAIStreamEncoder(includesUsage: false, fallback: head)
        var stream: [UInt8] = []
        for event in events { encoder.encode(event, into: &stream) }
        let merged = MergedAnswer.ofStream(stream)
        let calls = [whole["choices"]?[0]?["message"], merged["choice 0"]?["delta"]].map { $0?["tool_calls"] }
        return calls.flatMap { [$0?[0]?["id"]?.string, $0?[1]?["id"]?.string] }
    }

    @Test(
        "that is made up is short, and one call's own, whole and streamed",
        arguments: ["chatcmpl-0123456789abcdef0123456789abcdef", "r", "réponse-" + String(repeating: "é", count: 40)])
    func madeUp(_ answer: String) throws {
        let ids = try ids(ToolCall(id: "", name: "f", arguments: "{}"), answer: answer).compactMap { $0 }
        #expect(ids.count == 4)
        #expect(ids.allSatisfy { !$0.isEmpty && $0.utf8.count <= 40 })
        #expect(Set(ids).count == 2 && ids[0] == ids[2])
        let others = try self.ids(ToolCall(id: "", name: "f", arguments: "{}"), answer: answer + "1")
        #expect(!others.contains(ids[0]))
    }

    @Test("of a provider's own is shortened for the client where it is too long, and only there")
    func own() throws {
        let ids = try ids(ToolCall(id: Self.long, name: "f", arguments: "{}"), answer: "a").compactMap { $0 }
        #expect(Set(ids) == [CallID.bounded(Self.long)])
        #expect(CallID.bounded(Self.long).utf8.count <= 40)
        let longest = String(repeating: "i", count: 40)
        #expect(try Set(self.ids(ToolCall(id: longest, name: "f", arguments: "{}"), answer: "a")) == [longest])
    }

    @Test("stays apart from others with the same beginning")
    func distinct() {
        let ids = Set((0..<2000).map { CallID.bounded("\(Self.long)\($0)") })
        #expect(ids.count == 2000)
    }

    private static let conversation =
        #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":["#
        + #"{"id":"\#(long)","type":"function","function":{"name":"f","arguments":"{}"}},"#
        + #"{"type":"function","id":"call_1","function":{"name":"f","arguments":"{}"}}]},"#
        + #"{"role":"tool","tool_call_id":"\#(long)","content":"y"},{"role":"tool","tool_call_id":"call_1","content":"z"}]}"#

    @Test(
        "that is too long goes to OpenAI's format shortened, in the call and in its result", arguments: [1, 16, 47, 49])
    func sentBack(_ type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let channel = ProviderChannel(type: type, baseURL: "", key: "a.b")
        let call = ProviderCall(channel: channel, model: "glm-4.6", accessToken: "t")
        let request = try OpenAIRequestDecoder.decode(Array(Self.conversation.utf8))
        try expectShort(try JSON.parse(try provider.encode(request, for: call).body))
    }

    @Test("that is too long is shortened too where the client's bytes pass through")
    func passedThrough() throws {
        let bytes = Array(Self.conversation.utf8)
        let envelope = try ChatInspector(parser: JSONParser()).inspect(bytes)
        let body = OpenAIPassThrough.body(bytes, envelope: envelope, model: "m", systemPrompt: nil)
        try expectShort(try JSON.parse(body))
        let short = CallID.bounded(Self.long)
        #expect(String(decoding: body, as: UTF8.self) == Self.conversation.replacing(Self.long, with: short))
    }

    private func expectShort(_ body: JSON) throws {
        let calls = body["messages"]?[1]?["tool_calls"]
        #expect(calls?[0]?["id"]?.string == CallID.bounded(Self.long))
        #expect(calls?[1]?["id"] == "call_1")
        let results = (body["messages"]?.array ?? []).compactMap { $0["tool_call_id"]?.string }
        #expect(results == [CallID.bounded(Self.long), "call_1"])
    }
}
