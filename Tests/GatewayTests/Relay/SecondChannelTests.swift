import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// What a request costs, and where it is sent, if its first channel fails.
@Suite(.inTurn) struct SecondChannelTests {
    private func fixture(retries: Int) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { call in
            call.headers["Authorization"] == "Bearer sk-bad"
                ? .error(500, #"{"error":{"message":"broken","type":"server_error"}}"#) : .chat("hello there friend")
        }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": .string("\(retries)")])
        try fixture.addChannel(["key": "sk-bad", "priority": 10])
        try fixture.addChannel(["key": "sk-good", "model_mapping": #"{"gpt-4o":"gpt-4o-mini"}"#])
        return fixture
    }

    @Test("the second channel is charged once, at its own prices")
    func ownPrices() async throws {
        let fixture = try await fixture(retries: 1)
        let before = try fixture.rootQuota()
        #expect(try fixture.chat(chatBody()).status == 200)
        let row = try #require(try fixture.lastLog())
        // 10 + 5 × 4 tokens at 0.075, and not at gpt-4o's 2.5.
        #expect(row["quota"]?.int == 3)
        #expect(row["model_name"]?.string == "gpt-4o-mini")
        #expect(row["channel"]?.int == 2)
        #expect(try fixture.rootQuota() == before - 3)
        #expect(try fixture.logCount() == 1)
    }

    @Test("without retries nothing is charged")
    func noRetries() async throws {
        let fixture = try await fixture(retries: 0)
        let before = try fixture.rootQuota()
        #expect(try fixture.chat(chatBody()).status == 500)
        #expect(fixture.upstream.calls.count == 1)
        #expect(try fixture.rootQuota() == before)
    }

    @Test("a channel that an administrator chose is not replaced by another")
    func pinned() async throws {
        let fixture = try await fixture(retries: 5)
        #expect(try fixture.chat(chatBody(), key: "sk-roottoken-1").status == 500)
        #expect(fixture.upstream.calls.count == 1)
        #expect(try fixture.chat(chatBody(), key: "sk-roottoken-2").status == 200)
    }

    @Test("a disabled channel cannot be chosen either")
    func pinnedOff() async throws {
        let fixture = try await fixture(retries: 5)
        try fixture.manage("PUT", "/api/channel/", ["id": 2, "status": 2])
        let answer = try fixture.chat(chatBody(), key: "sk-roottoken-2")
        #expect(answer.status == 403 && answer.body.contains("channel_disabled"))
        #expect(fixture.upstream.calls.isEmpty)
    }

    @Test("a channel that was chosen for pictures is not replaced either")
    func pinnedPictures() async throws {
        let fixture = try await fixture(retries: 5)
        let body: JSON = ["model": "gpt-4o", "prompt": "x"]
        let answer = try fixture.call(
            "POST", "/v1/images/generations",
            headers: ["Authorization: Bearer sk-roottoken-1", "Content-Type: application/json"], body: body.encoded())
        #expect(answer.status == 500)
        #expect(fixture.upstream.calls.count == 1)
    }
}
