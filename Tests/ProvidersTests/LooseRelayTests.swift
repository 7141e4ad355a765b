import Chat
import JSON
import Providers
import Testing

/// What of streams that break the rules comes out where they pass through, and what the meter reads in them.
@Suite("A stream that passes through and is not framed by the rules")
struct LooseRelayTests {
    private static func chunk(_ delta: String, finish: String = "null", more: String = "") -> String {
        #"{"id":"x","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]\#(more)}"#
    }

    private static let text = chunk(#"{"content":"hello"}"#)
    private static let stop = chunk("{}", finish: #""stop""#)
    private static let usage = #"{"id":"x","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}"#

    private func relay(_ wire: String, hidesUsage: Bool = false, isCleanEnd: Bool = true) -> RelayResult {
        let bytes = Array(wire.utf8)
        let whole = RelayResult(of: [bytes], hidesUsage: hidesUsage, isCleanEnd: isCleanEnd)
        let single = RelayResult(of: bytes.map { [$0] }, hidesUsage: hidesUsage, isCleanEnd: isCleanEnd)
        #expect(whole == single)
        return whole
    }

    private func wire(_ payloads: [String]) -> String { payloads.map { "data: \($0)\n\n" }.joined() }

    @Test("its last event counts without a blank line, and without the end of its line", arguments: ["", "\n", "\r\n"])
    func lastEvent(end: String) {
        let result = relay(wire([Self.text]) + "data: " + Self.stop + end)
        #expect(result.outcome == .complete)
        #expect(String(decoding: result.output, as: UTF8.self) == wire([Self.text, Self.stop, "[DONE]"]))
        #expect(relay(wire([Self.text]) + "data: " + Self.stop + end, isCleanEnd: false).outcome == .cut)
    }

    @Test("usage in its last event is charged, and hidden where only the meter asked", arguments: [true, false])
    func lastUsage(hidesUsage: Bool) {
        let result = relay(wire([Self.text, Self.stop]) + "data: " + Self.usage, hidesUsage: hidesUsage)
        #expect(result.outcome == .complete && result.usage?.completionTokens == 500 && result.produced.isEmpty)
        let expected = [Self.text, Self.stop] + (hidesUsage ? [] : [Self.usage]) + ["[DONE]"]
        #expect(String(decoding: result.output, as: UTF8.self) == wire(expected))
        #expect(relay(wire([Self.text, Self.stop]) + "data: " + Self.usage, isCleanEnd: false).usage == nil)
    }

    @Test("half a last event is none")
    func halfEvent() {
        #expect(relay(wire([Self.text]) + "data: " + Self.stop.dropLast(5)).outcome == .cut)
        let result = relay(wire([Self.text, Self.stop]) + "data: " + Self.usage.dropLast(5))
        #expect(result.outcome == .complete && result.usage == nil)
    }

    @Test("an error in its last event is one")
    func lastError() {
        let result = relay(wire([Self.text]) + #"data: {"error":{"message":"m","type":"server_error"}}"#)
        guard case .failed(let failure) = result.outcome else { return #expect(Bool(false), "\(result.outcome)") }
        #expect(failure.message == "m")
    }

    @Test("an error in a line of its own, without its field, is one")
    func bareError() {
        let result = relay(wire([Self.text]) + "{\n \"error\": {\"message\": \"m\"}\n}\n")
        guard case .failed(let failure) = result.outcome else { return #expect(Bool(false), "\(result.outcome)") }
        #expect(failure.message == "m")
        #expect(relay(wire([Self.text]) + "{\"note\": 1}\n").outcome == .cut)
    }

    @Test("events between which one line feed stands are events", arguments: ["\n", "\r\n", "\r"])
    func lineFeeds(feed: String) {
        let result = relay([Self.text, Self.stop, Self.usage, "[DONE]"].map { "data: \($0)\(feed)" }.joined())
        #expect(result.outcome == .complete && result.usage?.promptTokens == 1000)
        #expect(String(decoding: result.output, as: UTF8.self) == wire([Self.text, Self.stop, Self.usage, "[DONE]"]))
    }

    @Test("a Unicode scalar that two events divide comes whole, in the second of them")
    func dividedScalar() {
        let first = Self.chunk(#"{"content":"hello \ud83d"}"#)
        let second = Self.chunk(#"{"content":"\ude00"}"#)
        let result = relay(wire([first, Self.chunk(#"{"role":"assistant"}"#), second, Self.stop, "[DONE]"]))
        #expect(result.outcome == .complete)
        #expect(String(decoding: result.produced, as: UTF8.self) == "hello 😀")
        let expected = [
            Self.chunk(#"{"content":"hello "}"#), Self.chunk(#"{"role":"assistant"}"#),
            Self.chunk(#"{"content":"\ud83d\ude00"}"#), Self.stop, "[DONE]",
        ]
        #expect(String(decoding: result.output, as: UTF8.self) == wire(expected))
    }

    @Test("half a Unicode scalar alone is U+FFFD, and what is no JSON stays none")
    func half() {
        let result = relay(wire([Self.chunk(#"{"content":"\ude00x"}"#), Self.stop, "[DONE]"]))
        #expect(result.outcome == .complete && String(decoding: result.produced, as: UTF8.self) == "\u{fffd}x")
        let broken = relay(wire([Self.chunk(#"{"content":"\ude00x"}"#) + "}", Self.stop, "[DONE]"]))
        #expect(broken.outcome != .complete && broken.output.isEmpty)
    }

    @Test("the last event of pictures counts without a blank line")
    func pictures() {
        var stream = OpenAIImageStream()
        var output: [UInt8] = []
        let event =
            #"{"type":"image_generation.completed","b64_json":"AA","usage":{"input_tokens":3,"output_tokens":9}}"#
        stream.feed(Array("event: image_generation.completed\ndata: \(event)".utf8))
        #expect(stream.next() == nil)
        stream.flush()
        while let next = stream.next() {
            stream.take(OpenAIImageStream.read(next, parser: JSONParser()), of: next, into: &output)
        }
        #expect(stream.finish(isCleanEnd: true) == .complete)
        #expect(stream.pictures == 1 && stream.usage?.completionTokens == 9)
        #expect(String(decoding: output, as: UTF8.self) == "event: image_generation.completed\ndata: \(event)\n\n")
    }
}
