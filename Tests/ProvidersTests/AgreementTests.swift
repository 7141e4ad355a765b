import Chat
import Formats
import JSON
import Providers
import Testing

/// The two ways from an OpenAI upstream to an OpenAI client must not differ: bytes passed through, and bytes decoded to
/// the hub and encoded again.
@Suite("Passing through and translating agree")
struct AgreementTests {
    private static let fallback = AnswerHead(id: "chatcmpl-invented", model: "invented", created: 1)
    private static let comparable = FixtureCase.all.filter { $0.expected["skipsAgreement"] == nil }

    @Test("on whole answers", arguments: comparable.filter { $0.response != nil && $0.outcome == "complete" })
    func whole(_ fixture: FixtureCase) throws {
        let body = try #require(fixture.response)
        let events = try OpenAI().decode(body, status: 200, contentType: nil)
        let encoded = try OpenAIAnswerEncoder.encode(events, fallback: Self.fallback)
        #expect(MergedAnswer.normal(try JSON.parse(encoded)) == MergedAnswer.normal(try JSON.parse(body)))
    }

    @Test("on streams, with and without usage", arguments: comparable.filter { $0.stream != nil }, [true, false])
    func stream(_ fixture: FixtureCase, includesUsage: Bool) throws {
        let stream = try #require(fixture.stream)
        var relay = OpenAIStreamRelay(hidesUsage: !includesUsage)
        var passed: [UInt8] = []
        relay.feed(stream, parser: JSONParser(), into: &passed)
        let outcome = relay.finish(isCleanEnd: true, parser: JSONParser(), into: &passed)

        var decoder = OpenAI().decoder()
        var events: [ChatEvent] = []
        decoder.feed(stream, into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        var encoder = OpenAIStreamEncoder(includesUsage: includesUsage, fallback: Self.fallback)
        var encoded: [UInt8] = []
        let failure = ChatAnswer(events).failure
        for event in events where event != failure.map(ChatEvent.failed) { encoder.encode(event, into: &encoded) }
        if failure == nil { encoder.finish(into: &encoded) }

        #expect((failure == nil) == (outcome == .complete))
        if case .failed(let other) = outcome { #expect(failure == other) }
        #expect(MergedAnswer.ofStream(encoded) == MergedAnswer.ofStream(passed))
        #expect(encoded.suffix(14) == passed.suffix(14) || failure != nil)
    }

    @Test("on requests: what the hub holds encodes to what the client sent", arguments: FixtureCase.all)
    func request(_ fixture: FixtureCase) throws {
        let request = try OpenAIRequestDecoder.decode(fixture.request)
        let encoded = try OpenAIRequestEncoder.encode(request, model: request.model)
        #expect(MergedAnswer.normal(try JSON.parse(encoded)) == MergedAnswer.normal(try JSON.parse(fixture.request)))
        #expect(try OpenAIRequestDecoder.decode(encoded) == request)
    }

    @Test("usage that another format reported has OpenAI's shape and sum")
    func foreignUsage() throws {
        let usage = Usage(promptTokens: 5, completionTokens: 7, cachedTokens: 3, reasoningTokens: 2)
        let events: [ChatEvent] = [
            .started(Self.fallback), .choiceStarted(0), .textDelta(0, "Hi"), .finished(0, .stop),
            .usage(usage, original: Opaque(.anthropic, ["input_tokens": 5])),
        ]
        let body = try JSON.parse(try OpenAIAnswerEncoder.encode(events, fallback: Self.fallback))
        #expect(OpenAIUsageProbe.read(body) == [5, 7, 12, 3, 2])
    }
}

private enum OpenAIUsageProbe {
    static func read(_ body: JSON) -> [Int64?] {
        let usage = body["usage"]
        return [
            usage?["prompt_tokens"]?.int, usage?["completion_tokens"]?.int, usage?["total_tokens"]?.int,
            usage?["prompt_tokens_details"]?["cached_tokens"]?.int,
            usage?["completion_tokens_details"]?["reasoning_tokens"]?.int,
        ]
    }
}
