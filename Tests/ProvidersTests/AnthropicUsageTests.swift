import Chat
import JSON
import Providers
import Testing

/// Kinds of tokens that Claude counts and bills separately, while a client's usage does not show them.
@Suite("Claude's usage")
struct AnthropicUsageTests {
    private func usages(_ deltas: [String], start: String) -> [Usage] {
        var decoder = Anthropic().decoder()
        var events: [ChatEvent] = []
        let stream =
            #"data: {"type":"message_start","message":{"id":"m","usage":\#(start)}}"# + "\n\n"
            + deltas.map { "data: \($0)\n\n" }.joined()
        decoder.feed(Array(stream.utf8), into: &events)
        return events.compactMap { if case .usage(let usage, _) = $0 { usage } else { nil } }
    }

    @Test("writes to the one-hour cache are counted apart, and kept if the stream's end does not repeat them")
    func longWrites() {
        let start =
            #"{"input_tokens":7,"cache_creation_input_tokens":100,"cache_read_input_tokens":5,"#
            + #""cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60},"output_tokens":1}"#
        let end =
            #"{"type":"message_delta","delta":{},"usage":{"input_tokens":7,"cache_creation_input_tokens":100,"#
            + #""cache_read_input_tokens":5,"output_tokens":9}}"#
        var expected = Usage(promptTokens: 112, completionTokens: 9, cachedTokens: 5, cacheWriteTokens: 100)
        expected.longCacheWriteTokens = 60
        #expect(usages([end], start: start).last == expected)
    }

    @Test("no counter, and no sum of the prompt's counters, exceeds the largest usage that we accept")
    func extremes() {
        let start =
            #"{"input_tokens":9223372036854775807,"cache_creation_input_tokens":9223372036854775807,"#
            + #""cache_read_input_tokens":9223372036854775807,"output_tokens":9223372036854775807}"#
        let usage = usages([], start: start).last
        #expect(usage?.promptTokens == Usage.most && usage?.completionTokens == Usage.most)
        #expect(usage?.cachedTokens == Usage.most && usage?.cacheWriteTokens == Usage.most)
    }

    @Test("the usage at a stream's start is reported at once, as an estimate until the end confirms it")
    func provisional() {
        let start = #"{"input_tokens":7,"output_tokens":1}"#
        let silent = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#
        #expect(usages([silent], start: start) == [Usage(promptTokens: 7, completionTokens: 1, isEstimated: true)])
        let end = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#
        #expect(usages([end, silent], start: start).last == Usage(promptTokens: 7, completionTokens: 1))
    }

    @Test(
        "no usage is reported if it is incomplete", arguments: ["{}", #"{"input_tokens":7}"#, #"{"output_tokens":7}"#])
    func uncounted(_ usage: String) throws {
        #expect(usages([], start: usage).isEmpty)
        let body = #"{"type":"message","content":[{"type":"text","text":"x"}],"usage":\#(usage)}"#
        let events = try Anthropic().decode(Array(body.utf8), status: 200, contentType: nil)
        #expect(ChatAnswer(events).usage == nil)
    }
}
