import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Whatever a client does, what the upstream produced is charged exactly once.
@Suite(.inTurn) struct ClientGoneTests {
    private static let all: Int64 = 500_000_000_000_000

    private func begin(_ fixture: GatewayFixture, _ body: JSON, path: String = "/v1/chat/completions") throws
        -> RawClient
    {
        let client = try RawClient(port: fixture.port)
        let bytes = body.encoded()
        client.send(
            Array(
                ("POST \(path) HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
        return client
    }

    private func isCharged(_ fixture: GatewayFixture) -> Bool {
        fixture.services.ledger.balance(ofUser: 1) != Self.all
    }

    private static func answer(_ usage: JSON) -> HTTPResponse {
        guard case .whole(let response) = StubUpstream.Answer.chat("hello there friend", usage: usage) else {
            return HTTPResponse()
        }
        return response
    }

    @Test("once a whole answer has begun, the gateway waits for it and charges its usage", arguments: [true, false])
    func afterHead(halfCloses: Bool) async throws {
        let gate = StubGate()
        let usage: JSON = ["prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500]
        let fixture = try await GatewayFixture { _ in .heldBody(gate, Self.answer(usage)) }
        try fixture.addChannel()
        let client = try begin(fixture, chatBody())
        try await eventually { !fixture.upstream.calls.isEmpty }
        // The head has been sent; the gateway has it once its event loops have had a turn.
        try await Task.sleep(for: .seconds(1))
        if halfCloses { client.finishSending() } else { client.hangUpHard() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(!isCharged(fixture))
        gate.open()
        try await eventually { isCharged(fixture) }
        let row = try #require(try fixture.lastLog())
        #expect(row["prompt_tokens"]?.int == 1000)
        #expect(row["completion_tokens"]?.int == 500)
        #expect(try fixture.logCount() == 1)
    }

    @Test("the gateway does not wait for ever for an answer that has begun, and then charges the prompt")
    func patience() async throws {
        let gate = StubGate()
        var configuration = Configuration()
        configuration.answerPatience = .milliseconds(100)
        let usage: JSON = ["prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500]
        let fixture = try await GatewayFixture(configuration) { _ in .heldBody(gate, Self.answer(usage)) }
        try fixture.addChannel()
        let client = try begin(fixture, chatBody())
        try await eventually { !fixture.upstream.calls.isEmpty }
        try await Task.sleep(for: .seconds(1))
        client.hangUp()
        #expect(await TestKit.eventually(seconds: 20) { isCharged(fixture) })
        gate.open()
        let row = try #require(try fixture.lastLog())
        #expect(row["prompt_tokens"]?.int == 8)
        #expect(row["completion_tokens"]?.int == 0)
        #expect(try fixture.logCount() == 1)
    }

    @Test("an answer that never began costs the prompt")
    func beforeHead() async throws {
        let gate = StubGate()
        let fixture = try await GatewayFixture { _ in .held(gate, HTTPResponse()) }
        try fixture.addChannel()
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "3"])
        let client = try begin(fixture, chatBody())
        try await eventually { !fixture.upstream.calls.isEmpty }
        client.hangUp()
        try await eventually { isCharged(fixture) }
        gate.open()
        let row = try #require(try fixture.lastLog())
        #expect(row["prompt_tokens"]?.int == 8)
        #expect(row["completion_tokens"]?.int == 0)
        #expect(fixture.upstream.calls.count == 1)
        #expect(try fixture.logCount() == 1)
    }

    @Test("a stream ends when its client leaves, and what came is charged")
    func midStream() async throws {
        let event = #"{"id":"c","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}"#
        let fixture = try await GatewayFixture { _ in .endless(event) }
        try fixture.addChannel()
        let client = try begin(fixture, chatBody(["stream": true]))
        _ = client.receive(until: "word ")
        client.hangUp()
        try await eventually { fixture.upstream.streamsCancelled == 1 }
        try await eventually { isCharged(fixture) }
        let row = try #require(try fixture.lastLog())
        #expect((row["completion_tokens"]?.int ?? 0) >= 1)
        #expect(row["content"]?.string?.contains("the client left") == true)
        #expect(try fixture.logCount() == 1)
    }

    @Test("a stream whose upstream is silent also ends when its client leaves")
    func silentStream() async throws {
        let gate = StubGate()
        let event = #"{"id":"c","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}"#
        let fixture = try await GatewayFixture { _ in .stalled(gate, event) }
        try fixture.addChannel()
        let client = try begin(fixture, chatBody(["stream": true]))
        _ = client.receive(until: "word ")
        client.hangUp()
        try await eventually { isCharged(fixture) }
        gate.open()
        #expect(try fixture.logCount() == 1)
    }

    @Test("after the client left, no second channel is asked, and a failure costs nothing")
    func failsAfterwards() async throws {
        let gate = StubGate()
        let failure = HTTPResponse(
            status: 500, headers: ["Content-Type": "application/json"],
            body: Array(#"{"error":{"message":"broken","type":"server_error"}}"#.utf8))
        let fixture = try await GatewayFixture { _ in .heldBody(gate, failure) }
        for _ in 0..<2 { try fixture.addChannel() }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "3"])
        let client = try begin(fixture, chatBody(["user": "gone"]))
        try await eventually { !fixture.upstream.calls.isEmpty }
        try await Task.sleep(for: .seconds(1))
        client.hangUpHard()
        try await Task.sleep(for: .milliseconds(200))
        gate.open()
        _ = try await fixture.logText(with: "upstream failed")
        #expect(try fixture.chat(chatBody()).status == 500)
        #expect(fixture.upstream.calls.filter { $0.json["user"] == "gone" }.count == 1)
        #expect(try fixture.rootQuota() == Self.all)
        #expect(try fixture.logCount() == 0)
    }

    @Test("pictures that the upstream has begun are charged by their usage")
    func pictures() async throws {
        let gate = StubGate()
        let body = #"{"created":1,"data":[{"b64_json":"x"}],"usage":{"input_tokens":14,"output_tokens":272}}"#
        let fixture = try await GatewayFixture { _ in
            .heldBody(gate, HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(body.utf8)))
        }
        try fixture.addChannel(["models": "gpt-image-1"])
        let client = try begin(
            fixture, ["model": "gpt-image-1", "prompt": "x", "quality": "high"], path: "/v1/images/generations")
        try await eventually { !fixture.upstream.calls.isEmpty }
        try await Task.sleep(for: .seconds(1))
        client.hangUp()
        try await Task.sleep(for: .milliseconds(50))
        gate.open()
        try await eventually { isCharged(fixture) }
        let expected: Int64 = 14 * 5 / 2 + 272 * 20
        #expect(try fixture.lastLog()?["quota"]?.int == expected)
    }
}
