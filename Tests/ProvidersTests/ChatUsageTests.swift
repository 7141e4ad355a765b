import Chat
import JSON
import Providers
import Testing

/// Where answers of OpenAI's format tell what they cost, besides the places that OpenAI itself has.
@Suite("Usage of a chat")
struct ChatUsageTests {
    /// A usage, and the prompt, completion and reasoning that it comes to.
    static let usages: [(usage: String, counts: [Int64])] = [
        // OpenAI's: thoughts are part of the completion.
        (details(32, 103, 135, reasoning: 94), [32, 103, 94]),
        // xAI's: beside it.
        (details(32, 9, 135, reasoning: 94), [32, 103, 94]),
        (details(32, 0, 126, reasoning: 94), [32, 94, 94]),
        // Google's: beside it and not told.
        (#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135}"#, [32, 103, 94]),
        // Beside it, and something else that was read.
        (details(32, 9, 185, reasoning: 94), [82, 103, 94]),
        // Part of it, and something else that was read.
        (details(32, 103, 165, reasoning: 94), [62, 103, 94]),
        // Totals that say nothing, or less.
        (details(32, 9, 0, reasoning: 4), [32, 9, 4]), (details(32, 9, 20, reasoning: 4), [32, 9, 4]),
        (#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":null}"#, [32, 9, 0]),
        (#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":"135"}"#, [32, 9, 0]),
        (#"{"prompt_tokens":32,"total_tokens":41}"#, [32, 9, 9]),
        (#"{"completion_tokens":9,"total_tokens":41}"#, [32, 9, 0]),
        // What came from the cache stands beside the prompt.
        (#"{"prompt_tokens":5,"completion_tokens":9,"total_tokens":114,"cached_tokens":100}"#, [105, 9, 0]),
        // The total counts the cached part twice, with and without reasoning.
        (
            #"{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1900,"cached_tokens":800,"#
                + #""completion_tokens_details":{"reasoning_tokens":40}}"#, [1000, 100, 40]
        ),
        // Mistral's sounds are outside of the prompt.
        (
            #"{"prompt_tokens":4,"completion_tokens":635,"total_tokens":3264,"prompt_audio_seconds":203}"#,
            [2629, 635, 0]
        ),
        (
            #"{"prompt_tokens":5,"completion_tokens":9,"total_tokens":9223372036854775807}"#,
            [5, (1 << 40) - 5, (1 << 40) - 14]
        ),
    ]

    private static func details(_ prompt: Int, _ completion: Int, _ total: Int, reasoning: Int) -> String {
        #"{"prompt_tokens":\#(prompt),"completion_tokens":\#(completion),"total_tokens":\#(total),"#
            + #""completion_tokens_details":{"reasoning_tokens":\#(reasoning)}}"#
    }

    private func counts(_ usage: Usage?) -> [Int64]? {
        usage.map { [$0.promptTokens, $0.completionTokens, $0.reasoningTokens] }
    }

    /// As a whole and as a stream, passed through and read; all four must agree.
    private func agreed(_ usage: String, inChoice: Bool) throws -> [Int64]? {
        let (inside, outside) = inChoice ? (#","usage":\#(usage)"#, "") : ("", #","usage":\#(usage)"#)
        func body(_ content: String) -> String {
            #"{"id":"x","choices":[{"index":0,\#(content),"finish_reason":"stop"\#(inside)}]\#(outside)}"#
        }
        let whole = Array(body(#""message":{"content":"hello"}"#).utf8)
        let stream = Array("data: \(body(#""delta":{"content":"hello"}"#))\n\ndata: [DONE]\n\n".utf8)
        let passed = try OpenAIAnswer.read(whole, status: 200, contentType: nil, parser: JSONParser()).usage
        let read = ChatAnswer(try OpenAI().decode(whole, status: 200, contentType: nil)).usage
        var decoder = OpenAI().decoder()
        var events: [ChatEvent] = []
        decoder.feed(stream, into: &events)
        let relayed = RelayResult(of: [stream], hidesUsage: true).usage
        #expect(counts(read) == counts(passed) && counts(relayed) == counts(passed))
        #expect(counts(ChatAnswer(events).usage) == counts(passed))
        return counts(passed)
    }

    @Test("counts what the total has besides: thoughts where they stand beside the completion", arguments: usages)
    func total(usage: String, expected: [Int64]) throws {
        #expect(try agreed(usage, inChoice: false) == expected)
    }

    @Test("is read in a choice where the answer itself tells none", arguments: usages)
    func choice(usage: String, expected: [Int64]) throws {
        #expect(try agreed(usage, inChoice: true) == expected)
    }

    @Test(
        "is filled up to the total in providers' own formats too",
        arguments: [
            (
                24,
                #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":115}}"#
            ),
            (
                17,
                #"{"output":{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]},"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":115}}"#
            ),
            (15, #"{"result":"a","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}}"#),
            (
                16,
                #"{"success":true,"data":{"choices":[{"role":"assistant","content":"a"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}}}"#
            ),
        ])
    func native(type: Int, body: String) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let usage = ChatAnswer(try provider.decode(Array(body.utf8), status: 200, contentType: nil)).usage
        #expect(usage?.promptTokens == 10 && usage?.completionTokens == 105)
    }

    @Test("of several choices that tell it is one prompt and all that was written")
    func choices() throws {
        func choice(_ index: Int, _ prompt: Int, _ completion: Int) -> String {
            #"{"index":\#(index),"delta":{},"finish_reason":"stop","#
                + #""usage":{"prompt_tokens":\#(prompt),"completion_tokens":\#(completion),"prompt_tokens_details":{"cached_tokens":4}}}"#
        }
        let events = [choice(0, 19, 3), choice(1, 19, 7), choice(0, 19, 13)].map {
            #"data: {"id":"x","choices":[\#($0)]}"#
        }
        let told = #"data: {"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
        for (more, expected) in [([String](), [19, 20, 0]), ([told], [1, 2, 0] as [Int64])] {
            let stream = Array(((events + more).joined(separator: "\n\n") + "\n\n").utf8)
            let relayed = RelayResult(of: [stream], hidesUsage: false).usage
            #expect(counts(relayed) == expected)
            if more.isEmpty { #expect(relayed?.cachedTokens == 4) }
            var decoder = OpenAI().decoder()
            var read: [ChatEvent] = []
            decoder.feed(stream, into: &read)
            #expect(counts(ChatAnswer(read).usage) == expected)
        }
    }

    @Test("of vectors has no completion, whatever the total")
    func vectors() throws {
        let body = #"{"object":"list","data":[],"usage":{"prompt_tokens":5,"total_tokens":9}}"#
        let usage = try OpenAIErrors.checkedUsage(
            of: Array(body.utf8), status: 200, contentType: nil, parser: JSONParser())
        #expect(usage?.promptTokens == 5 && usage?.completionTokens == 0)
    }
}
