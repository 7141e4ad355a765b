import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Members and headers of the operator's own, on each way to an upstream.
@Suite(.inTurn) struct ChannelRulesTests {
    private static let rules = """
        {"param_override":{"temperature":0.1,"user":null,"x_own":[1]},"header_override":{"X-Team":"blue","Accept":null}}
        """

    private func expectOwn(_ call: StubUpstream.Call?) {
        #expect(call?.headers["X-Team"] == "blue")
        #expect(call?.json["temperature"]?.double == 0.1 && call?.json["x_own"] == [1] && call?.json["user"] == nil)
    }

    @Test("chats have them, passed on or translated", arguments: [1, 8, 50, 49, 24, 14, 17] as [Int64])
    func chats(type: Int64) async throws {
        let fixture = try await GatewayFixture { _ in .error(500, "{}") }
        try fixture.addChannel(["type": .int(type), "config": .string(Self.rules)])
        for isStream in [false, true] {
            _ = try fixture.chat(chatBody(["temperature": 1, "user": "u", "stream": .bool(isStream)]))
            expectOwn(fixture.upstream.calls.last)
        }
    }

    @Test(
        "embeddings and images have them too",
        arguments: [(1, "embeddings"), (1, "images/generations"), (47, "embeddings"), (17, "images/generations")]
            as [(Int64, String)])
    func oneShots(type: Int64, path: String) async throws {
        let fixture = try await GatewayFixture { _ in .error(500, "{}") }
        try fixture.addChannel(["type": .int(type), "models": "m", "config": .string(Self.rules)])
        let body: JSON = path == "embeddings" ? ["model": "m", "input": "x"] : ["model": "m", "prompt": "x"]
        _ = try fixture.post("/v1/" + path, body.encoded())
        expectOwn(fixture.upstream.calls.last)
    }

    @Test("the request for an access token and a test of the channel have the headers")
    func besides() async throws {
        let fixture = try await GatewayFixture { _ in .error(500, "{}") }
        try fixture.addChannel(["type": 15, "key": "a|b", "config": .string(Self.rules)])
        _ = try fixture.chat(chatBody())
        #expect(fixture.upstream.calls.last?.path == "/oauth/2.0/token")
        #expect(fixture.upstream.calls.last?.headers["X-Team"] == "blue")
        try fixture.addChannel(["config": .string(Self.rules)])
        try fixture.manage("GET", "/api/channel/test/2")
        expectOwn(fixture.upstream.calls.last)
    }

    @Test("a model that refuses max_tokens gets the newer name, by the upstream's name for it")
    func limitName() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["models": "fast,gpt-4o", "model_mapping": #"{"fast":"gpt-5-mini"}"#])
        _ = try fixture.chat(chatBody(["max_tokens": 7], model: "fast"))
        _ = try fixture.chat(chatBody(["max_tokens": 7], model: "gpt-4o"))
        let sent = fixture.upstream.calls.map(\.json)
        #expect(sent.first?["max_completion_tokens"] == 7 && sent.first?["max_tokens"] == nil)
        #expect(sent.last?["max_tokens"] == 7 && sent.last?["max_completion_tokens"] == nil)
    }

    @Test("a limit that the operator raises is held back, and what it brings is charged")
    func reservation() async throws {
        let fixture = try await GatewayFixture { _ in
            .chat("x", usage: ["prompt_tokens": 10, "completion_tokens": 400_000, "total_tokens": 400_010])
        }
        try fixture.addChannel(["config": #"{"param_override":{"max_tokens":1000000}}"#])
        let poor = try fixture.key(["unlimited_quota": false, "remain_quota": 100_000])
        let refused = try fixture.chat(chatBody(["max_tokens": 1]), key: "sk-" + poor)
        #expect(refused.status == 403 && fixture.upstream.calls.isEmpty)
        #expect(try fixture.chat(chatBody(["max_tokens": 1])).status == 200)
        #expect(try fixture.lastLog()?["completion_tokens"] == 400_000)
    }

    @Test("pictures cost by the number and size that are sent")
    func pictures() async throws {
        let fixture = try await GatewayFixture { call in
            let count = Int(call.json["n"]?.int ?? 1)
            let data = JSON.array(Array(repeating: ["url": "https://a.test/x.png"], count: count))
            let body: JSON = ["created": 1, "data": data]
            return .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: body.encoded()))
        }
        func cost(_ config: String, _ more: JSONObject) throws -> Int64 {
            try fixture.manage("PUT", "/api/channel/", ["id": 1, "config": .string(config)])
            var body: JSONObject = ["model": "dall-e-3", "prompt": "x"]
            for member in more.members { body[member.key] = member.value }
            let before = try fixture.rootQuota()
            #expect(try fixture.post("/v1/images/generations", JSON.object(body).encoded()).status == 200)
            return try before - fixture.rootQuota()
        }
        try fixture.addChannel(["models": "dall-e-3"])
        let asked = try cost("{}", ["size": "1024x1792", "quality": "hd"])
        #expect(try cost("{}", [:]) < asked)
        #expect(try cost(#"{"param_override":{"size":"1024x1792","quality":"hd"}}"#, [:]) == asked)
    }
}
