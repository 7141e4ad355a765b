import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// What happens to a request whose client closes its connection, or only its sending side.
@Suite(.inTurn) struct ClientLeavesTests {
    private func begin(_ fixture: GatewayFixture, _ more: JSONObject = [:]) throws -> RawClient {
        let client = try RawClient(port: fixture.port)
        let body = chatBody(more).encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        return client
    }

    private static let left = "the client left"

    @Test("during a stream: the upstream's connection is closed, and what came is charged once")
    func midStream() async throws {
        let event =
            #"{"id":"c","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}],"pad":""#
            + String(repeating: "x", count: 200_000) + #""}"#
        let fixture = try await GatewayFixture { _ in .stream(Array(repeating: event, count: 200), isCut: false) }
        try fixture.addChannel()
        let client = try begin(fixture, ["stream": true])
        #expect(client.receive(until: "data: ").contains("200 OK"))
        client.hangUp()
        // Once its connection is closed, the stub runs through its events at once; an open one would stop it.
        #expect(await eventually { fixture.upstream.eventsSent == 200 })
        #expect(await eventually { (try? fixture.logCount()) == 1 })
        #expect(try fixture.lastLog()?["content"]?.string?.contains(Self.left) == true)
    }

    @Test("before the answer: the gateway does not wait for the upstream, and charges the prompt once")
    func beforeAnswer() async throws {
        let gate = StubGate()
        let fixture = try await GatewayFixture { _ in .held(gate, HTTPResponse()) }
        try fixture.addChannel()
        let client = try begin(fixture)
        #expect(await eventually { fixture.upstream.calls.count == 1 })
        client.hangUp()
        #expect(await eventually { (try? fixture.logCount()) == 1 })
        #expect(try fixture.lastLog()?["content"]?.string?.contains(Self.left) == true)
        gate.open()
        #expect(try fixture.logCount() == 1)
    }

    @Test(
        "only its sending side: it gets its answer, whole or streamed, and is charged once", arguments: [false, true])
    func halfClose(isStream: Bool) async throws {
        let chunks = [
            #"{"id":"c","choices":[{"index":0,"delta":{"content":"hello there friend"},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"#
                + #""usage":{"prompt_tokens":9,"completion_tokens":9}}"#,
            "[DONE]",
        ]
        let fixture = try await GatewayFixture { _ in
            isStream ? .stream(chunks, isCut: false) : .chat("hello there friend")
        }
        try fixture.addChannel()
        let client = try begin(fixture, ["stream": .bool(isStream)])
        client.finishSending()
        let answer = client.receiveAll()
        #expect(answer.contains("HTTP/1.1 200 OK") && answer.contains("hello there friend"))
        #expect(answer.contains("[DONE]") == isStream && !client.wasReset)
        #expect(try fixture.logCount() == 1)
        #expect(try fixture.lastLog()?["content"]?.string?.contains(Self.left) == false)
    }
}
