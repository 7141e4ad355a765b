import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Token numbers of OpenAI's where embeddings are asked for.
@Suite(.inTurn) struct ForeignTokensTests {
    private func sent(_ type: Int64, _ input: JSON) async throws -> JSON? {
        let fixture = try await GatewayFixture { _ in
            .whole(
                HTTPResponse(
                    headers: ["Content-Type": "application/json"],
                    body: Array(#"{"object":"list","data":[],"usage":{"prompt_tokens":2,"total_tokens":2}}"#.utf8)))
        }
        try fixture.addChannel(["type": .int(type), "models": "m"])
        let body: JSON = ["x": 1, "model": "m", "input": input, "dimensions": 8]
        #expect(try fixture.post("/v1/embeddings", body.encoded()).status == 200)
        let sent = fixture.upstream.calls.first?.json
        #expect(sent?["dimensions"] == 8 && sent?["x"] == 1)
        return sent?["input"]
    }

    @Test(
        "are sent as the text that they stand for to vendors that do not know them",
        arguments: [49, 40, 44, 28, 51, 39] as [Int64])
    func spelled(type: Int64) async throws {
        #expect(try await sent(type, [[15339, 1917]]) == ["hello world"])
        #expect(try await sent(type, [15339, 1917]) == ["hello world"])
        #expect(try await sent(type, ["a", [15339]]) == ["a", "hello"])
        #expect(try await sent(type, "a") == "a")
    }

    @Test(
        "reach OpenAI, those who pass them on to it, and unknown vendors as they are",
        arguments: [1, 4, 12, 8, 50] as [Int64])
    func known(type: Int64) async throws {
        #expect(try await sent(type, [[15339, 1917]]) == [[15339, 1917]])
    }
}
