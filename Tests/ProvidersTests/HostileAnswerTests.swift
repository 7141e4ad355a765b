import Chat
import HTTP
import JSON
import Providers
import Testing

/// Upstreams that send far more of something than an answer can have, or an end without a beginning.
@Suite("An answer beyond all bounds")
struct HostileAnswerTests {
    private func events(_ decoder: some AnswerDecoder, _ stream: String) -> [ChatEvent] {
        var decoder = decoder
        var events: [ChatEvent] = []
        decoder.feed(Array(stream.utf8), into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        return events
    }

    private func list(_ count: Int, _ item: (Int) -> String) -> String {
        (0..<count).map(item).joined(separator: ",")
    }

    @Test("of 20,000 tool calls the first 128 are kept, and arguments never reach the wrong call")
    func calls() {
        let calls = list(20_000) { #"{"index":\#($0),"id":"c\#($0)","function":{"name":"f","arguments":""}}"# }
        let more = #"{"index":0,"function":{"arguments":"{}"}},{"function":{"arguments":"lost"}}"#
        let chunk =
            #"data: {"id":"a","choices":[{"index":0,"delta":{"tool_calls":[\#(calls),\#(more)]},"finish_reason":"tool_calls"}]}"#
        let events = events(OpenAI().decoder(), chunk + "\n\ndata: [DONE]\n\n")
        let choice = ChatAnswer(events).choices.first
        #expect(choice?.toolCalls.count == 128)
        #expect(choice?.toolCalls.map(\.arguments).joined() == "{}")
        #expect(choice?.finishReason == .toolCalls)
    }

    @Test("of 20,000 choices the first 128 are kept")
    func choices() {
        let choices = list(20_000) { #"{"index":\#($0),"delta":{"content":"x"},"finish_reason":"stop"}"# }
        let events = events(OpenAI().decoder(), "data: {\"id\":\"a\",\"choices\":[\(choices)]}\n\ndata: [DONE]\n\n")
        #expect(ChatAnswer(events).choices.map(\.index) == Array(0..<128))
        #expect(events.count == 1 + 3 * 128)
    }

    @Test("the counters are found among 20,000 members of Claude's usage")
    func usage() {
        let members = list(20_000) { #""m\#($0)":1"# }
        let events = events(
            Anthropic().decoder(),
            #"data: {"type":"message_start","message":{"id":"m","usage":{\#(members),"input_tokens":7,"output_tokens":1}}}"#
                + "\n\n")
        let answer = ChatAnswer(events)
        #expect(answer.usage?.promptTokens == 7)
    }

    @Test("a kind of tokens that Gemini reports in 20,000 parts is limited to the largest usage that we accept")
    func modalities() throws {
        let parts = list(20_000) { _ in #"{"modality":"AUDIO","tokenCount":9223372036854775807}"# }
        let body =
            #"{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9223372036854775807,"candidatesTokenCount":9223372036854775807,"thoughtsTokenCount":1,"promptTokensDetails":[\#(parts)],"candidatesTokensDetails":[\#(parts)]}}"#
        let usage = try #require(ChatAnswer(try Gemini().decode(Array(body.utf8), status: 200, contentType: nil)).usage)
        #expect(usage.promptTokens == Usage.most && usage.completionTokens == Usage.most)
        #expect(usage.audioPromptTokens == Usage.most && usage.audioCompletionTokens == Usage.most)
    }

    @Test("all of Claude's 20,000 citations are reported")
    func citations() {
        let events = events(
            Anthropic().decoder(),
            #"data: {"type":"message_start","message":{"id":"m"}}"# + "\n\n"
                + #"data: {"type":"content_block_start","content_block":{"type":"text","text":"x"}}"# + "\n\n"
                + String(
                    repeating:
                        #"data: {"type":"content_block_delta","delta":{"type":"citations_delta","citation":{"type":"page"}}}"#
                        + "\n\n", count: 20_000)
                + #"data: {"type":"content_block_stop"}"# + "\n\n")
        #expect(ChatAnswer(events).choices.first?.citations.count == 20_000)
    }

    @Test(
        "Claude's events without a beginning are an error",
        arguments: [
            #"{"type":"message_stop"}"#, #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
            #"{"type":"content_block_start","content_block":{"type":"text","text":"x"}}"#,
        ])
    func noBeginning(_ event: String) {
        let events = events(Anthropic().decoder(), "data: \(event)\n\n")
        guard case .failed = events.first, events.count == 1 else {
            Issue.record("\(events)")
            return
        }
    }

    @Test("the lines of an event that never ends are bounded, also in Zhipu's version 3")
    func endlessEvent() {
        var decoder = Zhipu().decoder()
        var events: [ChatEvent] = []
        let lines = Array((String(repeating: "data:" + String(repeating: "x", count: 1000) + "\n", count: 5000)).utf8)
        decoder.feed(Array("event:add\n".utf8) + lines, into: &events)
        #expect(decoder.isOver)
        #expect(ChatAnswer(events).failure != nil)
    }

    @Test("white space before glm-z1's reasoning is not held back for ever")
    func whiteSpace() {
        let chunk = #"data: {"id":"1","model":"glm-z1-air","choices":[{"index":0,"delta":{"content":"   "}}]}"# + "\n\n"
        var decoder = Zhipu().decoder()
        var events: [ChatEvent] = []
        decoder.feed(Array(String(repeating: chunk, count: 1000).utf8), into: &events)
        #expect((ChatAnswer(events).choices.first?.text?.utf8.count ?? 0) == 3000)
    }

    private static let served = (1...51).filter { ProviderRegistry.provider(of: $0) != nil }

    @Test("a model's name is always one segment of the address", arguments: served, ["", "chatglm", "claude-3"])
    func address(_ type: Int, _ prefix: String) throws {
        let model = prefix + "/../b?c"
        let provider = try #require(ProviderRegistry.provider(of: type))
        let base = OpenAIVendor.all[type]?.needsBaseURL == true ? "https://a.test" : ""
        let channel = ProviderChannel(type: type, baseURL: base, key: type == 15 ? "a|b" : "id.secret", settings: [:])
        let call = ProviderCall(
            channel: channel, model: model, time: 0, accessToken: "t", clientHeaders: HTTPHeaders())
        let request = ChatRequest(model: model, messages: [Message(.user, parts: [.text("x")])])
        let url = try provider.encode(request, for: call).url
        #expect(!url.contains("/../") && !url.contains("?c"))
        // If the address has the name, it has all of it.
        #expect(!url.contains("..") || url.contains("%2F..%2Fb%3Fc"), "\(url)")
    }

    @Test(
        "an error at Gemini does not look like a normal end",
        arguments: [("STOP", "stop"), ("MALFORMED_FUNCTION_CALL", "malformed_function_call"), ("OTHER", "other")])
    func geminiEnds(_ word: String, _ expected: String) throws {
        let body = #"{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"\#(word)"}]}"#
        let events = try Gemini().decode(Array(body.utf8), status: 200, contentType: nil)
        let reason = ChatAnswer(events).choices.first?.finishReason
        #expect(reason == (expected == "stop" ? .stop : .other(expected)))
    }

    @Test("a page that Ali repeats in each event is cited once")
    func pages() {
        let event =
            #"data:{"output":{"choices":[{"finish_reason":"null","message":{"content":"x"}}],"search_info":"#
            + #"{"search_results":[{"url":"https://example.com","title":"t"}]}}}"# + "\n\n"
        let events = events(Ali().decoder(), event + event)
        #expect(ChatAnswer(events).choices.first?.citations.count == 1)
    }

    @Test("consecutive turns of one role are joined, however many they are", arguments: [11, 14, 15, 24])
    func turns(_ type: Int) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let channel = ProviderChannel(type: type, baseURL: "", key: "a|b", settings: [:])
        let call = ProviderCall(
            channel: channel, model: "claude-3-haiku", time: 0, accessToken: "t", clientHeaders: HTTPHeaders())
        var request = ChatRequest(model: "m", messages: [])
        request.messages = Array(repeating: Message(.user, parts: [.text("x")]), count: 20_000)
        let body = try JSON.parse(try provider.encode(request, for: call).body)
        let turns = body["messages"] ?? body["contents"] ?? body["prompt"]?["messages"]
        #expect(turns?.array?.count == 1)
        #expect(String(decoding: body.encoded(), as: UTF8.self).count { $0 == "x" } >= 20_000)
    }
}
