import Chat
import JSON
import Providers
import Testing

@Suite("A stream that passes through")
struct PassThroughStreamTests {
    private let parser = JSONParser()

    private func relay(_ pieces: [[UInt8]], hidesUsage: Bool, isCleanEnd: Bool = true) -> RelayResult {
        RelayResult(of: pieces, hidesUsage: hidesUsage, isCleanEnd: isCleanEnd, parser: parser)
    }

    @Test("ends as the upstream ended it, with its usage or else its text", arguments: FixtureCase.streams)
    func outcome(_ fixture: FixtureCase) throws {
        let result = relay([try #require(fixture.stream)], hidesUsage: false)
        switch result.outcome {
        case .complete: #expect(fixture.outcome == "complete")
        case .cut: #expect(fixture.outcome == "cut")
        case .failed(let failure): expectFailure(failure, fixture)
        }
        expectUsage(result.usage, fixture)
        if fixture.usage == nil {
            #expect(String(decoding: result.produced, as: UTF8.self) == fixture.expected["produced"]?.string)
        }
    }

    @Test("is the same at any split of its bytes", arguments: RelayCase.all, [true, false])
    func splits(_ fixture: RelayCase, hidesUsage: Bool) throws {
        let stream = fixture.stream
        let whole = relay([stream], hidesUsage: hidesUsage)
        for position in 1..<stream.count {
            let split = relay([Array(stream[..<position]), Array(stream[position...])], hidesUsage: hidesUsage)
            try #require(split == whole, "split at \(position)")
        }
        #expect(relay(stream.map { [$0] }, hidesUsage: hidesUsage) == whole)
        #expect(relay([stream.withOtherLineEnds], hidesUsage: hidesUsage) == whole)
        #expect(relay(stream.withOtherLineEnds.map { [$0] }, hidesUsage: hidesUsage) == whole)
    }

    @Test("that is cut at any event is not taken for whole", arguments: RelayCase.all)
    func cuts(_ fixture: RelayCase) {
        let whole = relay([fixture.stream], hidesUsage: false)
        for position in fixture.stream.eventEnds {
            let start = Array(fixture.stream[..<position])
            let broken = relay([start], hidesUsage: false, isCleanEnd: false)
            let ended = relay([start], hidesUsage: false)
            let isDone = MergedAnswer.payloads(start).contains { $0.starts(with: "[DONE]".utf8) }
            #expect((broken.outcome == .complete) == (isDone && whole.outcome == .complete), "at \(position)")
            // A terminator after the last word of the answer may be missing: what counts is that no word is.
            if ended.outcome == .complete { #expect(ended.answer == whole.answer, "at \(position)") }
            #expect(ended.outcome == .complete || ended.payloads == broken.payloads)
            #expect(whole.payloads.starts(with: broken.payloads), "at \(position)")
        }
    }

    @Test("of Azure's ends as Azure ended it, and says to clients what its events say", arguments: RelayCase.azure)
    func azure(_ fixture: ProviderCase) throws {
        let stream = try #require(fixture.stream)
        let result = relay([stream], hidesUsage: false)
        switch result.outcome {
        case .complete: #expect(fixture.outcome == "complete")
        case .cut: #expect(fixture.outcome == "cut")
        case .failed(let failure):
            #expect(fixture.outcome == "failed")
            let wanted = fixture.settings["failure"]
            #expect(
                failure.status == wanted?["status"]?.int.map { Int($0) } && failure.code.text == wanted?["code"]?.string
            )
            #expect(failure.kind.rawValue == wanted?["kind"]?.string)
        }
        let translated = ChatAnswer(try fixture.events([stream]))
        let passed = ChatAnswer(try fixture.events([result.output]))
        #expect(passed.choices == translated.choices)
        #expect(result.usage == translated.usage && passed.usage == translated.usage)
        // Every event has a head that clients can read.
        for payload in result.payloads where payload != Array("[DONE]".utf8) {
            let chunk = try JSON.parse(payload)
            #expect(chunk["id"]?.string?.isEmpty == false && chunk["model"]?.string?.isEmpty == false)
            for choice in chunk["choices"]?.array ?? [] { #expect(choice["delta"]?.object != nil) }
        }
    }

    @Test("keeps each payload as it came and says [DONE] once, last", arguments: FixtureCase.streams)
    func payloads(_ fixture: FixtureCase) throws {
        let stream = try #require(fixture.stream)
        let result = relay([stream], hidesUsage: false)
        let sent = MergedAnswer.payloads(stream).filter { (try? JSON.parse($0)["error"] == nil) ?? false }
            // Findings of Azure's filter alone.
            .filter { (try? JSON.parse($0)["id"]?.string) != "" }
        let upToDone = fixture.name == "after-done" ? Array(sent.prefix(3)) : sent
        let upToJunk = fixture.name == "vendor-junk-event" ? Array(sent.prefix(2)) : upToDone
        var got = MergedAnswer.payloads(result.output)
        if fixture.outcome == "complete" { #expect(got.popLast() == Array("[DONE]".utf8)) }
        // The lines of one event are one line now.
        #expect(got == upToJunk.map { $0.map { $0 == 0x0a ? 0x20 : $0 } })
        #expect(!result.output.contains(0x0d))
    }

    @Test("an end without a beginning is no answer")
    func onlyDone() {
        let stream = Array("data: [DONE]\n\n".utf8)
        #expect(relay([stream], hidesUsage: false).outcome == .cut)
        var decoder = OpenAI().decoder()
        var events: [ChatEvent] = []
        decoder.feed(stream, into: &events)
        decoder.finish(isCleanEnd: true, into: &events)
        #expect(ChatAnswer(events).failure?.kind == .brokenOff)
    }

    @Test("hides usage from who did not ask, and nothing else", arguments: FixtureCase.streams)
    func hidesUsage(_ fixture: FixtureCase) throws {
        let stream = try #require(fixture.stream)
        let hidden = relay([stream], hidesUsage: true)
        let shown = relay([stream], hidesUsage: false)
        #expect(hidden.usage == shown.usage && hidden.outcome == shown.outcome)
        let payloads = MergedAnswer.payloads(hidden.output)
        for payload in payloads where payload != Array("[DONE]".utf8) {
            #expect(try JSON.parse(payload)["usage"] == nil)
        }
        guard var merged = MergedAnswer.ofStream(shown.output).object else { return }
        merged["usage"] = nil
        #expect(MergedAnswer.ofStream(hidden.output) == .object(merged))
    }

    @Test("fails when one event is larger than the limit")
    func limit() {
        var relay = OpenAIStreamRelay(hidesUsage: false, eventLimit: 1000)
        var output: [UInt8] = []
        let start = Array(("data: {\"x\":\"" + String(repeating: "a", count: 2000)).utf8)
        relay.feed(start, parser: parser, into: &output)
        #expect(relay.isOver)
        guard case .failed(let failure) = relay.finish(isCleanEnd: true, parser: parser, into: &output) else {
            Issue.record("not failed")
            return
        }
        #expect(failure.code == .text("upstream_event_too_large"))
        #expect(output.isEmpty)
    }

    @Test("is cut when the connection broke after the finish reason but before [DONE]")
    func brokenEnd() {
        var relay = OpenAIStreamRelay(hidesUsage: false)
        var output: [UInt8] = []
        let end = Array("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".utf8)
        relay.feed(end, parser: parser, into: &output)
        #expect(relay.finish(isCleanEnd: false, parser: parser, into: &output) == .cut)
    }
}

func expectFailure(_ failure: UpstreamFailure, _ fixture: FixtureCase) {
    #expect(fixture.outcome == "failed")
    let expected = fixture.expected["failure"]
    #expect(failure.kind.rawValue == expected?["kind"]?.string)
    #expect(Int64(failure.status) == expected?["status"]?.int)
    #expect(failure.message == expected?["message"]?.string)
}

func expectUsage(_ usage: Usage?, _ fixture: FixtureCase) {
    let counts = usage.map { [$0.promptTokens, $0.completionTokens, $0.cachedTokens, $0.reasoningTokens] }
    #expect(counts == fixture.usage)
}
