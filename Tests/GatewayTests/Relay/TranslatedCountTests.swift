import Chat
import EventLoop
import HTTP
import JSON
import Providers
import TestTraits
import Testing

@testable import Gateway

/// Counts a translated answer's tokens if its upstream does not report them.
@Suite(.inTurn) struct TranslatedCountTests {
    private static let events: [(ChatEvent, String)] = [
        (.textDelta(0, "text"), "text"), (.reasoningDelta(0, "thought"), "thought"), (.refusalDelta(0, "no"), "no"),
        (.toolCallStarted(0, index: 0, ToolCall(id: "i", name: "f", arguments: "{}")), "f{}"),
        (.toolCallArgumentsDelta(0, index: 0, "[1]"), "[1]"), (.choiceStarted(0), ""), (.finished(0, .stop), ""),
    ]

    @Test("everything that a model wrote counts: text, reasoning, refusals, and calls with their arguments")
    func produced() {
        for (event, text) in Self.events {
            var produced: [UInt8] = []
            event.appendProduced(to: &produced)
            #expect(String(decoding: produced, as: UTF8.self) == text)
        }
    }

    private static func event(_ text: String, _ more: String = "") -> String {
        #"{"candidates":[{"content":{"parts":[{"text":"\#(text)"}]}\#(more)}]}"#
    }

    @Test("a long translated stream is counted as it comes, and the client gets that count", arguments: [1, 500])
    func stream(pieces: Int) async throws {
        let piece = String(repeating: "lorem ipsum ", count: 100)
        let sent =
            (0..<pieces).map { _ in Self.event(piece) } + [Self.event("end", #","finishReason":"STOP""#)]
        let fixture = try await GatewayFixture { _ in .stream(sent, isCut: false) }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        let answer = try fixture.chat(
            chatBody(["stream": true, "stream_options": ["include_usage": true]], model: "gemini-2.5-flash"))
        #expect(answer.status == 200 && answer.body.hasSuffix("data: [DONE]\n\n"))
        let counter = PromptCounter(parser: JSONParser(), approximates: false)
        let whole = counter.completionTokens(
            of: Array((String(repeating: piece, count: pieces) + "end").utf8), model: "gemini-2.5-flash")
        let counted = try #require(try fixture.lastLog()?["completion_tokens"]?.int)
        // A token may be split at the end of a piece.
        #expect(abs(counted - whole) <= 4)
        #expect(answer.body.contains("\"completion_tokens\":\(counted)"))
        // A long stream is counted while it comes, so that it need not be kept, and the rest at the end.
        #expect(fixture.services.bodies.takenUp >= (pieces == 1 ? 0 : 2))
    }

    @Test("what was counted for the client is not counted again for the charge")
    func once() async throws {
        let piece = String(repeating: "lorem ipsum ", count: 100)
        let sent = (0..<100).map { _ in Self.event(piece) } + [Self.event("end", #","finishReason":"STOP""#)]
        let fixture = try await GatewayFixture { _ in .stream(sent, isCut: false) }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        let before = fixture.services.bodies.takenUp
        let answer = try fixture.chat(
            chatBody(["stream": true, "stream_options": ["include_usage": true]], model: "gemini-2.5-flash"))
        #expect(answer.status == 200)
        let counted = try #require(try fixture.lastLog()?["completion_tokens"]?.int)
        #expect(counted > 20_000 && answer.body.contains("\"completion_tokens\":\(counted)"))
        // The text is too large for the event loop, and too small to be counted while it comes.
        #expect(fixture.services.bodies.takenUp - before == 1)
    }

    @Test("of a cut stream of pictures, the number that came is known, and that there may be more")
    func pictures() {
        let stream = AnswerStream.painting(.init())
        for isCut in [true, false] {
            let production = stream.production(counted: 0, isCut: isCut)
            #expect(production.pictures == 0 && production.isCut == isCut)
        }
    }
}
