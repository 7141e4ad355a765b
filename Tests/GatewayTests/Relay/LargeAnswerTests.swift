import EventLoop
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Answers that take so long to read and count that they would block others on the event loop.
@Suite(.inTurn) struct LargeAnswerTests {
    /// Which part of the work is large. The other parts stay small.
    enum Work: String, CaseIterable, Sendable {
        /// More bytes than one slice, with little to count.
        case reading
        /// More text than is counted in one slice, in fewer bytes than one slice.
        case counting, countingPrompt

        var question: JSON {
            let text = self == .countingPrompt ? String(repeating: "lorem ipsum ", count: 4000) : "hi"
            return chatBody(["user": "large", "messages": [["role": "user", "content": .string(text)]]])
        }

        var answer: StubUpstream.Answer {
            switch self {
            case .reading:
                let usage: JSON = ["prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 17]
                return .chat(String(repeating: "lorem ipsum ", count: 10_000), usage: usage)
            case .counting: return .chat(String(repeating: "lorem ipsum ", count: 4000), usage: .null)
            case .countingPrompt: return .chat("ok", usage: .null)
            }
        }
    }

    @Test("while a large answer is processed or waits for a worker, others are served", arguments: Work.allCases)
    func othersGoOn(work: Work) async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 1
        let fixture = try await GatewayFixture(configuration, loops: 1) { call in
            call.json["user"] == nil ? .chat("small") : work.answer
        }
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = Task { await pool.runCertainly(of: 99) { gate.wait() } }
        #expect(await eventually { pool.running == 1 })
        let client = try Self.ask(fixture.port, work.question)
        #expect(await eventually(seconds: 20) { pool.waiting == 1 })
        for _ in 0..<3 { #expect(try fixture.chat(chatBody()).status == 200) }
        // Checks the order and not the time: the large answer was still untouched when the small ones had been served.
        #expect(pool.waiting == 1)
        #expect(try fixture.logCount() == 3)
        gate.open()
        #expect(client.receiveAnswer().status == 200)
        #expect(try fixture.logCount() == 4)
        await blocked.value
    }

    private static func ask(_ port: Int, _ chat: JSON) throws -> RawClient {
        let client = try RawClient(port: port)
        let body = chat.encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                    + "Authorization: Bearer sk-roottoken\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n").utf8) + body)
        return client
    }

    @Test("a long stream without usage is counted as it comes, with the same result as the whole text")
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
        // A token may be split at the end of a piece.
        #expect(abs(counted - whole) <= 4)
        #expect(row["prompt_tokens"]?.int == 8)
        // Pieces were counted while the stream came, so that they need not be kept, and the rest at the end.
        #expect(fixture.services.bodies.takenUp >= 2)
    }
}
