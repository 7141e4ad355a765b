import Chat
import JSON
import Providers
import Testing

/// Streams that break the rules of server-sent events or of JSON, and are whole all the same.
@Suite("A stream that is not framed by the rules")
struct LooseStreamTests {
    private static let fixtures =
        ProviderCase.streams.filter { $0.outcome == "complete" }.map { Sample($0.folder, try? $0.provider, $0.stream) }
        + FixtureCase.streams.filter { $0.outcome == "complete" }.map { Sample($0.name, OpenAI(), $0.stream) }

    /// A whole stream, and who reads it.
    struct Sample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let provider: any Provider
        let stream: [UInt8]

        init(_ name: String, _ provider: (any Provider)?, _ stream: [UInt8]?) {
            testDescription = name
            self.provider = provider ?? OpenAI()
            self.stream = stream ?? []
        }

        func events(_ pieces: [[UInt8]], isCleanEnd: Bool = true) -> [ChatEvent] {
            func run(_ provider: some Provider) -> [ChatEvent] {
                var decoder = provider.decoder()
                var events: [ChatEvent] = []
                for piece in pieces { decoder.feed(piece, into: &events) }
                decoder.finish(isCleanEnd: isCleanEnd, into: &events)
                return events
            }
            return run(provider)
        }

        /// Without `[DONE]` and the ends of its last event and line.
        var unfinished: [UInt8] {
            var rest = stream
            if let done = String(decoding: rest, as: UTF8.self).firstRange(of: "data: [DONE]") {
                let start = String(decoding: rest, as: UTF8.self)[..<done.lowerBound].utf8.count
                rest = Array(rest[..<start])
            }
            while let last = rest.last, last <= 0x20 { rest.removeLast() }
            return rest
        }
    }

    @Test("keeps its last event where that lacks its blank line and the upstream ended in order", arguments: fixtures)
    func lastEvent(_ sample: Sample) {
        let whole = sample.events([sample.stream])
        #expect(ChatAnswer(whole).failure == nil)
        let unfinished = sample.unfinished
        #expect(sample.events([unfinished]) == whole)
        #expect(sample.events([unfinished + [0x0a]]) == whole)
        #expect(sample.events(unfinished.map { [$0] }) == whole)
    }

    @Test("loses its last event where the connection broke off in it", arguments: fixtures)
    func brokenEvent(_ sample: Sample) {
        let events = sample.events([sample.unfinished], isCleanEnd: false)
        #expect(ChatAnswer(events).failure?.kind == .brokenOff)
    }

    @Test("half an event at its end is a cut, and no nonsense of the upstream's", arguments: fixtures)
    func halfEvent(_ sample: Sample) {
        let half = Array(sample.unfinished.dropLast(2))
        let failure = ChatAnswer(sample.events([half])).failure
        #expect(failure == nil || failure?.kind == .brokenOff)
    }

    private static let ofSingleLines = fixtures.filter { sample in
        let text = String(decoding: sample.stream, as: UTF8.self)
        // The events of Zhipu's version 3 are no JSON.
        let isLegacy = sample.testDescription.hasPrefix("Zhipu/") && text.hasPrefix("event")
        return !isLegacy && !text.contains("\r") && !text.contains("data: {\n")
    }

    @Test("is the same with one line feed between its events", arguments: ofSingleLines)
    func lineFeeds(_ sample: Sample) {
        let loose = String(decoding: sample.stream, as: UTF8.self).split(separator: "\n").joined(separator: "\n")
        #expect(sample.events([Array(loose.utf8)]) == sample.events([sample.stream]))
    }

    /// A text's piece, and the end, of each provider's.
    private static let events: [(type: Int, head: String, piece: String, end: String)] = [
        (
            1, "", #"{"id":"a","choices":[{"index":0,"delta":{"content":"TEXT"}}]}"#,
            #"{"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
        ),
        (
            16, "", #"{"id":"a","model":"glm-4","choices":[{"index":0,"delta":{"content":"TEXT"}}]}"#,
            #"{"id":"a","model":"glm-4","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
        ),
        (
            14,
            #"{"type":"message_start","message":{"id":"m"}}"# + "\n\ndata: "
                + #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}}"#,
            #"{"type":"message_stop"}"#
        ),
        (
            24, "", #"{"candidates":[{"content":{"parts":[{"text":"TEXT"}]}}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}"#
        ),
        (
            17, "", #"{"output":{"choices":[{"finish_reason":"null","message":{"content":"TEXT"}}]}}"#,
            #"{"output":{"choices":[{"finish_reason":"stop","message":{"content":""}}]}}"#
        ),
        (15, "", #"{"result":"TEXT","is_end":false}"#, #"{"result":"","is_end":true}"#),
    ]

    @Test("that divides a Unicode scalar goes on, and has it whole", arguments: events)
    func dividedScalar(type: Int, head: String, piece: String, end: String) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        func text(_ pieces: [String]) -> String? {
            let payloads = (head.isEmpty ? [] : [head]) + pieces.map { piece.replacing("TEXT", with: $0) } + [end]
            let sample = Sample("", provider, Array(payloads.map { "data: \($0)\n\n" }.joined().utf8))
            let answer = ChatAnswer(sample.events([sample.stream]))
            return answer.failure == nil ? answer.choices.first?.text : answer.failure?.message
        }
        #expect(text([#"hello \ud83d"#, #"\ude00 there"#]) == "hello 😀 there")
        #expect(text([#"a\ud83d"#, "b", #"c\ude00"#]) == "abc\u{fffd}")
        #expect(text([#"\ud83dx"#]) == "\u{fffd}x")
    }

    @Test("that an error ends in a line of its own, without its field, fails with it", arguments: events)
    func bareError(type: Int, head: String, piece: String, end: String) throws {
        let provider = try #require(ProviderRegistry.provider(of: type))
        let errors = [
            14: #"{"type":"error","error":{"type":"overloaded_error","message":"no such thing"}}"#,
            15: #"{"error_code":336100,"error_msg":"no such thing"}"#,
            17: #"{"code":"InternalError","message":"no such thing"}"#,
        ]
        let error = errors[type] ?? #"{"error":{"message":"no such thing","code":500}}"#
        let events = [head, piece].filter { !$0.isEmpty }.map { "data: \($0)\n\n" }.joined()
        for ending in ["", "\n", "\n\n"] {
            let sample = Sample("", provider, Array((events + error + ending).utf8))
            let failure = ChatAnswer(sample.events([sample.stream])).failure
            #expect(failure?.message.contains("no such thing") == true, "\(String(describing: failure))")
        }
    }

    @Test("a whole answer with half a Unicode scalar is one", arguments: [1, 16, 14, 24, 17, 15])
    func wholeAnswer(type: Int) throws {
        let bodies = [
            1: #"{"id":"a","choices":[{"index":0,"message":{"content":"x\ud83d"},"finish_reason":"length"}]}"#,
            14: #"{"type":"message","id":"m","content":[{"type":"text","text":"x\ud83d"}],"stop_reason":"max_tokens"}"#,
            24: #"{"candidates":[{"content":{"parts":[{"text":"x\ud83d"}]},"finishReason":"MAX_TOKENS"}]}"#,
            17: #"{"output":{"choices":[{"finish_reason":"length","message":{"content":"x\ud83d"}}]}}"#,
            15: #"{"result":"x\ud83d","is_end":true}"#,
        ]
        let provider = try #require(ProviderRegistry.provider(of: type))
        let body = try #require(bodies[type] ?? bodies[1])
        let answer = ChatAnswer(try provider.decode(Array(body.utf8), status: 200, contentType: nil))
        #expect(answer.choices.first?.text == "x\u{fffd}")
    }

    @Test("arguments of a call that divide a Unicode scalar are whole")
    func arguments() {
        func chunk(_ call: String, _ end: String = "null") -> String {
            #"data: {"id":"a","choices":[{"index":0,"delta":{"tool_calls":[\#(call)]},"finish_reason":\#(end)}]}"#
                + "\n\n"
        }
        let stream =
            chunk(#"{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":\"\ud83d"}}"#)
            + chunk(#"{"index":0,"function":{"arguments":"\ude00\"}"}}"#, #""tool_calls""#) + "data: [DONE]\n\n"
        let sample = Sample("", OpenAI(), Array(stream.utf8))
        let call = ChatAnswer(sample.events([sample.stream])).choices.first?.toolCalls.first
        #expect(call?.arguments == #"{"a":"😀"}"#)
    }
}
