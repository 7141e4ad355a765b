import Chat
import Formats
import JSON
import Providers
import Testing

@Suite("An answer in OpenAI's format, decoded")
struct DecodingTests {
    private let provider = OpenAI()

    private func events(_ pieces: [[UInt8]], isCleanEnd: Bool = true) -> [ChatEvent] {
        var decoder = provider.decoder()
        var events: [ChatEvent] = []
        for piece in pieces { decoder.feed(piece, into: &events) }
        decoder.finish(isCleanEnd: isCleanEnd, into: &events)
        return events
    }

    @Test("a stream gives what its fixture expects", arguments: FixtureCase.streams)
    func stream(_ fixture: FixtureCase) throws {
        let answer = ChatAnswer(events([try #require(fixture.stream)]))
        switch fixture.outcome {
        case "cut": #expect(answer.failure?.kind == .brokenOff)
        case "failed": expectFailure(try #require(answer.failure), fixture)
        default: #expect(answer.failure == nil)
        }
        expectUsage(answer.usage, fixture)
        expectAnswers(answer, fixture)
    }

    @Test("a stream gives the same events at any split of its bytes", arguments: FixtureCase.streams)
    func splits(_ fixture: FixtureCase) throws {
        let stream = try #require(fixture.stream)
        let whole = events([stream])
        for position in stride(from: 1, to: stream.count, by: 1) {
            let split = events([Array(stream[..<position]), Array(stream[position...])])
            try #require(split == whole, "split at \(position)")
        }
        #expect(events(stream.map { [$0] }) == whole)
        #expect(events([stream.withOtherLineEnds]) == whole)
    }

    @Test("a stream cut after any event does not count as whole", arguments: FixtureCase.streams)
    func cuts(_ fixture: FixtureCase) throws {
        let stream = try #require(fixture.stream)
        let whole = ChatAnswer(events([stream]))
        for position in stream.eventEnds {
            let start = Array(stream[..<position])
            let answer = ChatAnswer(events([start]))
            // Only the terminator after the answer's last text may be missing; then no text may be missing.
            if answer.failure == nil { #expect(answer.choices == whole.choices, "at \(position)") }
            let broken = ChatAnswer(events([start], isCleanEnd: false))
            let isDone = MergedAnswer.payloads(start).contains { $0.starts(with: "[DONE]".utf8) }
            #expect((broken.failure == nil) == (isDone && whole.failure == nil), "at \(position)")
        }
    }

    @Test("a whole answer gives what its fixture expects", arguments: FixtureCase.wholes)
    func whole(_ fixture: FixtureCase) throws {
        let body = try #require(fixture.response)
        do throws(UpstreamFailure) {
            let answer = ChatAnswer(try provider.decode(body, status: 200, contentType: nil))
            #expect(fixture.outcome == "complete")
            expectUsage(answer.usage, fixture)
            expectAnswers(answer, fixture)
        } catch { expectFailure(error, fixture) }
    }

    @Test("the meter reads the same from a whole answer's bytes", arguments: FixtureCase.wholes)
    func meter(_ fixture: FixtureCase) throws {
        let body = try #require(fixture.response)
        do throws(UpstreamFailure) {
            let answer = try OpenAIAnswer.read(body, status: 200, contentType: nil, parser: JSONParser())
            #expect(fixture.outcome == "complete")
            expectUsage(answer.usage, fixture)
            if let produced = fixture.expected["produced"]?.string {
                #expect(answer.produced.count == produced.utf8.count)
            }
        } catch { expectFailure(error, fixture) }
    }

    private func expectAnswers(_ answer: ChatAnswer, _ fixture: FixtureCase) {
        let expected = fixture.expected["answers"]?.array ?? []
        #expect(answer.choices.count == expected.count)
        for (choice, wanted) in zip(answer.choices, expected) {
            #expect(choice.text == wanted["text"]?.string)
            #expect(choice.refusal == wanted["refusal"]?.string)
            #expect(choice.reasoning == wanted["reasoning"]?.string)
            #expect(
                choice.toolCalls.map { [$0.name, $0.arguments] }
                    == (wanted["tools"]?.array ?? []).map { call in
                        call.array?.compactMap(\.string) ?? []
                    })
            #expect(choice.finishReason.map(word) == wanted["finish"]?.string)
        }
    }

    private func word(_ reason: FinishReason) -> String {
        switch reason {
        case .stop: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        case .legacyFunctionCall: "function_call"
        case .contentFilter: "content_filter"
        case .other(let word): word
        }
    }
}
