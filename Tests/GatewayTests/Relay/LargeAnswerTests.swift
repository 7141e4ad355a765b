import HTTP
import JSON
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Answers whose reading and counting would hold up everybody else on a loop.
@Suite(.inTurn) struct LargeAnswerTests {
    @Test("a large answer without usage is counted while others are served")
    func othersGoOn() async throws {
        let large = StubUpstream.Answer.chat(String(repeating: "lorem ipsum 12 ", count: 100_000), usage: .null)
        let fixture = try await GatewayFixture { call in call.json["user"] == nil ? .chat("small") : large }
        try fixture.addChannel()
        _ = try fixture.chat(chatBody())
        let isDone = Flag()
        let clock = ContinuousClock()
        let (duration, slowest) = try await withThrowingTaskGroup(of: (large: Duration, small: Duration).self) {
            group in
            let port = fixture.port
            group.addTask {
                let start = clock.now
                defer { isDone.raise() }
                let status = try Self.ask(port, chatBody(["user": "large"]))
                #expect(status == 200)
                return (clock.now - start, .zero)
            }
            for _ in 0..<4 {
                group.addTask {
                    var slowest = Duration.zero
                    while !isDone.isUp {
                        let start = clock.now
                        let status = try Self.ask(port, chatBody())
                        #expect(status == 200)
                        slowest = max(slowest, clock.now - start)
                    }
                    return (.zero, slowest)
                }
            }
            return try await group.reduce((.zero, .zero)) { (max($0.0, $1.large), max($0.1, $1.small)) }
        }
        #expect(slowest < duration / 2, "\(slowest) of \(duration)")
    }

    private static func ask(_ port: Int, _ chat: JSON) throws -> Int {
        let client = try RawClient(port: port)
        let body = chat.encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                    + "Authorization: Bearer sk-roottoken\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n").utf8) + body)
        // The head comes when the charge is written down.
        return Int(client.receive(until: "\r\n").dropFirst(9).prefix(3)) ?? 0
    }

    @Test("a long stream without usage is counted as it comes, as the whole would be")
    func longStream() async throws {
        let piece = String(repeating: "lorem ipsum ", count: 100)
        var events = (0..<500).map { _ in
            #"{"id":"c","choices":[{"index":0,"delta":{"content":"\#(piece)"},"finish_reason":null}]}"#
        }
        events += [#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"]
        let sent = events
        let fixture = try await GatewayFixture { _ in .stream(sent, isCut: false) }
        try fixture.addChannel()
        #expect(try fixture.chat(chatBody(["stream": true])).body.hasSuffix("data: [DONE]\n\n"))
        let whole = PromptCounter(parser: JSONParser(), approximates: false).completionTokens(
            of: Array(String(repeating: piece, count: 500).utf8), model: "gpt-4o")
        let row = try #require(try fixture.lastLog())
        let counted = row["completion_tokens"]?.int ?? 0
        // A token may be split where a piece ends.
        #expect(abs(counted - whole) <= 4)
        #expect(row["prompt_tokens"]?.int == 8)
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isUp: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
