import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Upstreams that report an impossible usage, or one that is not made of numbers.
@Suite(.inTurn) struct LyingUpstreamTests {
    private static let events = [
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}"#,
        #"{"id":"c","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":999999999999}}"#, "[DONE]",
    ]

    @Test("an impossible usage is cut, marked in the log row and reported to the operator", arguments: [true, false])
    func lies(isStream: Bool) async throws {
        let fixture = try await GatewayFixture { _ in
            isStream
                ? .stream(Self.events, isCut: false)
                : .chat("hi", usage: ["prompt_tokens": 1_000_000_000, "completion_tokens": 1_000_000_000_000])
        }
        try fixture.addChannel()
        let before = try fixture.rootQuota()
        #expect(try fixture.chat(chatBody(["max_tokens": 16, "stream": .bool(isStream)])).status == 200)
        let row = try #require(try fixture.lastLog())
        #expect(row["content"]?.string?.contains("impossible usage cut") == true)
        let (prompt, completion) = (row["prompt_tokens"]?.int ?? 0, row["completion_tokens"]?.int ?? 0)
        #expect(isStream ? prompt == 10 : prompt > 1 << 17 && prompt < (1 << 17) + 200)
        #expect(completion > 16 && completion < 600)
        // A token of the prompt costs 2.5, and one of the answer four times as much.
        let quota = (prompt * 5 + completion * 20 + 1) / 2
        #expect(row["quota"]?.int == quota)
        #expect(try fixture.rootQuota() == before - quota)
        let log = try await fixture.logText(with: "a usage that cannot be")
        #expect(log.contains("[WARN]"))
    }

    static let noNumbers = [
        #"{"prompt_tokens":-5,"completion_tokens":-9223372036854775808}"#,
        #"{"prompt_tokens":"7","completion_tokens":[]}"#,
        #"{"prompt_tokens":1e999,"completion_tokens":-1e308}"#, #"{"prompt_tokens":null,"completion_tokens":{}}"#,
        #"{"prompt_tokens":99999999999999999999999,"completion_tokens":0.5}"#, "[]", "7", #""x""#,
    ]

    @Test("a usage without numbers does not trap, and the gateway counts instead", arguments: noNumbers)
    func nonsense(usage: String) async throws {
        let value = (try? JSON.parse(Array(usage.utf8))) ?? .null
        let text =
            #"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hello there"}}],"usage":\#(usage)}"#
        let fixture = try await GatewayFixture { _ in
            .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(text.utf8)))
        }
        try fixture.addChannel()
        let status = try fixture.chat(chatBody()).status
        // With a number that JSON readers refuse, the whole body is invalid.
        #expect(value.isNull ? [200, 502].contains(status) : status == 200)
        if status == 200 {
            let row = try #require(try fixture.lastLog())
            #expect((row["prompt_tokens"]?.int ?? -1) >= 0 && (row["quota"]?.int ?? -1) > 0)
            #expect((row["quota"]?.int ?? .max) < 1_000_000)
        }
        #expect(try fixture.chat(chatBody()).status == status)
    }
}
