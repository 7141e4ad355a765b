import EventLoop
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Pictures that come as one event of a stream.
@Suite(.inTurn) struct LargeEventTests {
    /// 6 MiB, as a chat's picture may have.
    private static let picture = String(repeating: "QUJD", count: (6 << 20) / 4)

    static let gemini = [
        #"{"candidates":[{"content":{"parts":[{"text":"Here."}]}}]}"#,
        #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"\#(picture)"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":1290,"totalTokenCount":1300}}"#,
    ]
    static let openAI = [
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"Here."},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(picture)"}}]},"finish_reason":"stop"}]}"#,
        #"{"id":"c","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1290,"total_tokens":1300}}"#, "[DONE]",
    ]

    @Test("reach the client and are charged", arguments: [24, 1, 16])
    func arrive(type: Int64) async throws {
        let events = type == 24 ? Self.gemini : Self.openAI
        let fixture = try await GatewayFixture { _ in .stream(events, isCut: false) }
        try fixture.addChannel(["type": .int(type), "models": "painter", "key": type == 16 ? "id.secret" : "sk-up"])
        let answer = try fixture.chat(chatBody(["stream": true], model: "painter"))
        #expect(answer.status == 200 && answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(answer.body.contains(Self.picture))
        #expect(answer.body.contains(#""finish_reason":"stop""#))
        let row = try #require(try fixture.lastLog())
        #expect(row["completion_tokens"]?.int == 1290 && row["prompt_tokens"]?.int == 10)
    }

    @Test("may lack their blank line", arguments: [24, 1])
    func lastEvent(type: Int64) async throws {
        let events = type == 24 ? Self.gemini : Array(Self.openAI.prefix(2))
        let body = events.map { "data: \($0)" }.joined(separator: "\n\n")
        let fixture = try await GatewayFixture { _ in
            .whole(HTTPResponse(headers: ["Content-Type": "text/event-stream"], body: Array(body.utf8)))
        }
        try fixture.addChannel(["type": .int(type), "models": "painter"])
        let answer = try fixture.chat(chatBody(["stream": true], model: "painter"))
        #expect(answer.body.contains(Self.picture) && answer.body.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("are read away from the loop, which serves others meanwhile", arguments: [24, 1])
    func othersGoOn(type: Int64) async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 1
        let events = type == 24 ? Self.gemini : Self.openAI
        let fixture = try await GatewayFixture(configuration, loops: 1) { call in
            call.json["stream"]?.bool == true || call.path.contains("stream")
                ? .stream(Array(events.dropFirst()), isCut: false) : .chat("small")
        }
        try fixture.addChannel(["type": .int(type), "models": "painter"])
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = Task { await pool.runCertainly(of: 99) { gate.wait() } }
        #expect(await eventually { pool.running == 1 })
        let client = try RawClient(port: fixture.port)
        let body = chatBody(["stream": true], model: "painter").encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                    + "Authorization: Bearer sk-roottoken\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n").utf8) + body)
        #expect(await eventually(seconds: 20) { pool.waiting == 1 })
        #expect(try fixture.chat(chatBody()).status == 200)
        #expect(pool.waiting == 1)
        gate.open()
        #expect(client.receiveAll().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
        await blocked.value
    }
}
