import Chat
import Formats
import Glibc
import HTTP
import JSON
import Providers
import TestKit
import Testing

/// Runs the fixtures of every provider that has a format of its own.
@Suite("A provider's own format")
struct ProviderCaseTests {
    private static let fallback = AnswerHead(id: "chatcmpl-invented", model: "invented", created: 1)

    @Test("a request becomes the provider's", arguments: ProviderCase.all)
    func request(_ fixture: ProviderCase) throws {
        let request = try OpenAIRequestDecoder.decode(fixture.request)
        let encoded: EncodedRequest
        do { encoded = try fixture.provider.encode(request, for: fixture.call) } catch let error as RequestError {
            // A refusal that names no parameter is `"refused": null` in the case. One that the case does not expect
            // fails.
            let refused = try #require(fixture.settings["refused"], "refused without being told to: \(error.message)")
            #expect(refused.string == error.parameter, "\(error.message)")
            return
        }
        #expect(!fixture.isRefused)
        if let url = fixture.settings["url"]?.string { #expect(encoded.url == url) }
        for member in fixture.settings["sent_headers"]?.object?.members ?? [] {
            #expect(encoded.headers[member.key] == member.value.string)
        }
        let body = try JSON.parse(encoded.body)
        guard let upstream = fixture.upstream else { return try record(body, fixture) }
        #expect(MergedAnswer.sorted(body) == MergedAnswer.sorted(upstream))
    }

    private func record(_ body: JSON, _ fixture: ProviderCase) throws {
        guard !fixture.isOfAnswerOnly, getenv("UPDATE_FIXTURES") != nil else { return }
        try Fixture.write(fixture.folder + "/upstream.json", body.encodedPretty(indent: 1) + [0x0a])
    }

    @Test("a whole answer becomes the client's", arguments: ProviderCase.wholes)
    func whole(_ fixture: ProviderCase) throws {
        let body = try #require(fixture.response)
        if fixture.status >= 400 {
            let failure = try fixture.provider.failure(
                status: fixture.status, headers: HTTPHeaders(), body: body, parser: JSONParser())
            return expect(failure, fixture)
        }
        let encoded: [UInt8]
        do {
            let events = try fixture.provider.decode(body, status: fixture.status, contentType: nil)
            encoded = try OpenAIAnswerEncoder.encode(events, fallback: Self.fallback)
        } catch let error as UpstreamFailure { return expect(error, fixture) }
        #expect(fixture.outcome == "complete")
        let wanted = MergedAnswer.normal(try #require(fixture.answer))
        #expect(MergedAnswer.normal(try JSON.parse(encoded)) == wanted)
    }

    @Test("a stream becomes the client's", arguments: ProviderCase.streams)
    func stream(_ fixture: ProviderCase) throws {
        let events = try fixture.events([try #require(fixture.stream)])
        if let failure = ChatAnswer(events).failure {
            #expect(fixture.outcome == (failure.kind == .brokenOff ? "cut" : "failed"))
            expect(failure, fixture)
        } else {
            #expect(fixture.outcome == "complete")
        }
        guard let answer = fixture.answer else { return }
        var encoder = OpenAIStreamEncoder(includesUsage: true, fallback: Self.fallback)
        var encoded: [UInt8] = []
        for event in events { if case .failed = event { break } else { encoder.encode(event, into: &encoded) } }
        encoder.finish(into: &encoded)
        #expect(MergedAnswer.ofStream(encoded) == MergedAnswer.ofWhole(answer))
    }

    @Test("a stream gives the same events at any split of its bytes", arguments: ProviderCase.streams)
    func splits(_ fixture: ProviderCase) throws {
        let stream = try #require(fixture.stream)
        let whole = try fixture.events([stream])
        for position in 1..<stream.count {
            let split = try fixture.events([Array(stream[..<position]), Array(stream[position...])])
            try #require(split == whole, "split at \(position)")
        }
        #expect(try fixture.events(stream.map { [$0] }) == whole)
        #expect(try fixture.events([stream.withOtherLineEnds]) == whole)
    }

    @Test("a stream cut after any event does not count as whole", arguments: ProviderCase.streams)
    func cuts(_ fixture: ProviderCase) throws {
        let stream = try #require(fixture.stream)
        guard fixture.outcome == "complete", fixture.settings["ends_early"] == nil else { return }
        for position in stream.eventEnds {
            // Only the terminator after the answer's last text may be missing; then no text may be missing.
            let rest = try fixture.events([Array(stream[..<position])])
            if ChatAnswer(rest).failure == nil {
                #expect(ChatAnswer(rest).choices == ChatAnswer(try fixture.events([stream])).choices)
            }
        }
    }

    private func expect(_ failure: UpstreamFailure, _ fixture: ProviderCase) {
        #expect(fixture.outcome != "complete")
        guard let wanted = fixture.settings["failure"] else { return }
        if let status = wanted["status"]?.int { #expect(failure.status == Int(status)) }
        if let type = wanted["type"]?.string { #expect(failure.type == type) }
        if let code = wanted["code"]?.string { #expect(failure.code.text == code) }
        if let message = wanted["message"]?.string { #expect(failure.message == message) }
        if let kind = wanted["kind"]?.string { #expect(failure.kind.rawValue == kind) }
    }
}
