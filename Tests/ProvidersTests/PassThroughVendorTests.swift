import Chat
import Formats
import JSON
import Providers
import Testing

/// Streams of the vendors that speak OpenAI's format, through the relay that serves them.
@Suite("A vendor's stream that passes through")
struct PassThroughVendorTests {
    static let streams = ProviderCase.streams.filter { fixture in
        ["Azure/", "AliBailian/", "BaiduV2/"].contains { fixture.folder.hasPrefix($0) }
    }

    private func relay(
        _ pieces: [[UInt8]], hidesUsage: Bool = false
    ) -> (output: [UInt8], outcome: OpenAIStreamRelay.Outcome) {
        var relay = OpenAIStreamRelay(hidesUsage: hidesUsage)
        var output: [UInt8] = []
        for piece in pieces { relay.feed(piece, parser: JSONParser(), into: &output) }
        return (output, relay.finish(isCleanEnd: true, parser: JSONParser(), into: &output))
    }

    @Test("comes to the same answer or failure as one that is read and written anew", arguments: streams)
    func answer(_ fixture: ProviderCase) throws {
        let (output, outcome) = relay([try #require(fixture.stream)])
        switch outcome {
        case .complete: #expect(fixture.outcome == "complete")
        case .cut: #expect(fixture.outcome == "cut")
        case .failed(let failure):
            #expect(fixture.outcome == "failed")
            #expect(failure.code.text == fixture.settings["failure"]?["code"]?.string)
            #expect(failure.kind.rawValue == fixture.settings["failure"]?["kind"]?.string)
        }
        guard let answer = fixture.answer else { return }
        func said(_ answer: JSON) -> JSON? { answer["choice 0"]?["delta"] }
        #expect(said(MergedAnswer.ofStream(output)) == said(MergedAnswer.ofWhole(answer)))
    }

    @Test("is the same at any split of its bytes and with CRLF", arguments: streams, [true, false])
    func splits(_ fixture: ProviderCase, hidesUsage: Bool) throws {
        let stream = try #require(fixture.stream)
        let whole = relay([stream], hidesUsage: hidesUsage)
        for position in 1..<stream.count {
            let split = relay([Array(stream[..<position]), Array(stream[position...])], hidesUsage: hidesUsage)
            try #require(split == whole, "split at \(position)")
        }
        let otherEnds = stream.flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }
        #expect(relay([otherEnds], hidesUsage: hidesUsage) == whole)
    }
}
