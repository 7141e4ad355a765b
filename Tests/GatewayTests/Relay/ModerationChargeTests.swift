import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// What moderations are charged, whose upstreams report no usage (spec/billing.md §3.4, §6.3).
@Suite(.inTurn) struct ModerationChargeTests {
    private static let all: Int64 = 500_000_000_000_000
    private static let words = String(repeating: " word", count: 2001)

    private func fixture(
        _ changes: JSONObject = ["models": "text-moderation-latest,omni-moderation-latest,gpt-4o"],
        answer: String = #"{"id":"modr-1","model":"m","results":[{"flagged":false}]}"#, status: Int = 200
    ) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { _ in
            .whole(
                HTTPResponse(
                    status: status, headers: ["Content-Type": "application/json"], body: Array(answer.utf8)))
        }
        try fixture.addChannel(changes)
        return fixture
    }

    private func post(_ fixture: GatewayFixture, _ body: JSON) throws -> Int {
        try fixture.post("/v1/moderations", body.encoded()).status
    }

    private static let text: JSON = .string(words)
    static let inputs: [(input: JSON, tokens: Int64)] = [
        (text, 2001), ([text], 2001), ([text, text], 4002), ([["type": "text", "text": text]], 2001),
        (["a", [1, 2, 3]], 4), ([1, 2, 3], 3),
        ([["type": "image_url", "image_url": ["url": "https://a.test/b.png"]]], 85),
        ([["type": "text", "text": "a"], ["type": "image_url", "image_url": ["url": "https://a.test/b.png"]]], 86),
    ]

    @Test("texts, lists, parts and pictures are counted and charged once, as the log row says", arguments: inputs)
    func charged(input: JSON, tokens: Int64) async throws {
        let fixture = try await fixture()
        #expect(try post(fixture, ["model": "text-moderation-latest", "input": input]) == 200)
        // A tenth of a quota for each token, rounded up.
        let quota = (tokens + 9) / 10
        let row = try fixture.lastLog()
        #expect(row?["prompt_tokens"]?.int == tokens && row?["completion_tokens"]?.int == 0)
        #expect(row?["quota"]?.int == quota)
        #expect(row?["content"]?.string?.contains("usage counted by the gateway") == true)
        #expect(try fixture.rootQuota() == Self.all - quota)
        #expect(try fixture.logCount() == 1)
    }

    @Test("a part of an unknown kind goes on to the upstream, and is not free")
    func unknownPart() async throws {
        let fixture = try await fixture()
        let part: JSON = ["type": "sound", "data": "abc"]
        #expect(try post(fixture, ["model": "text-moderation-latest", "input": [part]]) == 200)
        #expect(fixture.upstream.calls.first?.json["input"]?[0] == part)
        #expect(try fixture.lastLog()?["quota"]?.int == 1)
    }

    @Test("a request without a model asks for the one that it is charged for")
    func defaultModel() async throws {
        let fixture = try await fixture()
        #expect(try post(fixture, ["input": Self.text]) == 200)
        #expect(fixture.upstream.calls.first?.json["model"]?.string == "text-moderation-latest")
        #expect(try fixture.lastLog()?["model_name"]?.string == "text-moderation-latest")
        #expect(try fixture.rootQuota() == Self.all - 201)
    }

    @Test("the price is the mapped model's, and newer models cost as much as one-api's")
    func prices() async throws {
        let fixture = try await fixture([
            "models": "judge,omni-moderation-latest", "model_mapping": #"{"judge":"gpt-4o"}"#,
        ])
        #expect(try post(fixture, ["model": "judge", "input": Self.text]) == 200)
        #expect(try fixture.lastLog()?["quota"]?.int == 5003)
        #expect(try fixture.lastLog()?["model_name"]?.string == "gpt-4o")
        #expect(try post(fixture, ["model": "omni-moderation-latest", "input": Self.text]) == 200)
        #expect(try fixture.lastLog()?["quota"]?.int == 201)
    }

    @Test("the usage that an upstream reports is charged")
    func reported() async throws {
        let fixture = try await fixture(
            answer: #"{"results":[{}],"usage":{"prompt_tokens":70,"total_tokens":70}}"#)
        #expect(try post(fixture, ["model": "text-moderation-latest", "input": Self.text]) == 200)
        #expect(try fixture.lastLog()?["prompt_tokens"]?.int == 70)
        #expect(try fixture.rootQuota() == Self.all - 7)
    }

    @Test("a failure costs nothing, and whoever cannot pay is refused before the upstream is asked")
    func unpaid() async throws {
        let fixture = try await fixture(answer: #"{"error":{"message":"down"}}"#, status: 500)
        let body: JSON = ["model": "text-moderation-latest", "input": Self.text]
        #expect(try post(fixture, body) == 500)
        #expect(try fixture.rootQuota() == Self.all && fixture.logCount() == 0)
        let asked = fixture.upstream.calls.count
        let poor = try fixture.key(["remain_quota": 200, "unlimited_quota": false])
        #expect(try fixture.post("/v1/moderations", body.encoded(), key: "sk-\(poor)").status == 403)
        #expect(fixture.upstream.calls.count == asked)
        let able = try fixture.key(["remain_quota": 201, "unlimited_quota": false])
        #expect(try fixture.post("/v1/moderations", body.encoded(), key: "sk-\(able)").status == 500)
    }
}
