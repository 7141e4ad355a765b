import Chat
import EventLoop
import JSON
import TestTraits
import Testing

@testable import Gateway

/// A prompt is counted only until it costs more than the balance.
@Suite(.inTurn) struct AffordablePromptTests {
    private static var counter: PromptCounter { PromptCounter(parser: JSONParser(), approximates: false) }

    private static func body(_ words: Int, messages: Int) -> [UInt8] {
        let message: JSON = ["role": "user", "content": .string(String(repeating: "word ", count: words))]
        return chatBody(["messages": .array(Array(repeating: message, count: messages))]).encoded()
    }

    @Test(
        "counting stops soon after the limit, within a long text or between texts", arguments: [(50_000, 1), (1, 5000)])
    func stops(words: Int, messages: Int) {
        let body = Self.body(words, messages: messages)
        let whole = Self.counter.prompt(of: body, model: "gpt-4o").tokens
        #expect(whole > Int64(words * messages))
        for limit: Int64 in [0, 1, 100, 1000] {
            let counted = Self.counter.prompt(of: body, model: "gpt-4o", upTo: limit).tokens
            #expect(counted > limit && counted < limit + 20)
        }
        for limit in [whole, whole + 1, .max] {
            #expect(Self.counter.prompt(of: body, model: "gpt-4o", upTo: limit).tokens == whole)
        }
        #expect(Self.counter.prompt(of: body, model: "gpt-4o", upTo: whole - 1).tokens == whole)
    }

    @Test("inputs of embeddings are counted with the same limit")
    func embeddings() {
        var request = EmbeddingRequest(model: "m", inputs: [])
        request.inputs = [.text(String(repeating: "word ", count: 50_000)), .tokens([1, 2, 3]), .text("word")]
        let whole = Self.counter.tokens(of: request.pieces, model: "gpt-4o")
        let counted = Self.counter.tokens(of: request.pieces, model: "gpt-4o", upTo: 10)
        #expect(counted > 10 && counted < 20 && whole > 50_000)
        #expect(Self.counter.tokens(of: request.pieces, model: "gpt-4o", upTo: whole) == whole)
    }

    @Test("the most tokens that a balance pays for are computed exactly")
    func affordable() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let channel = try #require(fixture.services.routing.table.channel(1))
        var envelope = ChatEnvelope()
        envelope.maxTokens = 10
        let question = Exchange.Question(envelope, bytes: 100_000, images: nil)
        // A token of the prompt costs 2.5, and one of the answer four times as much.
        let rates = Rates(model: Ratio(units: 5 * Ratio.scale / 2), completion: Ratio(units: 4 * Ratio.scale))
        func most(_ available: Int64) -> Int64 {
            question.affordable(channel, "gpt-4o", rates, fixture.services.options.snapshot, available: available)
        }
        #expect(most(0) == -1 && most(99) == -1)
        #expect(most(100) == 0 && most(102) == 0)
        #expect(most(103) == 1 && most(105) == 2 && most(1100) == 400)
        #expect(most(250_099) == 99_999)
        #expect(most(250_100) == .max)
    }

    @Test(
        "nothing is counted if the balance cannot pay an empty prompt", arguments: [(5, 403, 0), (200_000, 200, 1)])
    func none(quota: Int64, status: Int, counts: Int) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        // Small enough to be read on the event loop, but too large to be counted there.
        let text = String(repeating: "word ", count: 8000)
        let body = chatBody(["max_tokens": 1, "messages": [["role": "user", "content": .string(text)]]])
        let key = "sk-" + (try fixture.key(["unlimited_quota": false, "remain_quota": .int(quota)]))
        let before = fixture.services.bodies.takenUp
        #expect(try fixture.chat(body, key: key).status == status)
        #expect(fixture.services.bodies.takenUp - before == counts)
    }

    @Test("pictures of known size reserve their own tokens, and others the most possible", arguments: [true, false])
    func pictures(isSized: Bool) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let picture: JSON = [
            "type": "image_url",
            "image_url": ["url": "https://pictures.test/a.png", "detail": isSized ? "low" : "high"],
        ]
        let body = chatBody([
            "max_tokens": 1,
            "messages": [["role": "user", "content": .array(Array(repeating: picture, count: 10))]],
        ])
        // Ten pictures of 85 tokens cost some 2,200, which the token can pay; ten of up to 1,105 tokens cost too much.
        let key = "sk-" + (try fixture.key(["unlimited_quota": false, "remain_quota": 5000]))
        #expect(try fixture.chat(body, key: key).status == (isSized ? 200 : 403))
    }

    @Test(
        "a long prompt is refused if the balance pays only a part of it, and else served", arguments: [false, true])
    func refused(isEmbedding: Bool) async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let text = String(repeating: "word ", count: 20_000)
        let body: JSON =
            isEmbedding
            ? ["model": "gpt-4o", "input": .string(text)]
            : chatBody(["max_tokens": 1, "messages": [["role": "user", "content": .string(text)]]])
        let path = isEmbedding ? "/v1/embeddings" : "/v1/chat/completions"
        for (quota, status) in [(1, 403), (40_000, 403), (51_000, 200)] as [(Int64, Int)] {
            let key = "sk-" + (try fixture.key(["unlimited_quota": false, "remain_quota": .int(quota)]))
            #expect(try fixture.post(path, body.encoded(), key: key).status == status, "\(quota)")
        }
    }
}
