import Chat
import Formats
import JSON
import Testing

@Suite("OpenAI's format as clients see it")
struct OpenAIFormatTests {
    private static let head = AnswerHead(id: "chatcmpl-1", model: "m", created: 5)

    private func decode(_ body: String) throws(RequestError) -> ChatRequest {
        try OpenAIRequestDecoder.decode(Array(body.utf8))
    }

    @Test("decodes each kind of part to the hub's own type")
    func parts() throws {
        let request = try decode(
            #"""
            {"model":"m","messages":[{"role":"user","content":["plain",
            {"type":"text","text":"t","cache_control":{"type":"ephemeral","ttl":"1h"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},
            {"type":"file","file":{"file_id":"f1"}},
            {"type":"novel","x":1}]}]}
            """#)
        #expect(
            request.messages.first?.parts == [
                .text("plain"), Part(.text("t"), cacheBreakpoint: CacheBreakpoint(lifetime: "1h")),
                Part(.image(.base64(type: "image/png", data: "AA=="), detail: nil)),
                Part(.document(.fileID("f1"), name: nil)), Part(.opaque(Opaque(.openAI, ["type": "novel", "x": 1]))),
            ])
    }

    @Test(
        "refuses what it cannot decode, and names the field",
        arguments: [
            (#"{"model":"m","messages":[{"role":"robot"}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id"),
            (#"{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0].type"),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":1}]}]}"#,
                "messages[0].content[0].text"
            ),
            (#"{"model":"m","messages":[],"tools":[{"type":"function"}]}"#, "tools[0].function"),
            (#"{"model":"m","messages":[],"tool_choice":"maybe"}"#, "tool_choice"),
            (#"{"model":"m","messages":[],"stop":[1]}"#, "stop[0]"),
            (#"{"model":"m","messages":[],"seed":1.0}"#, "seed"),
            (#"{"model":"m","messages":[],"response_format":{"type":"json_schema"}}"#, "response_format.json_schema"),
        ])
    func refusals(_ body: String, _ parameter: String) {
        let error = #expect(throws: RequestError.self) { try decode(body) }
        #expect(error?.parameter == parameter)
    }

    private func stream(_ events: [ChatEvent], includesUsage: Bool = false) -> [String] {
        var encoder = OpenAIStreamEncoder(includesUsage: includesUsage, fallback: Self.head)
        var output: [UInt8] = []
        for event in events { encoder.encode(event, into: &output) }
        encoder.finish(into: &output)
        return String(decoding: output, as: UTF8.self).split(separator: "\n\n").map(String.init)
    }

    private func deltas(_ chunks: [String]) -> [JSON?] {
        chunks.dropLast().map { (try? JSON.parse(Array($0.dropFirst(6).utf8)))?["choices"]?[0]?["delta"] }
    }

    @Test("begins a text answer with an empty piece and a tool answer with the call, as OpenAI does")
    func firstChunks() {
        let text = deltas(stream([.choiceStarted(0), .textDelta(0, "Hi"), .finished(0, .stop)]))
        #expect(text == [["role": "assistant", "content": "", "refusal": .null], ["content": "Hi"], [:]])
        let call = ToolCall(id: "", name: "f", arguments: "{}")
        let tool = deltas(stream([.choiceStarted(0), .toolCallStarted(0, index: 0, call), .finished(0, .toolCalls)]))
        #expect(tool.first??["content"] == .null)
        #expect(tool.first??["tool_calls"]?[0]?["id"] == "call_chatcmpl-1_0_0")
        #expect(tool.count == 2)
    }

    @Test("gives a call without arguments an empty object, unless the answer was cut short")
    func bareCalls() {
        let start: [ChatEvent] = [
            .choiceStarted(0), .toolCallStarted(0, index: 0, ToolCall(id: "a", name: "f", arguments: "")),
            .toolCallStarted(0, index: 1, ToolCall(id: "b", name: "g", arguments: "")),
            .toolCallArgumentsDelta(0, index: 1, "[]"),
        ]
        func pieces(_ reason: FinishReason) -> [String] {
            deltas(stream(start + [.finished(0, reason)])).compactMap {
                let call = $0?["tool_calls"]?[0]
                return call.map { "\($0["index"]?.int ?? 9)\($0["function"]?["arguments"]?.string ?? "")" }
            }
        }
        #expect(pieces(.toolCalls) == ["0", "1", "1[]", "0{}"])
        #expect(pieces(.length) == ["0", "1", "1[]"])
    }

    @Test("chunks of text have the same members as other chunks", arguments: [false, true])
    func pieces(includesUsage: Bool) throws {
        let text = "a\"\\\n\u{1}ü😀"
        let head = AnswerHead(id: "c\"1", model: "m", created: 7, serviceTier: "flex", systemFingerprint: "fp")
        let plain: [ChatEvent] = [
            .started(head), .choiceStarted(0), .choiceStarted(12), .textDelta(0, "x"), .textDelta(12, text),
            .textDelta(12, text), .reasoningDelta(0, text),
        ]
        // Log-probabilities make the encoder use the general path instead of the fast one.
        let long = plain.flatMap { event -> [ChatEvent] in
            if case .textDelta(let index, _) = event { [.logprobs(index, .null), event] } else { [event] }
        }
        #expect(stream(plain, includesUsage: includesUsage) == stream(long, includesUsage: includesUsage))
    }

    @Test("members of the answer come in a chunk with a choice, or with the usage")
    func answerExtras() {
        let extra = ChatEvent.extra(.answer, key: "request_id", Opaque(.openAI, "r1"))
        let between = stream([.choiceStarted(0), .textDelta(0, "a"), extra, .textDelta(0, "b"), .finished(0, .stop)])
        #expect(!between.contains { $0.contains(#""choices":[]"#) })
        #expect(between.filter { $0.contains(#""request_id":"r1""#) }.count == 1)
        let last = [.choiceStarted(0), .textDelta(0, "a"), .finished(0, .stop), extra]
        #expect(stream(last).suffix(2).first?.contains(#""delta":{}"#) == true)
        let usage = stream(last + [.usage(Usage(promptTokens: 1), original: nil)], includesUsage: true)
        #expect(usage.suffix(2).first.map { $0.contains(#""usage":{"#) && $0.contains("request_id") } == true)
    }

    @Test("reports usage once, at the end, to clients that asked for it")
    func usage() {
        let events: [ChatEvent] = [
            .choiceStarted(0), .usage(Usage(promptTokens: 1), original: nil),
            .usage(Usage(promptTokens: 1, completionTokens: 2), original: nil), .finished(0, .stop),
        ]
        let chunks = stream(events, includesUsage: true)
        #expect(chunks.dropLast(2).allSatisfy { $0.contains(#""usage":null"#) })
        #expect(
            chunks.suffix(2).first?.contains(#""choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2"#) ?? false
        )
        #expect(!stream(events).contains { $0.contains("usage") })
    }

    @Test("ends with the error and without [DONE] if the answer failed")
    func failure() throws {
        let failure = UpstreamFailure(kind: .server, status: 502, message: "Broken", code: .number("17"))
        let chunks = stream([.choiceStarted(0), .textDelta(0, "H"), .failed(failure), .textDelta(0, "i")])
        #expect(
            chunks.last
                == #"data: {"error":{"message":"Broken","type":"upstream_error","param":null,"code":17}}"#)
        #expect(throws: failure) { try OpenAIAnswerEncoder.encode([.failed(failure)], fallback: Self.head) }
    }

    @Test("a whole answer combines its events")
    func whole() throws {
        let bytes = try OpenAIAnswerEncoder.encode(
            [
                .choiceStarted(1), .choiceStarted(0), .textDelta(0, "a"), .textDelta(1, "x"), .textDelta(0, "b"),
                .reasoningDelta(0, "r"), .finished(0, .other("eos")), .finished(1, .length),
            ], fallback: Self.head)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"id":"chatcmpl-1","object":"chat.completion","created":5,"model":"m","choices":["#
                + #"{"index":0,"message":{"role":"assistant","content":"ab","reasoning_content":"r","refusal":null},"logprobs":null,"finish_reason":"eos"},"#
                + #"{"index":1,"message":{"role":"assistant","content":"x","refusal":null},"logprobs":null,"finish_reason":"length"}]}"#
        )
    }

    @Test("a whole answer is limited in its choices, but not in its pieces")
    func bounds() {
        var answer = ChatAnswer((0..<20_000).map { .choiceStarted($0) })
        for _ in 0..<20_000 {
            answer.add(.textDelta(0, "x"))
            answer.add(.logprobs(0, ["content": [1]]))
            answer.add(.audioDelta(0, ["data": "y"]))
        }
        for index in 0..<20_000 { answer.add(.extra(.choice(0), key: "k\(index % 10_000)", Opaque(.openAI, 1))) }
        #expect(answer.choices.count == 128)
        #expect(answer.choices.first?.text?.utf8.count == 20_000)
        #expect(answer.choices.first?.logprobs?["content"]?.array?.count == 20_000)
        #expect(answer.choices.first?.audio?["data"]?.string?.utf8.count == 20_000)
        #expect(answer.choices.first?.choiceExtras.count == 10_000)
    }

    @Test("each of many calls without arguments gets an empty object, and each of many choices its first chunk")
    func manyBareCalls() {
        let calls = (0..<20_000).map {
            ChatEvent.toolCallStarted(0, index: $0, ToolCall(id: "a", name: "f", arguments: ""))
        }
        let chunks = stream([.choiceStarted(0)] + calls + [.finished(0, .toolCalls)])
        #expect(chunks.count { $0.contains(#"{"arguments":"{}"}"#) } == 20_000)
        #expect(stream((0..<20_000).map { .choiceStarted($0) }).count == 20_001)
    }

    @Test("a head of megabytes is not repeated in each chunk")
    func longHead() {
        let head = AnswerHead(id: "a", model: String(repeating: "m", count: 1 << 20), created: 1)
        let chunks = stream([.started(head), .choiceStarted(0)] + (0..<1000).map { _ in .textDelta(0, "x") })
        #expect(chunks.allSatisfy { $0.utf8.count < 2048 })
    }

    @Test("an error in the request becomes OpenAI's error object")
    func requestError() {
        let body = OpenAIError.body(RequestError(.invalidType, "Invalid \"n\"", parameter: "n"))
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"error":{"message":"Invalid \"n\"","type":"invalid_request_error","param":"n","code":"invalid_type"}}"#
        )
    }
}
