import EventLoop
import Formats
import Glibc
import HTTP
import JSON
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Large bodies are processed off the event loops, user by user and within limits.
@Suite(.inTurn) struct LargeBodyTests {
    fileprivate static func tokens(_ count: Int, model: String = "gpt-4o") -> [UInt8] {
        Array(#"{"model":"\#(model)","input":["#.utf8)
            + Array(repeatElement(Array("0,".utf8), count: count - 1).joined()) + Array("0]}".utf8)
    }

    private static func head(_ path: String, _ count: Int, _ header: String = "") -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: sk-roottoken\r\n"
                + "Content-Type: application/json\r\n\(header)Content-Length: \(count)\r\n\r\n").utf8)
    }

    /// Waits until a condition holds, for two minutes at most.
    private static func wait(until isSo: () -> Bool) async throws {
        for _ in 0..<12_000 where !isSo() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isSo())
    }

    /// What a client sends, and the status that it gets once a worker had time.
    enum Large: String, CaseIterable, Sendable {
        case embeddings, moderations, chat, packed
        /// Thirty-two megabytes that are packed into thirty-two kilobytes.
        case bomb

        var path: String {
            switch self {
            case .chat: "/v1/chat/completions"
            case .moderations: "/v1/moderations"
            default: "/v1/embeddings"
            }
        }

        var status: Int { self == .bomb ? 400 : 200 }

        func body() throws -> [UInt8] {
            switch self {
            case .embeddings, .moderations: return LargeBodyTests.tokens(40_000)
            case .chat:
                return Array(#"{"model":"gpt-4o","messages":["#.utf8)
                    + Array(repeatElement(Array(#"{"role":"user"},"#.utf8), count: 6000).joined())
                    + Array(#"{"role":"user"}]}"#.utf8)
            case .packed: return try #require(Gzip.pack(LargeBodyTests.tokens(100)))
            case .bomb: return try #require(Gzip.pack(LargeBodyTests.tokens(16_000_000)))
            }
        }
    }

    @Test(
        "while a large body is processed or waits for a worker, other clients of the same loop are served",
        arguments: Large.allCases)
    func othersGoOn(large: Large) async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 1
        let fixture = try await GatewayFixture(configuration, loops: 1)
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = Task { await pool.runCertainly(of: 99) { gate.wait() } }
        try await Self.wait { pool.running == 1 }
        let body = try large.body()
        let client = try RawClient(port: fixture.port)
        let isPacked = large == .packed || large == .bomb
        client.send(Self.head(large.path, body.count, isPacked ? "Content-Encoding: gzip\r\n" : "") + body)
        try await Self.wait { pool.waiting == 1 }
        for _ in 0..<3 { #expect(try fixture.chat(chatBody()).status == 200) }
        // Checks the order and not the time: the large body was still untouched when the small ones had been served.
        #expect(pool.waiting == 1)
        gate.open()
        #expect(client.receiveAnswer().status == large.status)
        await blocked.value
    }

    @Test("a large chat for a provider with another format is decoded and encoded by a worker")
    func translated() async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 1
        let fixture = try await GatewayFixture(configuration, loops: 1) { _ in
            .whole(
                HTTPResponse(
                    headers: ["Content-Type": "application/json"],
                    body: Array(
                        #"{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#
                            .utf8)))
        }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash"])
        let text = String(repeating: "word ", count: 20_000)
        let messages: JSON = [["role": "user", "content": .string(text)]]
        let before = fixture.services.bodies.takenUp
        #expect(try fixture.chat(chatBody(["messages": messages], model: "gemini-2.5-flash")).status == 200)
        // One job reads it for routing, one decodes it and one encodes it.
        #expect(fixture.services.bodies.takenUp - before >= 3)
        let small = fixture.services.bodies.takenUp
        #expect(try fixture.chat(chatBody(model: "gemini-2.5-flash")).status == 200)
        #expect(fixture.services.bodies.takenUp == small)
    }

    @Test("a large chat for an upstream with the same format is adapted by a worker")
    func spliced() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel(["model_mapping": #"{"gpt-4o":"gpt-4o-mini"}"#, "system_prompt": "Be kind."])
        let text = String(repeating: "word ", count: 20_000)
        let messages: JSON = [["role": "user", "content": .string(text)]]
        let before = fixture.services.bodies.takenUp
        #expect(try fixture.chat(chatBody(["messages": messages])).status == 200)
        #expect(fixture.services.bodies.takenUp - before >= 2)
        let sent = try #require(fixture.upstream.calls.last).json
        #expect(sent["model"]?.string == "gpt-4o-mini")
        #expect(sent["messages"]?[0]?["content"]?.string == "Be kind.")
        #expect(sent["messages"]?[1]?["content"]?.string == text)
        let embeddings = fixture.services.bodies.takenUp
        #expect(try fixture.post("/v1/embeddings", Self.tokens(40_000)).status == 200)
        #expect(fixture.services.bodies.takenUp - embeddings >= 2)
        #expect(try #require(fixture.upstream.calls.last).json["model"]?.string == "gpt-4o-mini")
    }

    @Test("one user's large bodies leave a worker free for others")
    func turns() async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 2
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = (0..<4).map { _ in Task { await pool.runCertainly(of: 99) { gate.wait() } } }
        try await Self.wait { pool.running == 1 && pool.waiting == 3 }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(40_000)).status == 200)
        #expect(pool.waiting == 3)
        gate.open()
        for task in blocked { await task.value }
    }

    @Test("if the queue is full, a large body is refused with 503 and Retry-After, and a small one is served")
    func fullQueue() async throws {
        var configuration = Configuration()
        (configuration.bodyWork.threads, configuration.bodyWork.waiting) = (1, 1)
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = (0..<2).map { _ in Task { await pool.runCertainly(of: 99) { gate.wait() } } }
        try await Self.wait { pool.running == 1 && pool.waiting == 1 }
        let answer = try fixture.post("/v1/embeddings", Self.tokens(40_000))
        #expect(answer.status == 503)
        #expect(answer.head.contains("Retry-After: 1") && answer.body.contains("\"code\":\"overloaded\""))
        #expect(try fixture.chat(chatBody()).status == 200)
        gate.open()
        for task in blocked { await task.value }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(40_000)).status == 200)
    }

    @Test("a token or a user without quota is refused before a large or packed body is unpacked")
    func withoutQuota() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let key = "sk-" + (try fixture.key(["unlimited_quota": false, "remain_quota": 5]))
        #expect(try fixture.chat(chatBody(), key: key).status == 403)
        // This token has some quota left, so its body is unpacked, which shows that it is not gzip.
        let garbage = [UInt8](repeating: 7, count: 100)
        let packed = ["Content-Encoding: gzip"]
        #expect(try fixture.post("/v1/embeddings", garbage, key: key, headers: packed).status == 400)
        try fixture.services.ledger.set(balanceOfUser: 1, to: 0)
        for path in ["chat/completions", "embeddings", "images/generations", "moderations"] {
            let small = try fixture.post("/v1/\(path)", garbage, headers: packed)
            #expect(small.status == 403 && small.body.contains("insufficient_user_quota"), "\(path)")
            let large = try fixture.post("/v1/\(path)", [UInt8](repeating: 7, count: 100_000))
            #expect(large.status == 403 && large.body.contains("insufficient_user_quota"), "\(path)")
        }
        // The worker that looked at the first body may still be at its end.
        try await Self.wait { fixture.services.bodies.running == 0 }
    }

    @Test("a body with more values than the limit is refused before it is decoded, at every endpoint")
    func values() async throws {
        var configuration = Configuration()
        configuration.requestLimits.values = 100_000
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        for path in ["chat/completions", "embeddings", "images/generations", "moderations"] {
            let answer = try fixture.post("/v1/\(path)", Self.tokens(150_000))
            #expect(answer.status == 400)
            #expect(answer.body.contains("100000 JSON values"))
        }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(90_000)).status == 200)
    }

    @Test("the limits of a body can be configured, and a refusal names the limit")
    func limits() async throws {
        let command = try Configuration.parse(
            arguments: [],
            environment: [
                "MAX_CHAT_MESSAGES": "1", "MAX_CHAT_PARTS": "2", "MAX_CHAT_TOOLS": "3", "MAX_EMBEDDING_INPUTS": "4",
                "MAX_EMBEDDING_TOKENS": "5", "MAX_JSON_VALUES": "6", "BODY_WORKERS": "7", "BODY_QUEUE": "8",
            ])
        guard case .run(let configuration) = command else { throw FixtureError.refused("no configuration") }
        let limits = configuration.requestLimits
        #expect([limits.messages, limits.parts, limits.tools] == [1, 2, 3])
        #expect([limits.embeddingInputs, limits.embeddingTokens, limits.values] == [4, 5, 6])
        #expect(configuration.bodyWork.threads == 7 && configuration.bodyWork.waiting == 8)
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let two: JSON = [["role": "user", "content": "a"], ["role": "user", "content": "b"]]
        let answer = try fixture.chat(chatBody(["messages": two]))
        #expect(answer.status == 400)
        #expect(answer.body.contains("'messages'") && answer.body.contains("at most 1 messages"))
    }
}

/// Blocks workers until a test opens it, for two minutes at most.
final class WorkerGate: Sendable {
    private let isOpen = Mutex(false)

    func wait() {
        for _ in 0..<12_000 where !isOpen.withLock({ $0 }) { usleep(10_000) }
    }

    func open() { isOpen.withLock { $0 = true } }
}
